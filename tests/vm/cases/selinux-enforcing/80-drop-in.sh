#!/bin/sh
# selinux.monitor, the drop-in for mon's: nothing in initrc_t, and enforcing, is silence.
. /etc/case.sh

monitor=/bin/selinux.monitor
start 2 -c system_u:system_r:sshd_t:s0
expect 0 '' $monitor
# mon appends the hosts of a group.
expect 0 '' as -u nobody $monitor localhost
# A command line that holds the word is no domain; the original counted it.
as -c system_u:system_r:sshd_t:s0 /bin/sh -c '/bin/sleep 900; :' initrc_t grep &
word=$!
runs "$word" 'sh -c /bin/sleep 900; : initrc_t grep' || not "a shell with initrc_t among its arguments"
expect 0 '' $monitor

start 2 -c system_u:system_r:initrc_t:s0
for user in root nobody; do
  expect 1 'Processes in initrc_t' as -u $user $monitor localhost
  also "*pid $pid sleep*initrc_t*"
  never "*pid $word *"
done
echo 0 >/sys/fs/selinux/enforce
expect 1 'In permissive mode and processes in initrc_t' $monitor
also "*pid $pid sleep*initrc_t*"
kill $(jobs -p)
wait
expect 1 'In permissive mode' $monitor
echo 1 >/sys/fs/selinux/enforce
expect 0 '' $monitor

# Labels that may not be read are no OK, and what can't be known is said.
start 1 -c system_u:system_r:container_t:s0
expect 1 'cannot tell whether there are processes in initrc_t: attr/current may not be read*' \
  as -c system_u:system_r:partial_t:s0 $monitor
umount /sys/fs/selinux
expect 1 'cannot tell whether SELinux enforces: /sys/fs/selinux/enforce is missing*' $monitor
mount -t selinuxfs selinuxfs /sys/fs/selinux

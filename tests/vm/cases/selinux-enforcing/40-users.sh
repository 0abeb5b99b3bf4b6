#!/bin/sh
# Labels do not hide from an ordinary user; /proc mounted with hidepid hides the processes.
. /etc/case.sh

plugin=/bin/check_selinux_domain
start 2 -c system_u:system_r:sshd_t:s0
start 1 -c system_u:system_r:sshd_t:s0 -u nobody
expect 0 "SELINUX_DOMAIN is OK: sshd_t 3, init_t 1|'sshd_t'=3;;3:3;0 'init_t'=1;;1:1;0" \
  as -u nobody $plugin sshd_t:3-3 init_t:1-1

# Blindness is neither none nor OK, and is told with its cause and the way out.
for hidepid in 1 2 4; do
  mount -o remount,hidepid=$hidepid /proc
  expect 0 "*|'sshd_t'=3;*" $plugin sshd_t:3-3
  expect 3 "*is UNKNOWN: init_t 0 *(want 1-1)*hidepid*|'init_t'=0;;1:1;0" as -u nobody $plugin init_t:1-1
  expect 3 "*is UNKNOWN: initrc_t 0 *(want 0-0)*hidepid*|'initrc_t'=0;;0;0" as -u nobody $plugin initrc_t:0-0
  # Too many is too many, whatever else there is.
  expect 2 "*is CRITICAL: sshd_t,user=nobody 1 *(want 0-0): sleep (pid $pid)|*=1;;0;0" as -u nobody $plugin sshd_t,user=nobody:0-0
done
# The group that gid= exempts.
mount -o remount,hidepid=2,gid=4242 /proc
expect 0 "*|'sshd_t'=3;*" as -u watcher $plugin sshd_t:3-3
expect 3 "*is UNKNOWN: sshd_t 1 *hidepid*group 4242*|'sshd_t'=1;;3:3;0" as -u nobody $plugin sshd_t:3-3
mount -o remount,hidepid=0,gid=0 /proc
expect 0 "*|'sshd_t'=3;*" as -u nobody $plugin sshd_t:3-3

#!/bin/sh
# The plugin itself confined, so that the labels of others are refused.
. /etc/case.sh

plugin=/bin/check_selinux_domain
start 2 -c system_u:system_r:sshd_t:s0
sshd=$pid
start 1 -c system_u:system_r:container_t:s0
container=$pid
refused='attr/current may not be read (pid [0-9]* and [0-9]* more); label the plugin nagios_unconfined_plugin_exec_t, or let the policy allow *_t domain:process getattr'
shut='stat may not be read (pid [0-9]* and [0-9]* more); *policy*'
nrpe=system_u:system_r:nrpe_t:s0 partial=system_u:system_r:partial_t:s0 blind=system_u:system_r:blind_t:s0

# nrpe_t: open succeeds, read is refused; its own label, and everything else, it sees.
raw "/proc/$sshd/attr/current" 'cat: read error: Permission denied' -c $nrpe
raw /proc/self/attr/current "$nrpe^@" -c $nrpe
raw /sys/fs/selinux/enforce "cat: can't open '/sys/fs/selinux/enforce': Permission denied" -c $nrpe
for user in root nobody; do
  expect 3 "*is UNKNOWN: sshd_t 0 to ?? (want 2-2): $refused|'sshd_t'=0;;2:2;0" as -c $nrpe -u $user $plugin sshd_t:2-2
  expect 3 "*is UNKNOWN: initrc_t 0 to ?? (want 0-0): $refused|'initrc_t'=0;;0;0" as -c $nrpe -u $user $plugin initrc_t:0-0
  expect 3 "*is UNKNOWN: *cannot tell whether SELinux enforces: */enforce may not be read; the policy *nrpe_t security_t:file read*|'init_t'=0;;1:1;0" \
    as -c $nrpe -u $user $plugin --enforcing init_t:1-1
  expect 0 "*|*=3;*" as -c $nrpe -u $user /bin/check_proccount sleep:3-3
done
# One cause is told once, also for the domains that are usual.
expect 3 "*is UNKNOWN: init_t 0 to ?? (want 1-1): $refused, initrc_t 0 to ?? (want 0-0), unconfined_service_t 0 to ?? (want 0-0), unlabeled_t 0 to ?? (want 0-0); 0 of 4 OK|*" \
  as -c $nrpe $plugin
# What the other terms rule out needs no label.
expect 0 "*|*=0;*" as -c $nrpe $plugin sshd_t,name=nosuch:0-0

# partial_t: reads the labels of init_t and sshd_t only.
raw "/proc/$sshd/attr/current" 'system_u:system_r:sshd_t:s0^@' -c $partial
raw "/proc/$container/attr/current" 'cat: read error: Permission denied' -c $partial
expect 2 "SELINUX_DOMAIN is CRITICAL: sshd_t 2 to ?? (want 0-1): sleep (pid $sshd), sleep (pid [0-9]*)|'sshd_t'=2;;1;0" as -c $partial $plugin sshd_t:0-1
expect 0 "SELINUX_DOMAIN is OK: sshd_t 2 to ??|'sshd_t'=2;;2:;0" as -c $partial $plugin sshd_t:2-
expect 3 "*is UNKNOWN: sshd_t 2 to ?? (want 2-2): $refused|'sshd_t'=2;;2:2;0" as -c $partial $plugin sshd_t:2-2
expect 3 "*is UNKNOWN: container_t 0 to ?? (want 0-0): $refused|*=0;;0;0" as -c $partial $plugin container_t:0-0
expect 0 "*is OK*|*=2;*" as -c $partial $plugin sshd_t,name=sleep:2-

# blind_t: the other's /proc/PID itself is shut; the pid is still listed.
raw "/proc/$sshd/attr/current" "cat: can't open '/proc/$sshd/attr/current': Permission denied" -c $blind
raw "/proc/$sshd/comm" "cat: can't open '/proc/$sshd/comm': Permission denied" -c $blind
expect 3 "*is UNKNOWN: init_t 0 to ?? (want 1-1): $shut|'init_t'=0;;1:1;0" as -c $blind $plugin init_t:1-1
expect 3 "*is UNKNOWN: initrc_t 0 to ?? (want 0-0): $shut|'initrc_t'=0;;0;0" as -c $blind $plugin initrc_t:0-0
expect 3 "*is UNKNOWN: sleep 0 to ?? (want 3-3): *may not be read*|'sleep'=0;;3:3;0" as -c $blind /bin/check_proccount sleep:3-3

# Permissive, the same readers are refused nothing.
echo 0 >/sys/fs/selinux/enforce
expect 0 "*|'sshd_t'=2;*" as -c $nrpe $plugin sshd_t:2-2
expect 0 "*|'sshd_t'=2;*" as -c $blind $plugin sshd_t:2-2
echo 1 >/sys/fs/selinux/enforce

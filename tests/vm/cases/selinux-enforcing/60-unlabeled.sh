#!/bin/sh
# An upgrade of the policy that loses a type: its processes run on, unlabeled.
. /etc/case.sh

start 2 -c system_u:system_r:gone_t:s0
expect 0 "SELINUX_DOMAIN is OK: gone_t 2, unlabeled_t 0|'gone_t'=2;;2:2;0 'unlabeled_t'=0;;0;0" \
  check_selinux_domain gone_t:2-2 unlabeled_t:0-0
dd if=/policy/without-gone of=/sys/fs/selinux/load bs=16M 2>/dev/null
raw "/proc/$pid/attr/current" 'system_u:object_r:unlabeled_t:s0^@'
expect 2 "SELINUX_DOMAIN is CRITICAL: unlabeled_t 2 (want 0-0): sleep (pid $pid), sleep (pid [0-9]*); 1 of 2 OK|'gone_t'=0;;0;0 'unlabeled_t'=2;;0;0" \
  check_selinux_domain gone_t:0-0 unlabeled_t:0-0
also "*$pid*sleep*system_u:object_r:unlabeled_t:s0*"
# partial_t may not read an unlabeled process's label.
expect 3 "*is UNKNOWN: unlabeled_t 0 to *|*" as -c system_u:system_r:partial_t:s0 /bin/check_selinux_domain unlabeled_t:0-0
dd if=/policy/mls of=/sys/fs/selinux/load bs=16M 2>/dev/null
expect 0 "SELINUX_DOMAIN is OK: gone_t 2, unlabeled_t 0|'gone_t'=2;;2:2;0 'unlabeled_t'=0;;0;0" \
  check_selinux_domain gone_t:2-2 unlabeled_t:0-0

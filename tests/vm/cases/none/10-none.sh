#!/bin/sh
# A kernel whose security modules label nothing: there is nothing to check, and that is told.
. /etc/case.sh

raw /proc/1/attr/current 'cat: read error: Invalid argument'
for user in root nobody; do
  expect 3 "*is UNKNOWN*yama*" as -u $user /bin/check_selinux_domain init_t:1-1
  expect 3 "*is UNKNOWN: no active security system labels processes (active: *yama*)*|'initrc_t'=0;;0;0" \
    as -u $user /bin/check_selinux_domain initrc_t:0-0
  expect 3 "*is UNKNOWN*" as -u $user /bin/check_selinux_domain
  expect 3 "*is UNKNOWN: SELinux is not active*" as -u $user /bin/check_selinux_domain --lsm selinux name=init:1-1
  expect 0 "*is OK*" as -u $user /bin/check_selinux_domain --absent-ok init_t:1-1
  expect 0 "*is OK*" as -u $user /bin/check_selinux_domain --absent-ok --enforcing
  expect 3 "*is UNKNOWN*" as -u $user /bin/check_proccount domain=init_t:1-1
done
umount /sys/kernel/security
expect 3 "*is UNKNOWN: no active security system*" check_selinux_domain init_t:1-1
expect 1 'In permissive mode' selinux.monitor
also 'SELinux is not active*'

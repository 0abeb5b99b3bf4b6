#!/bin/sh
# Each domain has its number of processes: different numbers, so that none can be had by chance.
. /etc/case.sh

raw /sys/fs/selinux/enforce 1
raw /proc/1/attr/current 'system_u:system_r:init_t:s0^@'
raw /proc/2/attr/current 'system_u:system_r:kernel_t:s0^@'

start 3 -c system_u:system_r:sshd_t:s0
start 2 -c system_u:system_r:container_t:s0
start 1 -c system_u:system_r:unconfined_service_t:s0
service=$pid

expect 0 "SELINUX_DOMAIN is OK: init_t 1, sshd_t 3, container_t 2|'init_t'=1;;1:1;0 'sshd_t'=3;;3:3;0 'container_t'=2;;2:2;0" \
  check_selinux_domain init_t:1-1 sshd_t:3-3 container_t:2-2
expect 0 "SELINUX_DOMAIN is OK: initrc_t 0|'initrc_t'=0;;0;0" check_selinux_domain initrc_t:0-0
expect 0 "SELINUX_DOMAIN is OK: kernel_t [2-9][0-9]|'kernel_t'=[2-9][0-9];;20:;0" check_selinux_domain kernel_t:20-
expect 2 "SELINUX_DOMAIN is CRITICAL: sshd_t 3 (want 4-)|'sshd_t'=3;;4:;0" check_selinux_domain sshd_t:4-
expect 1 "SELINUX_DOMAIN is WARNING: sshd_t 3 (want 1-2): sleep (pid [0-9]*), sleep (pid [0-9]*), sleep (pid [0-9]*)|'sshd_t'=3;1:2;1:5;0" check_selinux_domain sshd_t:1-2:1-5
expect 2 "SELINUX_DOMAIN is CRITICAL: nosuch_t 0 (want 1-)|'nosuch_t'=0;;1:;0" check_selinux_domain nosuch_t

# Whoever is where none should be is named: pid, name, user, label.
expect 2 "SELINUX_DOMAIN is CRITICAL: unconfined_service_t 1 (want 0-0): sleep (pid $service)|'unconfined_service_t'=1;;0;0" \
  check_selinux_domain unconfined_service_t:0-0
also "unconfined_service_t: pid $service sleep, user root, up *, label system_u:system_r:unconfined_service_t:s0, exe /bin/busybox"

# Other terms beside the domain, and labels in the other plugins.
expect 0 "*|*=1;*" check_selinux_domain init_t,exe=/bin/busybox:1-1
expect 0 "*|*=0;*" check_selinux_domain init_t,not-exe=/bin/busybox:0-0
expect 0 "*|*=3;*" check_proccount name=sleep,domain=sshd_t:3-3
expect 0 "*|*=3;*" check_proccount context=system_u:system_r:sshd_t:s0:3-3
expect 0 "*|*=5;*" check_proccount 'domain~^(sshd|container)_t$:5-5'
expect 0 "*|*=1;*" check_selinux_domain not-domain=kernel_t,not-domain=sshd_t,name=sleep,not-domain=container_t:1-1
expect 0 "*" check_selinux_domain -v init_t:1-1
also "? domains in use: kernel_t *, sshd_t 3, container_t 2, init_t 1, unconfined_service_t 1*"
expect 2 "*is CRITICAL: initrc_t 0 (want 1-), unconfined_service_t 1 (want 0-0): sleep (pid $service), unlabeled_t*" \
  check_selinux_domain initrc_t unconfined_service_t:0-0 unlabeled_t
# The usual domains, where none is named.
expect 2 "*is CRITICAL: unconfined_service_t 1 (want 0-0)*|'init_t'=1;;1:1;0 'initrc_t'=0;;0;0 'unconfined_service_t'=1;;0;0 'unlabeled_t'=0;;0;0" \
  check_selinux_domain

# Which system is active shows also where the kernel's list is not mounted; another one is not.
umount /sys/kernel/security
expect 0 "*|'sshd_t'=3;*" check_selinux_domain sshd_t:3-3
expect 0 "*|'sshd_t'=3;*" check_selinux_domain --lsm selinux sshd_t:3-3
expect 3 "*is UNKNOWN: AppArmor is not active (active: SELinux)*|'sshd_t'=0;;3:3;0" check_selinux_domain --lsm apparmor sshd_t:3-3
expect 0 "*is OK: AppArmor is not active*" check_selinux_domain --lsm apparmor --absent-ok sshd_t:3-3
mount -t securityfs securityfs /sys/kernel/security
expect 3 "*is UNKNOWN: Smack is not active (active: *selinux*)*" check_selinux_domain --lsm smack

# A zombie keeps its label and does not run.
as -c system_u:system_r:initrc_t:s0 /bin/sh -c '/bin/sleep 0.1 & exec /bin/sleep 900' &
until grep -q '^State:.Z' /proc/[0-9]*/status 2>/dev/null; do usleep 2000; done
for status in /proc/[0-9]*/status; do
  grep -q '^State:.Z' "$status" && raw "${status%status}attr/current" 'system_u:system_r:initrc_t:s0^@'
done
expect 0 "SELINUX_DOMAIN is OK: initrc_t 1|'initrc_t'=1;;1:1;0" check_selinux_domain initrc_t:1-1
expect 0 "*|*=1;*" check_selinux_domain initrc_t,state=Z:1-1

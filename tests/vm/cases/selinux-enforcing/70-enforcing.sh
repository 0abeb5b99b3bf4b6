#!/bin/sh
# Is it enforcing, and every domain with it?
. /etc/case.sh

expect 0 "*is OK*" check_selinux_domain --enforcing init_t:1-1
echo 0 >/sys/fs/selinux/enforce
raw /sys/fs/selinux/enforce 0
expect 2 "SELINUX_DOMAIN is CRITICAL: SELinux is permissive|'init_t'=1;;1:1;0" check_selinux_domain --enforcing init_t:1-1
expect 0 "*is OK*" check_selinux_domain init_t:1-1
echo 1 >/sys/fs/selinux/enforce
expect 0 "*is OK*" as -u nobody /bin/check_selinux_domain --enforcing init_t:1-1

# crond_t is permissive on its own; nobody runs in it yet.
expect 0 "*is OK: init_t 1, permissive domains 0|'init_t'=1;;1:1;0 'permissive domains'=0;;0;0" \
  check_selinux_domain --no-permissive-domains init_t:1-1
expect 0 "*is OK*'permissive domains'=0;*" as -u nobody /bin/check_selinux_domain --no-permissive-domains init_t:1-1
start 1 -c system_u:system_r:crond_t:s0
expect 2 "*is CRITICAL: permissive domains 1 (want 0-0): sleep (pid $pid, crond_t); 1 of 2 OK|*'permissive domains'=1;;0;0" check_selinux_domain --no-permissive-domains init_t:1-1
also "*$pid*sleep*crond_t*"
expect 0 "*is OK*" check_selinux_domain --enforcing crond_t:1-1
expect 0 "*|*=1;*" check_proccount sleep,permissive=yes:1-1
expect 0 "*|*=1;*" check_proccount name=init,permissive=no:1-1
expect 3 "*is UNKNOWN: permissive domains 0 to ?? (want 0-0): stat may not be read*policy*" as -c system_u:system_r:blind_t:s0 /bin/check_selinux_domain --no-permissive-domains init_t:any

# selinuxfs gone: the labels stay, the answers do not.
umount /sys/fs/selinux
expect 0 "*is OK*" check_selinux_domain init_t:1-1
expect 3 "*is UNKNOWN: cannot tell whether SELinux enforces: /sys/fs/selinux/enforce is missing; mount selinuxfs there|*" \
  check_selinux_domain --enforcing init_t:1-1
expect 3 "*is UNKNOWN: permissive domains 0 to *: /sys/fs/selinux/access is missing (pid *); mount selinuxfs*" \
  check_selinux_domain --no-permissive-domains init_t:1-1
mount -t selinuxfs selinuxfs /sys/fs/selinux

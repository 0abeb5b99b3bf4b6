#!/bin/sh
# A permissive system: true labels, nothing refused, and --enforcing says so.
. /etc/case.sh

raw /sys/fs/selinux/enforce 0
start 2 -c system_u:system_r:sshd_t:s0
expect 0 "*|'sshd_t'=2;*" check_selinux_domain sshd_t:2-2
expect 2 "SELINUX_DOMAIN is CRITICAL: SELinux is permissive|'sshd_t'=2;;2:2;0" check_selinux_domain --enforcing sshd_t:2-2
expect 2 "SELINUX_DOMAIN is CRITICAL: SELinux is permissive|'sshd_t'=2;;2:2;0" as -u nobody /bin/check_selinux_domain --enforcing sshd_t:2-2
expect 0 "*|'sshd_t'=2;*" as -c system_u:system_r:blind_t:s0 /bin/check_selinux_domain sshd_t:2-2

# The drop-in for mon's selinux.monitor, in its words.
expect 1 'In permissive mode' selinux.monitor localhost
start 1 -c system_u:system_r:initrc_t:s0
expect 1 'In permissive mode and processes in initrc_t' selinux.monitor

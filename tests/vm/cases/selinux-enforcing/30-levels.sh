#!/bin/sh
# Levels with categories, as containers have them: the colons are the level's own; a comma in a
# value is written twice.
. /etc/case.sh

start 2 -c system_u:system_r:container_t:s0:c12,c34
start 1 -c system_u:system_r:container_t:s0:c56,c1023
start 1 -c system_u:system_r:sshd_t:s0-s3:c0.c1023
raw "/proc/$pid/attr/current" 'system_u:system_r:sshd_t:s0-s3:c0.c1023^@'
expect 0 "*|*=2;*" check_selinux_domain container_t,level=s0:c12,,c34:2-2
expect 0 "*|*=1;*" check_selinux_domain container_t,level=s0:c56,,c1023:1-1
expect 0 "*|*=1;*" check_selinux_domain level=s0-s3:c0.c1023:1-1
expect 0 "*|*=3;*" check_selinux_domain container_t:3-3
expect 0 "*|*=1;*" check_selinux_domain role=system_r,seuser=system_u,level~^s0-s3:1-1

# Every second category: the label is longer than most buffers.
long=system_u:system_r:long_t:s0:$(seq 0 2 1023 | sed 's/^/c/' | tr '\n' ,)
start 1 -c system_u:system_r:long_t:s0 -u nobody
raw "/proc/$pid/attr/current" "${long%,}^@"
expect 0 "*|*=1;*" check_selinux_domain long_t:1-1
expect 2 "SELINUX_DOMAIN is CRITICAL: long_t 1 (want 0-0): sleep (pid $pid)|'long_t'=1;;0;0" check_selinux_domain long_t:0-0

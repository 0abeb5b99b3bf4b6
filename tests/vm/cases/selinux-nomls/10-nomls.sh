#!/bin/sh
# A policy without levels: labels of three fields.
. /etc/case.sh

raw /proc/1/attr/current 'system_u:system_r:init_t^@'
start 2 -c system_u:system_r:sshd_t
expect 0 "*|'init_t'=1;;1:1;0 'sshd_t'=2;;2:2;0" check_selinux_domain init_t:1-1 sshd_t:2-2
expect 0 "*|*=2;*" check_selinux_domain context=system_u:system_r:sshd_t:2-2
expect 0 "*|*=0;*" check_selinux_domain sshd_t,level=s0:0-0
expect 0 "*is OK*" check_selinux_domain --enforcing init_t:1-1

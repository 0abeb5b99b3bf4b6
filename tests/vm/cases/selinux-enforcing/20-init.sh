#!/bin/sh
# A daemon whose unit file asks for what the policy does not know ends up in init_t.
. /etc/case.sh

start 1 -c system_u:system_r:init_t:s0 -u nobody
expect 2 "SELINUX_DOMAIN is CRITICAL: init_t 2 (want 1-1): sleep (pid $pid), init (pid 1)|'init_t'=2;;1:1;0" check_selinux_domain init_t:1-1
also "*$pid*sleep*nobody*system_u:system_r:init_t:s0*"
expect 2 "*is CRITICAL: init_t,not-name=init 1 (want 0-0): sleep (pid $pid)|*=1;;0;0" check_selinux_domain init_t,not-name=init:0-0
expect 0 "*is OK: init_t,user=root 1, init_t,user=nobody 1|*" check_selinux_domain init_t,user=root:1-1 init_t,user=nobody:1-1
kill "$pid" && wait "$pid"
expect 0 "SELINUX_DOMAIN is OK: init_t 1|'init_t'=1;;1:1;0" check_selinux_domain init_t:1-1

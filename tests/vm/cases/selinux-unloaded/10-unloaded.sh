#!/bin/sh
# SELinux without a policy: every process has the label "kernel", and nothing is enforced.
. /etc/case.sh

raw /proc/1/attr/current 'kernel^@'
raw /sys/fs/selinux/enforce 0
expect 2 "*init_t 0 (want 1-1)*" check_selinux_domain init_t:1-1
expect 2 "*is CRITICAL: SELinux is permissive: no policy is loaded|*" check_selinux_domain --enforcing kernel:1-
expect 0 "*is OK*" check_selinux_domain kernel:20-
expect 1 'In permissive mode' selinux.monitor

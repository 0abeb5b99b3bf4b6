#!/bin/sh
# nrpe.sh -- the plugin on a whole Debian, as NRPE runs it in its own domain, under the reference
# policy: what it may not read is UNKNOWN with the cause and the way out, and with either way out
# taken the counts are right.
. /etc/case.sh

plugin=/usr/lib/nagios/plugins/check_selinux_domain
nrpe() { /usr/lib/nagios/plugins/check_nrpe -H 127.0.0.1 -t 30 -c "$1"; }
cat >/etc/nagios/nrpe.d/procwarden.cfg <<END
command[labels]=$plugin init_t:1-1 sshd_t:1-1 crond_t:1-1 unconfined_service_t:0-0
command[none]=$plugin httpd_t:0-0
command[enforcing]=$plugin --enforcing init_t:1-1
command[permissive]=$plugin --no-permissive-domains init_t:1-1
command[nrpe]=$plugin nrpe_t,name=nrpe:1-1
command[own]=/bin/cat /proc/self/attr/current
command[others]=/bin/cat /proc/1/attr/current
command[enforce]=/bin/cat /sys/fs/selinux/enforce
END
systemctl restart nagios-nrpe-server
until nrpe own >/dev/null 2>&1; do sleep 0.2; done

right="SELINUX_DOMAIN is OK: init_t 1, sshd_t 1, crond_t 1, unconfined_service_t 0"
right="$right|'init_t'=1;;1:1;0 'sshd_t'=1;;1:1;0 'crond_t'=1;;1:1;0 'unconfined_service_t'=0;;0;0"

# As root, in initrc_t: that of a service the policy does not know. It is this very script's, and so
# a finding.
raw /sys/fs/selinux/enforce 1
raw /proc/1/attr/current 'system_u:system_r:init_t:s0^@'
expect 0 "$right" $plugin init_t:1-1 sshd_t:1-1 crond_t:1-1 unconfined_service_t:0-0
expect 0 '*is OK*' $plugin --enforcing init_t:1-1
expect 2 '*is CRITICAL*initrc_t * (want 0-0)*' $plugin initrc_t:0-0
also "*procwarden-case*root*system_u:system_r:initrc_t:s0*procwarden-case.service*"

# Labelled bin_t, it stays in nrpe_t.
expect 0 'system_u:system_r:nrpe_t:s0*' nrpe own
expect 3 'NRPE: Unable to read output' nrpe others
expect 3 '*is UNKNOWN: *attr/current may not be read*policy*' nrpe labels
expect 3 '*is UNKNOWN: httpd_t 0 to *attr/current may not be read*policy*' nrpe none
expect 3 '*is UNKNOWN: *cannot tell whether SELinux enforces*' nrpe enforcing
expect 3 '*is UNKNOWN: *attr/current may not be read*permissive domains 0 to *' nrpe permissive

# As the policy labels check_procs, it moves to a domain that may look no further.
chcon -t nagios_system_plugin_exec_t $plugin
expect 3 '*is UNKNOWN: *attr/current may not be read*policy*' nrpe labels
expect 3 '*is UNKNOWN: *cannot tell whether SELinux enforces*' nrpe enforcing

# One way out: a domain of the policy's for plugins that may do all.
chcon -t nagios_unconfined_plugin_exec_t $plugin
expect 0 "$right" nrpe labels
expect 0 "*is OK: httpd_t 0|'httpd_t'=0;;0;0" nrpe none
expect 0 '*is OK*' nrpe enforcing
restorecon -F $plugin
expect 3 '*is UNKNOWN*' nrpe labels

# The other: nrpe_t may read labels, by the module nrpe.cil, which the image has in a policy beside.
dd if=/policy/with-module of=/sys/fs/selinux/load bs=64M 2>/dev/null
expect 0 'system_u:system_r:init_t:s0*' nrpe others
expect 0 1 nrpe enforce
expect 0 "$right" nrpe labels
expect 0 "*is OK: httpd_t 0|'httpd_t'=0;;0;0" nrpe none
expect 0 '*is OK*' nrpe enforcing
expect 0 '*is OK*' nrpe permissive
expect 0 '*is OK: nrpe_t,name=nrpe 1|*=1;;1:1;0' nrpe nrpe

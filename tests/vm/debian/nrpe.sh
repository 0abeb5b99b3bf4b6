#!/bin/sh
# nrpe.sh -- the plugins on a whole Debian, as NRPE runs them under the reference policy: what they
# may not read is UNKNOWN with the cause and the way out, and with either way out taken the counts
# are right. The way that is shipped, packaging/selinux, lets every plugin do all that it can, and
# leaves nothing refused that they ask for.
# security=selinux
. /etc/case.sh

binary=/usr/bin/procwarden
plugin=/usr/lib/nagios/plugins/check_selinux_domain
nrpe() { /usr/lib/nagios/plugins/check_nrpe -H 127.0.0.1 -t 30 -c "$1"; }
cat >/etc/nagios/nrpe.d/case.cfg <<END
command[labels]=$plugin init_t:1-1 sshd_t:1-1 crond_t:1-1 unconfined_service_t:0-0
command[none]=$plugin httpd_t:0-0
command[enforcing]=$plugin --enforcing init_t:1-1
command[permissive]=$plugin --no-permissive-domains init_t:1-1
command[nrpe]=$plugin nrpe_t,name=nrpe:1-1
command[count]=${plugin%/*}/check_proccount sshd,domain=sshd_t,permissive=no,unit=ssh.service:1-1
command[exe]=${plugin%/*}/check_proccount sshd,exe=/usr/sbin/sshd:1-1
command[since]=${plugin%/*}/check_proccpu -w 101 -c 101 --since-last --over 1s
command[privdrop]=${plugin%/*}/check_privdrop --rules all --warn-on all
command[exposure]=${plugin%/*}/check_exposure --recheck 3
command[own]=/bin/cat /proc/self/attr/current
command[others]=/bin/cat /proc/1/attr/current
command[enforce]=/bin/cat /sys/fs/selinux/enforce
END
systemctl restart nagios-nrpe-server
until nrpe own >/dev/null 2>&1; do sleep 0.2; done

right="SELINUX_DOMAIN is OK: init_t 1, sshd_t 1, crond_t 1, unconfined_service_t 0"
right="$right|'init_t'=1;;1:1;0 'sshd_t'=1;;1:1;0 'crond_t'=1;;1:1;0 'unconfined_service_t'=0;;0;0"

# As root, in initrc_t: that of a service the policy does not know. What is left running in it is a
# finding; this script may be too young to be more than the check's own wrapper.
raw /sys/fs/selinux/enforce 1
raw /proc/1/attr/current 'system_u:system_r:init_t:s0^@'
expect 0 "$right" $plugin init_t:1-1 sshd_t:1-1 crond_t:1-1 unconfined_service_t:0-0
expect 0 '*is OK*' $plugin --enforcing init_t:1-1
sleep 900 &
until grep -q sleep "/proc/$!/comm"; do sleep 0.2; done
expect 2 '*is CRITICAL*initrc_t * (want 0-0)*sleep (pid *' $plugin initrc_t:0-0
also "*sleep*root*system_u:system_r:initrc_t:s0*procwarden-case.service*"
kill $!

# What systemd puts in a unit's group is found there, without a walk.
count=${plugin%/*}/check_proccount
expect 0 '*is OK: unit=ssh 1, unit=init.scope 1|*' $count -vv unit=ssh:1-1 unit=init.scope:1-1
also 'scanned 2 processes *'
expect 0 '*is OK: unit=absent 0|*' $count -vv unit=absent:0-0
also 'scanned 0 processes *'

# Labelled bin_t, it stays in nrpe_t.
expect 0 'system_u:system_r:nrpe_t:s0*' nrpe own
expect 3 'NRPE: Unable to read output' nrpe others
expect 3 '*is UNKNOWN: *attr/current may not be read*policy*' nrpe labels
expect 3 '*is UNKNOWN: httpd_t 0 to *attr/current may not be read*policy*' nrpe none
expect 3 '*is UNKNOWN: *cannot tell whether SELinux enforces*' nrpe enforcing
expect 3 '*is UNKNOWN: *attr/current may not be read*permissive domains 0 to *' nrpe permissive

# As the package labels it, the domain of check_procs, which may look no further.
/usr/share/procwarden/selinux/label
expect 0 "*:nagios_system_plugin_exec_t:* $binary" ls -Z $binary
label='*attr/current may not be read*nagios_system_plugin_t domain:process getattr*'
expect 3 "*is UNKNOWN: $label" nrpe labels
expect 3 "*is UNKNOWN: httpd_t 0 to $label" nrpe none
expect 3 '*is UNKNOWN: *cannot tell whether SELinux enforces*nagios_system_plugin_t security_t:file read*' nrpe enforcing
expect 3 "*is UNKNOWN: *${label}permissive domains 0 to *" nrpe permissive
expect 3 "*is UNKNOWN: sshd*$label" nrpe count
expect 0 '*is OK: sshd 1, nrpe 1|*' nrpe check_sshd
expect 0 '*is OK: *; sampled here: there is no place to keep anything|*' nrpe since

# One way out: a domain of the policy's for plugins that may do all.
chcon -t nagios_unconfined_plugin_exec_t $binary
expect 0 "$right" nrpe labels
expect 0 "*is OK: httpd_t 0|'httpd_t'=0;;0;0" nrpe none
expect 0 '*is OK*' nrpe enforcing

# The other: our module, of which the image has what semodule makes.
cp -r /policy/default /etc/selinux/
cp -r /policy/selinux /var/lib/
load_policy
install -d -o nagios /var/lib/procwarden
restorecon /var/lib/procwarden
/usr/share/procwarden/selinux/label
expect 0 "*:nagios_system_plugin_exec_t:* $binary" ls -Z $binary
# The kernel's log is all there is of audit here; it would leave out what comes fast.
echo 0 >/proc/sys/kernel/printk_ratelimit
dmesg -C
expect 0 "$right" nrpe labels
expect 0 "*is OK: httpd_t 0|'httpd_t'=0;;0;0" nrpe none
expect 0 '*is OK: init_t 1, enforcing|*' nrpe enforcing
expect 0 '*is OK: init_t 1, permissive domains 0|*' nrpe permissive
expect 0 '*is OK: nrpe_t,name=nrpe 1|*=1;;1:1;0' nrpe nrpe
expect 0 '*is OK: sshd,domain=sshd_t,permissive=no,unit=ssh.service 1|*' nrpe count
expect 0 '*is OK: sshd 1, cron 1, nrpe 1|*' nrpe check_daemons
expect 0 '*is OK: sshd 1, nrpe 1|*' nrpe check_sshd
expect 0 '*is OK: highest *' nrpe check_runaway
expect 0 '*is OK: no root uid, gid or group left behind*' nrpe check_privdrop
expect 1 '*is WARNING: dbus-daemon *holds cap_audit_write*' nrpe privdrop
expect 2 '*is CRITICAL: initrc_t * (want 0-0): *procwarden-case *; 2 of 3 OK|*' nrpe check_domains
expect 0 '*is OK: *sampled here: nothing was kept yet|*' nrpe since
expect 0 '*is OK: highest *' nrpe since
never '*sampled here*'

# What was refused to them, to the last: nothing but NRPE's socket, which it leaves open. cat's
# label, asked for in nrpe_t, is refused as well, and is the end of what is looked for.
expect 3 'NRPE: Unable to read output' nrpe others
until dmesg | grep -q 'avc:  denied  { getattr }.*comm="cat"'; do sleep 0.2; done
refused() {
  dmesg | sed -n 's/.*avc:  denied  \({.*}\).* scontext=[^:]*:[^:]*:nagios_[^ ]* tcontext=[^:]*:[^:]*:\([^: ]*\)[^ ]* tclass=\([^ ]*\).*/\1 \2 \3/p' |
    sort -u | paste -s -d ';'
}
expect 0 '{ read write } nrpe_t tcp_socket' refused

# Executables of other domains are refused to check_exposure, which counts what it could not judge.
expect 0 '*is OK: nothing is exposed; *not by writable-code*' nrpe exposure

# What other users' processes execute, with the privilege and the policy's leave; not with one alone.
exe='exe may not be read (pid [0-9]*)'
expect 3 "*is UNKNOWN: sshd,exe=/usr/sbin/sshd 0 to 1 (want 1-1): $exe*" nrpe exe
echo nagios >/etc/procwarden/ptrace-group
/usr/share/procwarden/grant-ptrace
expect 3 "*is UNKNOWN: sshd,exe=/usr/sbin/sshd 0 to 1 (want 1-1): $exe*forbids it even to CAP_SYS_PTRACE*" nrpe exe
setsebool procwarden_read_executables on
expect 0 '*is OK: sshd,exe=/usr/sbin/sshd 1|*' nrpe exe

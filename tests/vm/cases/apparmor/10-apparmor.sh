#!/bin/sh
# AppArmor: profiles in every mode, unconfined processes, stacked profiles, a plugin that is refused.
. /etc/case.sh

plugin=/bin/check_selinux_domain
load() { dd if="/profiles/$1" of=/sys/kernel/security/apparmor/.replace bs=16M 2>/dev/null; }

raw /proc/1/attr/current 'unconfined$'
load enforce
start 2 -a 'exec pw-enforce'
enforced=$pid
start 1 -a 'exec pw-enforce//child'
start 1 -a 'exec pw odd name'
start 3 -a 'exec /usr/sbin/pw-daemon' -u nobody
raw "/proc/$enforced/attr/current" 'pw-enforce (enforce)$'
raw "/proc/$enforced/attr/apparmor/current" 'pw-enforce (enforce)$'
raw "/proc/$pid/attr/current" '/usr/sbin/pw-daemon (enforce)$'

expect 0 "SELINUX_DOMAIN is OK: pw-enforce 2|'pw-enforce'=2;;2:2;0" $plugin pw-enforce:2-2
expect 0 "*|*=3;*" $plugin /usr/sbin/pw-daemon:3-3
expect 0 "*|*=1;*" $plugin pw-enforce//child:1-1
expect 0 "*|*=1;*" $plugin 'pw odd name:1-1'
expect 0 "*|*=7;*" $plugin mode=enforce,name=sleep:7-7
expect 0 "*|*=1;*" $plugin unconfined,name=init:1-1
expect 2 "*is CRITICAL: nosuch 0 (want 1-)|*=0;;1:;0" $plugin nosuch:1-
for user in root nobody; do
  expect 0 "*|*=2;*" as -u $user $plugin pw-enforce:2-2
  expect 0 "*|*=2;*" as -u $user /bin/check_proccount 'context=pw-enforce (enforce):2-2'
done
for user in root nobody; do
  expect 0 "*is OK: pw-enforce 2, enforcing|*" as -u $user $plugin --enforcing pw-enforce:2-2
done
expect 0 "*is OK: pw-enforce 2, permissive domains 0|*" $plugin --no-permissive-domains pw-enforce:2-2
expect 0 "*is OK: mode=complain 0|'mode:complain'=0;;0;0" $plugin
expect 0 "*" $plugin -v pw-enforce:2-2
also "5 domains in use: unconfined *, /usr/sbin/pw-daemon 3, pw-enforce 2, pw odd name 1*"
also "  pw-enforce//child 1"
expect 3 "*is UNKNOWN*SELinux*" $plugin --lsm selinux pw-enforce:2-2

# One loaded profile that only complains, and the system does not enforce.
load complain
for user in root nobody; do
  expect 2 "*is CRITICAL: AppArmor's profile pw-complain only complains|*" \
    as -u $user $plugin --enforcing pw-enforce:2-2
done
# Where securityfs is not mounted, the profiles can't be told, but AppArmor is there.
umount /sys/kernel/security
expect 0 "*|*=2;*" $plugin pw-enforce:2-2
expect 3 "*is UNKNOWN: cannot tell whether AppArmor enforces*|*=2;;2:2;0" $plugin --enforcing pw-enforce:2-2
expect 3 "*is UNKNOWN: SELinux is not active (active: AppArmor)*" $plugin --lsm selinux pw-enforce:2-2
mount -t securityfs securityfs /sys/kernel/security
start 1 -a 'exec pw-complain'
raw "/proc/$pid/attr/current" 'pw-complain (complain)$'
start 1 -a 'exec pw-kill'
raw "/proc/$pid/attr/current" 'pw-kill (kill)$'
expect 2 "*is CRITICAL: mode=complain 1 (want 0-0): sleep (pid *, pw-complain)|*=1;;0;0" $plugin mode=complain:0-0
also "*sleep*pw-complain (complain)*"
expect 2 "*is CRITICAL: permissive domains 1 (want 0-0): sleep (pid *, pw-complain); 1 of 2 OK|*" \
  $plugin --no-permissive-domains pw-enforce:2-2
expect 0 "*|*=1;*" $plugin mode=kill:1-1

# Stacked: two profiles at once.
as -a 'exec pw-enforce' /bin/as -a 'stack /usr/sbin/pw-daemon' /bin/sleep 901 &
stacked=$!
as -a 'exec pw-enforce' /bin/as -a 'stack pw-complain' /bin/sleep 902 &
mixed=$!
mkdir /sys/kernel/security/apparmor/policy/namespaces/ns1
as -a 'stack :ns1:unconfined' /bin/sleep 903 &
namespaced=$!
if ! runs $stacked 'sleep 901' || ! runs $mixed 'sleep 902' || ! runs $namespaced 'sleep 903'; then
  not 'stacked profiles'
fi
raw "/proc/$mixed/attr/current" 'pw-complain//&pw-enforce (mixed)$'
raw "/proc/$namespaced/attr/current" 'unconfined//&:ns1:unconfined$'
expect 0 "*|*=1;*" $plugin '/usr/sbin/pw-daemon//&pw-enforce:1-1'
expect 0 "*|*=1;*" $plugin mode=mixed:1-1
expect 0 "*|*=1;*" $plugin 'domain=unconfined//&:ns1:unconfined:1-1'
expect 0 "*|*=2;*" $plugin pw-enforce:2-2

# A profile that is loaded after its program was started does not confine it until a restart.
expect 0 "*is OK: pw-enforce 2, unconfined 0|*" $plugin --no-unconfined pw-enforce:2-2
for program in late later; do
  cp /bin/busybox /bin/busybox-$program
  as -u nobody /bin/busybox-$program sleep 904 &
  eval "$program=$!"
  runs "$!" "busybox-$program sleep 904" || not "busybox-$program"
done
expect 0 "*is OK: pw-enforce 2, unconfined 0|*" $plugin --no-unconfined pw-enforce:2-2
load late
expect 2 "*is CRITICAL: unconfined 1 to * (want 0-0): busybox-later*; 1 of 2 OK|*" \
  $plugin --no-unconfined pw-enforce:2-2
untold='the kernel does not say which program some AppArmor profile is for'
expect 3 "*is UNKNOWN: *$untold*; write its path without variables in /etc/apparmor.d: profile NAME /PATH {|*" \
  $plugin mode=unconfined,profiled=yes,not-name~busybox:0-0
# The kernel does not tell the pattern of a profile that has a name, its text does.
mkdir -p /etc/apparmor.d
echo 'profile pw-late /{usr/,}bin/busybox-l?te {' >/etc/apparmor.d/pw-late
# shellcheck disable=SC2154 # late and later
raw "/proc/$late/attr/current" 'unconfined$'
for user in root nobody; do
  expect 2 "*is CRITICAL: unconfined 2 (want 0-0): busybox-late*; 1 of 2 OK|*" \
    as -u $user $plugin --no-unconfined pw-enforce:2-2
done
expect 0 "*|*=2;*" $plugin mode=unconfined,profiled=yes:2-2
kill "$late"
as -u nobody /bin/busybox-late sleep 905 &
late=$!
runs $late 'busybox-late sleep 905' || not 'busybox-late again'
raw "/proc/$late/attr/current" 'pw-late (enforce)$'
expect 2 "*is CRITICAL: unconfined 1 (want 0-0): busybox-later*" $plugin --no-unconfined pw-enforce:2-2

# A plugin that may read labels, but trace nobody.
for user in root nobody; do
  expect 0 "*|*=2;*" as -a 'exec pw-reader' -u $user $plugin pw-enforce:2-2
done

# A plugin that may open no label, not even its own: hidden, not none.
raw "/proc/$enforced/attr/current" "cat: can't open '/proc/$enforced/attr/current': Permission denied" \
  -a 'exec pw-blind'
expect 3 "*is UNKNOWN: pw-enforce 0 to *attr/apparmor/current may not be read*AppArmor profile*|*=0;;2:2;0" \
  as -a 'exec pw-blind' $plugin pw-enforce:2-2
expect 3 "*is UNKNOWN: nosuch 0 to *attr/apparmor/current may not be read*AppArmor profile*|*=0;;0;0" \
  as -a 'exec pw-blind' $plugin nosuch:0-0

# mon's selinux.monitor, the drop-in: that another system enforces is no comfort to it.
expect 1 'In permissive mode' selinux.monitor
also 'SELinux is not active (active: *apparmor*)'

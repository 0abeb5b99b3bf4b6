#!/bin/sh
# The profile that we ship, attached by the path that packages install: it refuses the plugins nothing
# that they need, and all else.
. /etc/case.sh

load() { dd if="/profiles/$1" of=/sys/kernel/security/apparmor/.replace bs=16M 2>/dev/null; }
# What the kernel has refused, or would have, since the last call.
refused() { dmesg -c | grep -E "apparmor=\"$1\".*profile=\"procwarden"; }

plugins=/usr/lib/plugins
mkdir -p /usr/bin $plugins /etc/procwarden /var/lib/procwarden /opt/closed /run/systemd/system
cp /bin/procwarden /usr/bin/procwarden
for name in /bin/check_* procwarden; do ln -s /usr/bin/procwarden "$plugins/${name##*/}"; done
# What to find: a program where only root may look, one that others may replace, one that is gone.
for name in closed/daemon open gone; do cp /bin/busybox /opt/busybox-${name#*/}; done
mv /opt/busybox-daemon /opt/closed/ && chmod 700 /opt/closed && chmod 777 /opt/busybox-open
for program in closed/busybox-daemon busybox-open busybox-gone; do
  /opt/$program sleep 906 &
  runs $! "/opt/$program sleep 906" || not "$program"
done
rm /opt/busybox-gone
load enforce
start 1 -a 'exec pw-enforce' -u nobody
# Where a process is in a unit systemd is asked, and here has no answer.
cp /bin/busybox /bin/systemctl
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/system.slice/x.service
echo "$pid" >/sys/fs/cgroup/system.slice/x.service/cgroup.procs

# same WORDS COMMAND...: root and nobody get the same answer under the profile as without, numbers aside,
# and for root it holds WORDS.
same() {
  words=$1 command=$2
  shift 2
  for user in root nobody; do
    alike $user "/bin/$command" "$plugins/$command" "$@"
    case $user$said in root*"$words"* | nobody*) ;; *) not "no '$words' in $said" ;; esac
  done
}

dmesg -c >/dev/null
echo 'root:*:1::::::' >/etc/shadow
mkdir -p /etc/apparmor.d
cp /profiles/usr.bin.procwarden /etc/apparmor.d/
load procwarden-enforce
same ' 1|' check_proccount exe=/opt/closed/busybox-daemon:1-1
same ' 1|' check_proccount deleted=yes,args~906:1-1
same ' is OK' check_proccount unit=x:1-1 sleep,user=nobody,domain=pw-enforce:1-1
same 'busybox-gone' check_exposure --rules all
same 'busybox-open' check_exposure --rules all
same 'judged' check_privdrop --rules all
same 'PROCCPU is OK' check_proccpu --over 0.1s -c 900 --only user=nobody
same 'pw-complain only complains' check_selinux_domain --enforcing pw-enforce:1-1
same 'unconfined' check_selinux_domain --no-unconfined pw-enforce:1-1
same '(systemctl: ' procwarden suggest --min-age 1d
same '/opt/closed/busybox-daemon' procwarden explain exe~busybox:1-
expect 0 '*sampled here*' $plugins/check_proccpu --since-last --over 0.1s -c 900
expect 0 'PROCCPU is OK*' $plugins/check_proccpu --since-last -c 900
[ -d /var/lib/procwarden/0 ] || not 'no sample is kept'
expect 0 'made /etc/procwarden/daemons' $plugins/procwarden suggest --all -o /etc/procwarden
if said=$(refused DENIED); then not "refused: $said"; else echo 'ok - nothing is refused'; fi

# All else is.

if $plugins/procwarden suggest -o /opt/closed/daemons 2>/dev/null; then not 'wrote where it must not'; fi
expect 3 '*cannot read /etc/shadow: Permission denied*' $plugins/check_proccount --specs-from /etc/shadow
refused DENIED | grep -q 'name="/opt/closed/daemons"' || not 'no refusal in the log'

# As it comes, it only complains.
load procwarden-complain
expect 0 'made /opt/closed/daemons*' $plugins/procwarden suggest -o /opt/closed/daemons
refused ALLOWED >/tmp/refused || not 'no complaint'

#!/bin/sh
# apparmor.sh -- the profile that we ship on a whole Debian, loaded as its head says. systemd is PID 1: it answers
# procwarden suggest and runs what the plugins look at. They say the same under the profile as without, as root, as
# an ordinary user and as NRPE's, and nothing that they need is refused.
# security=apparmor
. /etc/case.sh

profile=/etc/apparmor.d/usr.bin.procwarden
plugins=/usr/lib/nagios/plugins
# asks_systemd USER: suggest gets systemd's answer. Emulated, that may take longer than it waits.
asks_systemd() {
  for _ in 1 2 3 4 5; do
    said=$(as -u "$1" $plugins/procwarden suggest 2>&1)
    case $said in
      *'systemd was asked'*) echo "ok - systemd is asked by $1" && return ;;
      *'no answer within'*) ;;
      *) break ;;
    esac
  done
  not "systemd is not asked by $1: $said"
}
# same WORDS COMMAND...: the profile, which goes by the path, changes nothing of what is said but numbers.
same() {
  words=$1 command=$2
  shift 2
  for user in root nagios; do
    alike $user "/opt/free/$command" "$plugins/$command" "$@"
    case $said in *"$words"*) ;; *) not "no '$words' as $user: $command $*: $said" ;; esac
  done
}

mkdir /opt/free
cp /usr/bin/procwarden /opt/free/
ln -s /usr/bin/procwarden $plugins/procwarden
for name in check_proccount check_exposure; do ln -s procwarden /opt/free/$name; done
install -d -o nagios /var/lib/procwarden
systemctl restart nagios-nrpe-server
# The kernel's log is all there is of audit here; it would leave out what comes fast.
echo 0 >/proc/sys/kernel/printk_ratelimit

# As it comes, it only complains.
cp /usr/share/procwarden/apparmor/usr.bin.procwarden $profile
apparmor_parser -r $profile
expect 2 '*profile*complain*' $plugins/check_selinux_domain --enforcing unconfined:1-
also '*procwarden*'
dmesg -C

sed -i 's/complain,//' $profile
apparmor_parser -r $profile
expect 0 '*, unconfined 0, enforcing|*' $plugins/check_selinux_domain --enforcing --no-unconfined unconfined:1-
asks_systemd root
asks_systemd nagios
same ': 1, OK' procwarden explain sshd,user=root:1-1
same 'EXPOSURE is ' check_exposure --rules all -v
same 'sshd,exe=/usr/sbin/sshd' check_proccount sshd,exe=/usr/sbin/sshd:1-1
expect 0 'kept /etc/procwarden/daemons*' $plugins/procwarden suggest --all -o /etc/procwarden
also 'made /etc/procwarden/privdrop'
for command in check_daemons check_sshd check_runaway check_privdrop check_exposure; do
  expect 0 '*is OK: *' $plugins/check_nrpe -H 127.0.0.1 -t 30 -c $command
done
if said=$(dmesg -c | grep 'apparmor="DENIED".*profile="procwarden'); then not "refused: $said"; else
  echo 'ok - nothing is refused'
fi

# All else is, and the kernel says so.
expect 3 '*cannot read /etc/shadow: Permission denied*' $plugins/check_proccount --specs-from /etc/shadow
if $plugins/procwarden suggest --no-systemd -o /opt/daemons 2>/dev/null; then not 'wrote where it must not'; fi
dmesg | grep -q 'apparmor="DENIED".*profile="procwarden".*name="/opt/daemons"' || not 'no refusal in the log'

#!/bin/sh
# Installs what tests/daemons.rs needs on a Debian: the four schedulers, their
# clients, sshd, check_by_ssh, and what the drop-ins stand in for.  For .ci/run
# and fresh machines; run as root, as often as you like.
#
# Nothing is started, now or by the tests' leave: while apt-get runs, policy-rc.d
# forbids it to start services, and units newly put in place are disabled again.
set -eu

needs='icinga2-bin icinga2-common nagios4-core nagios-nrpe-server nagios-nrpe-plugin
mon mon-client libproc-processtable-perl monitoring-plugins-basic openssh-server openssh-client python3'

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=
for package in $needs; do installed "$package" || missing="$missing $package"; done
[ -n "$missing" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "install-needs.sh: run me as root, to install:$missing" >&2; exit 1; }

policy=/usr/sbin/policy-rc.d
restore() { rm -f "$policy"; [ ! -e "$policy.procwarden" ] || mv "$policy.procwarden" "$policy"; }
trap restore EXIT
trap 'exit 1' HUP INT TERM
[ ! -e "$policy" ] || [ -e "$policy.procwarden" ] || mv "$policy" "$policy.procwarden"
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
# An index as old as the machine's image names packages that the mirror has dropped.
apt-get -qq update
# shellcheck disable=SC2086  # a list of words
apt-get -qq install -y --no-install-recommends $missing

if [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2086
    dpkg -L $missing | sed -n 's|^.*/systemd/system/\([^/@]*\.service\)$|\1|p' |
        xargs -r systemctl --quiet disable
fi

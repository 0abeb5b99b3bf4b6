#!/bin/sh
# Installs what tests/suggest needs beside the daemons that .ci/run installs: a systemd to boot in
# namespaces, and tools. Nothing is started; run as root, as often as you like.
set -eu
needs='at dbus libpam-systemd memcached patch systemd-sysv util-linux'
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=
for package in $needs; do installed "$package" || missing="$missing $package"; done
[ -n "$missing" ] || exit 0
[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d; }
apt-get -qq update
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing

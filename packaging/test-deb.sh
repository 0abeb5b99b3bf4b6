#!/bin/sh
# test-deb.sh FILE.deb: installs an older version of the package on this machine, edits
# a conffile, upgrades, runs the plugins, purges, and looks for what was left behind.
# Needs root; refuses where procwarden is installed already.
set -eu

deb=$1
say() { echo "test-deb: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
dpkg-query -W procwarden >/dev/null 2>&1 && fail "procwarden is installed here"

work=$(mktemp -d)
cleanup() { dpkg --purge procwarden >/dev/null 2>&1 || true; rm -rf "$work"; }
trap cleanup EXIT
listing() {
    find /etc /usr /var/lib -xdev \( -path /usr/src -o -path /var/lib/apt -o -path /var/lib/dpkg \) \
        -prune -o -print | grep -v -e __pycache__ -e '^/var/lib/man-db' | sort
}
version() { dpkg-query -W -f '${Version}' procwarden; }

# The same package under an older number: what an upgrade has to get right is here.
dpkg-deb -R "$deb" "$work/tree"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/tree/DEBIAN/control"
dpkg-deb -b "$work/tree" "$work/older.deb" >/dev/null
rm -rf "$work/tree"

listing > "$work/before"
dpkg -i "$work/older.deb" >/dev/null
[ "$(version)" = 0.0.1-1 ] || fail "the older version is not installed"
echo 'init:1-' >> /etc/procwarden/daemons
getent group nogroup >/dev/null && echo nogroup > /etc/procwarden/ptrace-group

dpkg -i "$deb" >/dev/null
[ "$(version)" != 0.0.1-1 ] || fail "no upgrade"
tail -n 1 /etc/procwarden/daemons | grep -qx 'init:1-' || fail "an edited conffile was overwritten"
if command -v setcap >/dev/null; then
    getcap /usr/bin/procwarden | grep -q cap_sys_ptrace || fail "the privilege was lost on upgrade"
    [ "$(stat -c '%a %G' /usr/bin/procwarden)" = '750 nogroup' ] || fail "open to all, with a privilege"
fi
rm /etc/procwarden/ptrace-group
/usr/share/procwarden/grant-ptrace
[ -z "$(getcap /usr/bin/procwarden 2>/dev/null)" ] || fail "the privilege was not taken back"

for plugin in check_proccount check_proccpu check_privdrop check_selinux_domain; do
    for link in "/usr/lib/nagios/plugins/$plugin" "/usr/lib/mon/mon-local.d/$plugin.monitor"; do
        "$link" --help > "$work/out" || true
        grep -q "Usage: $plugin" "$work/out" || fail "$link does not run"
    done
    [ -s "/usr/share/man/man8/$plugin.8.gz" ] || fail "no man page for $plugin"
done
"/usr/lib/nagios/plugins/check_proccount" kthreadd:1- > "$work/out" || fail "$(cat "$work/out")"
say "$(cat "$work/out")"

dpkg --purge procwarden >/dev/null
listing > "$work/after"
diff "$work/before" "$work/after" || fail "left behind, or taken along"
say "installed, upgraded, ran, purged: nothing left behind"

#!/bin/sh
# drop-in.sh BINARY: tries packaging/drop-in on this machine, as root: the originals make place, keep
# out of the way when their package is upgraded, and are back. tests/packages.rs calls it on a scratch
# copy of the machine that has all three originals.
set -eu

fail() { echo "drop-in.sh: FAILED: $*" >&2; exit 1; }
plugins=/usr/lib/nagios/plugins monitors=/usr/lib/mon/mon-local.d
places="$plugins/check_procs $monitors/ps.monitor $monitors/selinux.monitor"
copy=/usr/lib/procwarden/drop-in
drop_in=/usr/share/procwarden/drop-in

install -D -m 755 packaging/drop-in $drop_in
# As grant-ptrace leaves it: with a capability, and for one group alone.
install -m 750 "$1" /usr/bin/procwarden
setcap cap_sys_ptrace+ep /usr/bin/procwarden

sums() { for place in $places; do sha256sum "$place" || return 1; done; }
before=$(sums)
are_originals() {
    [ "$(sums)" = "$before" ] || fail "$1: other originals"
    for place in $places; do
        { [ ! -L "$place" ] && [ ! -e "$place.distrib" ]; } || fail "$1: $place is not as it was"
        command -v dpkg-divert >/dev/null || continue
        [ -z "$(dpkg-divert --list "$place")" ] || fail "$1: $place is still diverted"
    done
}
is_ours() {
    [ "$(readlink "$1")" = $copy ] || fail "$1 is not ours"
    [ -x "$1.distrib" ] || fail "the original of $1 is gone"
}
# An upgrade of the package that an original is from, in a form with nothing but that.
upgrade() {
    rm -rf /tmp/upgrade && mkdir -p /tmp/upgrade/DEBIAN "/tmp/upgrade$plugins"
    echo newer >"/tmp/upgrade$plugins/check_procs"
    chmod 755 "/tmp/upgrade$plugins/check_procs"
    printf 'Package: monitoring-plugins-basic\nVersion: 99\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' \
        >/tmp/upgrade/DEBIAN/control
    dpkg-deb --build /tmp/upgrade /tmp/upgrade.deb >/dev/null
    dpkg --force-depends --force-confold -i /tmp/upgrade.deb >/tmp/upgrade.out 2>&1 || fail "$(cat /tmp/upgrade.out)"
}
come_and_go() {
    $drop_in install
    for place in $places; do is_ours "$place"; done
    [ -z "$(getcap $copy)" ] || fail "the copy has a capability"
    # Not of the group, and yet not kept from it.
    setpriv --reuid=65534 --regid=65534 --clear-groups $plugins/check_procs -c 1: >/dev/null ||
        fail "nobody may not run check_procs"
    $plugins/check_procs -V | grep -q procwarden || fail "check_procs is not ours"
    $drop_in install >/tmp/again
    [ ! -s /tmp/again ] || fail "a second install did something: $(cat /tmp/again)"

    $drop_in remove ps.monitor
    [ ! -L $monitors/ps.monitor ] || fail "ps.monitor is still ours"
    is_ours $plugins/check_procs
    $drop_in remove
    are_originals "remove"
    # Links that an administrator made elsewhere go on working.
    $copy --version >/dev/null || [ $? = 3 ] || fail "the copy is gone"
}

come_and_go
$drop_in install check_procs
[ ! -L $monitors/ps.monitor ] || fail "ps.monitor was not asked for"
# An upgrade of ours brings a new program to the copy.
printf '#!/bin/sh\necho newer\n' >/usr/bin/procwarden
$drop_in refresh
[ "$($plugins/check_procs)" = newer ] || fail "the copy is still the old one"
upgrade
[ "$($plugins/check_procs)" = newer ] || fail "an upgrade of the original took its place"
[ "$(cat $plugins/check_procs.distrib)" = newer ] || fail "the original was not upgraded"
$drop_in purge
[ "$(cat $plugins/check_procs)" = newer ] && [ ! -L $plugins/check_procs ] || fail "the original is not back"
[ ! -e /usr/lib/procwarden ] || fail "the copy is left"

# Where there is no dpkg, as on RPM hosts.
rm "$(command -v dpkg-divert)"
install -m 755 "$1" /usr/bin/procwarden
before=$(sums)
come_and_go
# There an upgrade takes the place, and install takes it again.
$drop_in install check_procs >/dev/null
rm $plugins/check_procs
printf '#!/bin/sh\necho newest\n' >$plugins/check_procs
chmod 755 $plugins/check_procs
$drop_in install check_procs
is_ours $plugins/check_procs
$drop_in purge
[ "$($plugins/check_procs)" = newest ] || fail "an old original came back"
[ ! -e $plugins/check_procs.distrib ] || fail "an old original is left"

for wrong in '' frob 'install check_load'; do
    # shellcheck disable=SC2086 # words
    if $drop_in $wrong 2>/tmp/wrong; then fail "'$wrong' is taken"; fi
    [ "$(wc -l </tmp/wrong)" = 1 ] || fail "'$wrong': $(cat /tmp/wrong)"
done
rm $places
if $drop_in install 2>/tmp/wrong; then fail "there is no original, and all is well"; fi
echo "drop-in.sh: came, went, nothing left"

#!/bin/sh
# test-package.sh OLDER NEWER: installs a package (both .deb or both .rpm) on this machine, edits
# a configuration file, upgrades, runs the plugins, removes the package, and looks for what was
# left behind. Needs root; refuses where procwarden is installed already. tests/packages.rs calls
# it on a scratch copy of the machine.
set -eu

older=$1 newer=$2
say() { echo "test-package: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
case $newer in
*.deb)
    plugins=/usr/lib/nagios/plugins monitors=/usr/lib/mon/mon-local.d
    config=/etc/nagios/nrpe.d/procwarden.cfg
    add() { dpkg -i "$1"; }
    erase() { dpkg --remove procwarden; }
    version() { dpkg-query -W -f '${Version}' procwarden; }
    ;;
*.rpm)
    plugins=/usr/lib64/nagios/plugins monitors=/usr/lib64/mon/mon.d
    config=/etc/nrpe.d/procwarden.cfg
    # As an RPM of NRPE has it; Debian's is another.
    [ ! -e /usr/sbin/nrpe ] || mkdir -p /etc/nrpe.d
    # A Debian has no packages for rpm to find the C library in, and rpm its doubts.
    if command -v dpkg >/dev/null; then rpm() { command rpm --force-debian --nodeps "$@"; }; fi
    add() { rpm -U "$1"; }
    erase() { rpm -e procwarden; }
    version() { command rpm -q --qf '%{version}' procwarden; }
    others=$(command rpm -qp --requires "$newer" |
        grep -v -e '^libc\.so\.6(' -e '^libgcc_s\.so\.1(' -e '^rpmlib(' -e '^/bin/sh$' \
            -e '^rtld(GNU_HASH)$' -e '^config(procwarden) =') || :
    [ -z "$others" ] || fail "it requires $others"
    ;;
esac
version >/dev/null 2>&1 && fail "procwarden is installed here"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
listing() {
    find /etc /usr /var/lib -xdev \( -path /usr/src -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/rpm \) \
        -prune -o -print | grep -v -e __pycache__ -e '^/var/lib/man-db' | sort
}
nothing_left() {
    listing >"$work/after"
    diff "$work/before" "$work/after" || fail "left behind, or taken along"
}
# What an administrator made with the package's program is not the package's.
suggested_file_stays() {
    [ -s /etc/procwarden/daemons ] || fail "a suggested file was removed"
    rm -r /etc/procwarden
}
# run COMMAND...: silent unless it fails. What maintainer scripts say goes nowhere else.
run() { "$@" >"$work/out" 2>&1 || fail "$*: $(cat "$work/out")"; }

listing >"$work/before"
run add "$older"
case $(version) in 0.0.1*) ;; *) fail "the older version is not installed" ;; esac
echo '# edited' >>"$config"
run /usr/bin/procwarden suggest --no-systemd -o /etc/procwarden/daemons
printf nogroup >/etc/procwarden/ptrace-group # without the line's end

run add "$newer"
case $(version) in 0.0.1*) fail "no upgrade" ;; esac
tail -n 1 "$config" | grep -qx '# edited' || fail "an edited file was overwritten"
getcap /usr/bin/procwarden | grep -q cap_sys_ptrace || fail "the privilege was lost on upgrade"
[ "$(stat -c '%a %G' /usr/bin/procwarden)" = '750 nogroup' ] || fail "open to all, with a privilege"
rm /etc/procwarden/ptrace-group
run /usr/share/procwarden/grant-ptrace
[ -z "$(getcap /usr/bin/procwarden)" ] || fail "the privilege was not taken back"

# An original that makes place for a drop-in is back when the package is gone.
check_procs=/usr/lib/nagios/plugins/check_procs
[ ! -e $check_procs ] || original=$(sha256sum $check_procs)
if [ -n "${original-}" ]; then
    run /usr/share/procwarden/drop-in install check_procs
    $check_procs -V | grep -q procwarden || fail "$check_procs is not the drop-in"
fi

# Every plugin that the program knows is there in every way.
mkdir "$work/links"
run /usr/bin/procwarden link "$work/links"
for plugin in "$work"/links/*; do
    plugin=${plugin##*/}
    for link in "$plugins/$plugin" "$monitors/$plugin.monitor"; do
        "$link" --help >"$work/out" || :
        grep -q "Usage: $plugin" "$work/out" || fail "$link does not run"
    done
    ls "/usr/share/man/man8/$plugin.8"* >/dev/null || fail "no man page for $plugin"
    for file in "/usr/share/bash-completion/completions/$plugin" \
        "/usr/share/fish/vendor_completions.d/$plugin.fish" /usr/share/zsh/*/"_$plugin"; do
        [ -f "$file" ] || fail "no completion $file"
    done
done
"$plugins/check_proccount" user=root:1- >"$work/out" || fail "$(cat "$work/out")"
say "$(cat "$work/out")"
# A kept sample is the package's to take along, too.
"$plugins/check_proccpu" -c 400 --since-last --over 0.1s >"$work/out" || fail "$(cat "$work/out")"
[ -d /var/lib/procwarden ] || fail "no sample kept: $(cat "$work/out")"
files=$(grep -rhoE '/[a-z0-9/]*/check_[a-z_]+' /etc --include='procwarden.cfg' | sort -u)
[ -n "$files" ] || fail "no commands in /etc"
for file in $files; do [ -x "$file" ] || fail "a command in /etc is $file, which is not there"; done

# An edited file outlives the package, here or there. Then all goes, asked for or unedited.
run erase
for file in /usr/bin/procwarden "$plugins/check_proccount"; do
    if [ -e "$file" ] || [ -L "$file" ]; then fail "$file is still there"; fi
done
[ -z "${original-}" ] || [ "$(sha256sum $check_procs)" = "$original" ] || fail "$check_procs is not the original"
case $newer in
*.deb)
    tail -n 1 "$config" | grep -qx '# edited' || fail "an edited file was removed"
    run dpkg --purge procwarden
    suggested_file_stays
    ;;
*.rpm)
    tail -n 1 "$config.rpmsave" | grep -qx '# edited' || fail "an edited file was removed"
    rm "$config.rpmsave"
    [ -e /usr/sbin/nrpe ] || rmdir "${config%/*}"
    suggested_file_stays
    nothing_left
    run add "$newer"
    run erase
    ;;
esac
nothing_left
say "installed, upgraded, ran, removed: nothing left behind"

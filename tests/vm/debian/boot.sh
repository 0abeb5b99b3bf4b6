#!/usr/bin/env bash
# debian/boot.sh CASE.sh BINARY -- boots the Debian of build-image.sh, runs CASE.sh in it as a
# systemd service, with BINARY (static) and NRPE's commands where our Debian package has them.
# Output and status as ../boot.sh. About a minute; changes to the image are thrown away.
set -eu
. "$(dirname "$0")/../lib.sh"
[ $# = 2 ] || die "usage: debian/boot.sh CASE.sh BINARY"
need qemu-system-x86_64 timeout
"$vm/fetch.sh"
image=$("$vm/debian/build-image.sh")
packaging=$vm/../../packaging
# The case says which system is active.
security=$(sed -n 's/^# security=//p' "$1")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install -D -m 644 "$1" "$work/root/case/case"
install -D -m 644 "$vm/guest/case.sh" "$work/root/etc/case.sh"
install -D -m 755 "$vm/guest/as" "$work/root/usr/local/bin/as"
# Where the package has them.
install -D -m 755 "$2" "$work/root/usr/bin/procwarden"
install -D -m 755 "$packaging/selinux/label" "$work/root/usr/share/procwarden/selinux/label"
install -D -m 644 "$packaging/apparmor/usr.bin.procwarden" "$work/root/usr/share/procwarden/apparmor/usr.bin.procwarden"
install -D -m 755 "$packaging/grant-ptrace" "$work/root/usr/share/procwarden/grant-ptrace"
install -D -m 644 "$packaging/nrpe/procwarden.cfg" "$work/root/etc/nagios/nrpe.d/procwarden.cfg"
install -D -m 644 "$packaging/nrpe/daemons" "$work/root/etc/procwarden/daemons"
mkdir -p "$work/root/usr/lib/nagios/plugins"
for plugin in "$vm"/../../completions/bash/*; do
  ln -s ../../../bin/procwarden "$work/root/usr/lib/nagios/plugins/${plugin##*/}"
done
# No directories, or the tar would change the modes of /etc and /usr. Whole blocks, as of a disk.
(cd "$work/root" && find . ! -type d -print0 |
  tar -c --null -T - --owner=0 --group=0 -b 2048 -f "$work/case.tar")

boot 900 -smp 2 -m 1024 -snapshot \
  -drive "file=$image,if=none,id=system,format=raw,cache=unsafe" \
  -device nvme,serial=system,drive=system \
  -drive "file=$work/case.tar,if=none,id=case,format=raw" -device nvme,serial=case,drive=case \
  -append "console=ttyS0 quiet loglevel=4 panic=-1 root=/dev/nvme0n1 rw security=$security"

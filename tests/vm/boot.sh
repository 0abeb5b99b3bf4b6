#!/usr/bin/env bash
# boot.sh CASE BINARY -- boots a kernel with the command line of cases/CASE/cmdline, runs the
# scripts of that directory in it with BINARY (static) as every plugin, prints what they say, and
# exits with 0 if all checks held. About 2 s.
set -eu
. "$(dirname "$0")/lib.sh"
[ $# = 2 ] || die "usage: boot.sh CASE BINARY"
case=$vm/cases/$1 binary=$2
[ -r "$case/cmdline" ] || die "no case '$1'; there are: $(cd "$vm/cases" && echo *)"
[ -x "$binary" ] || die "no binary '$binary'"
need qemu-system-x86_64 timeout
initramfs=$("$vm/build-initramfs.sh")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/case" "$work/root/bin"
cp "$case"/*.sh "$work/root/case/"
install -m 755 "$binary" "$work/root/bin/procwarden"
for plugin in "$vm"/../../completions/bash/*; do
  ln -s procwarden "$work/root/bin/${plugin##*/}"
done
ln -s procwarden "$work/root/bin/selinux.monitor"
# The kernel unpacks every archive it finds in the initrd, one over the other.
{
  cat "$initramfs"
  (cd "$work/root" && find . -mindepth 1 |
    "$cache/root/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null)
} >"$work/initrd"

# panic=-1 with -no-reboot: a kernel panic ends qemu at once.
boot "${PROCWARDEN_VM_SECONDS:-180}" -smp 1 -m 256 -initrd "$work/initrd" \
  -append "console=ttyS0 quiet loglevel=4 panic=-1 $(cat "$case/cmdline")"

#!/usr/bin/env bash
# fetch.sh -- downloads the Debian packages the machines are made of and unpacks them under
# CACHE/root; CACHE/vmlinuz is the kernel. Installs nothing, needs no root, does nothing the second
# time. What this machine lacks for any of the tests shows here, before anything is built.
#
# The cloud kernel has SELinux, AppArmor, the serial ports, NVMe and ext4 built in, so no module
# has to be loaded.
set -eu
. "$(dirname "$0")/lib.sh"
need qemu-system-x86_64 timeout flock apt-get apt-cache dpkg-deb

exec 9>"$cache/fetch.lock"
flock 9
[ ! -e "$cache/vmlinuz" ] || exit 0

image=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
  awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
[ -n "$image" ] || {
  echo "an apt that knows linux-image-cloud-amd64 (not Debian, or no apt-get update yet)" >&2
  exit "$LACKING"
}
mkdir -p "$cache/debs" "$cache/root"
cd "$cache/debs"
rm -f -- *.deb
# libsepol2 is secilc's library. As root, apt would hand the download to the user _apt.
if ! apt-get -qq -o "APT::Sandbox::User=$(id -un)" download \
  "$image" busybox-static secilc libsepol2 apparmor 2>apt.err; then
  echo "Debian's packages: $(cat apt.err)" >&2
  exit "$LACKING"
fi
for deb in *.deb; do dpkg-deb -x "$deb" "$cache/root"; done

config=$cache/root/boot/config-${image#linux-image-}
for option in SECURITY_SELINUX SECURITY_APPARMOR SERIAL_8250_CONSOLE BLK_DEV_NVME EXT4_FS; do
  grep -q "^CONFIG_$option=y" "$config" || die "$image lacks CONFIG_$option=y"
done
ln -sfn "root/boot/vmlinuz-${image#linux-image-}" "$cache/vmlinuz"

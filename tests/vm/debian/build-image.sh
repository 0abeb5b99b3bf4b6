#!/usr/bin/env bash
# build-image.sh -- builds CACHE/debian-HASH.img (root, about a minute) and prints its path: a
# Debian 12 with systemd, sshd, cron, NRPE, AppArmor's parser, and the reference policy, enforcing from the first boot
# of a kernel with security=selinux.
# HASH is of the files it is built from, so a change here builds a new one.
#
# In /policy it holds what `semodule -i procwarden.pp` makes of /etc/selinux/default and of the
# module store, built here since semodule takes 40 s in emulation. Only its dontaudit rules are
# gone (-D), so that a case sees all that is refused.
#
# setfiles can write the labels although this machine's kernel has no SELinux: they are but extended
# attributes, and mke2fs -d keeps them.
set -eu
. "$(dirname "$0")/../lib.sh"
here=$vm/debian
module=$vm/../../packaging/selinux
image=$cache/debian-$(inputs_hash "$here/build-image.sh" "$module"/procwarden.* "$here"/guest-*).img
exec 9>"$cache/image.lock"
flock 9
if [ -e "$image" ]; then
  echo "$image"
  exit
fi
PATH=$PATH:/usr/sbin:/sbin
need debootstrap mke2fs unshare chroot make m4 checkmodule semodule_package
[ "$(id -u)" = 0 ] || {
  echo "root, to build the Debian image" >&2
  exit "$LACKING"
}

packages=systemd-sysv,udev,dbus,cron,openssh-server,procps,libcap2-bin
packages+=,policycoreutils,selinux-utils,selinux-policy-default
packages+=,nagios-nrpe-server,nagios-nrpe-plugin,apparmor
work=$(mktemp -d -p "$cache" image.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
# It mounts a /proc, which would stay if this were killed.
unshare --mount --propagation private \
  debootstrap --variant=minbase --include="$packages" bookworm "$root" \
  "${PROCWARDEN_VM_MIRROR:-http://deb.debian.org/debian}" >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  die "debootstrap failed"
}

# As the head of procwarden.te says.
cp "$module"/procwarden.* "$work/"
make -C "$work" -f /usr/share/selinux/devel/Makefile NAME=default procwarden.pp >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  die "procwarden.te does not build"
}
mkdir "$root/policy" "$work/plain"
cp "$work/procwarden.pp" "$root/policy/"
cp -a "$root/etc/selinux/default" "$root/var/lib/selinux" "$work/plain/"
chroot "$root" semodule -n -s default -D -i /policy/procwarden.pp >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  die "semodule failed"
}
mv "$root/etc/selinux/default" "$root/var/lib/selinux" "$root/policy/"
mv "$work/plain/default" "$root/etc/selinux/"
mv "$work/plain/selinux" "$root/var/lib/"

sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$root/etc/selinux/config"
echo '/dev/nvme0n1 / ext4 defaults 0 1' >"$root/etc/fstab"
echo procwarden-test >"$root/etc/hostname"
install -m 755 "$here/guest-run" "$root/usr/local/sbin/procwarden-case"
install -m 644 "$here/guest-run.service" "$root/etc/systemd/system/procwarden-case.service"
mkdir -p "$root/case" "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../procwarden-case.service "$root/etc/systemd/system/multi-user.target.wants/"
# Slow in emulation, and not needed.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_reap.service \
  systemd-timesyncd.service serial-getty@ttyS0.service getty@tty1.service; do
  ln -sfn /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

# setfiles works through /proc/self/fd; a private mount namespace takes that /proc away again.
# shellcheck disable=SC2016 # $1 is the inner shell's
unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" &&
  exec chroot "$1" setfiles -F -e /proc /etc/selinux/default/contexts/files/file_contexts /' \
  sh "$root" >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  die "setfiles failed"
}
truncate -s 1200M "$work/image"
mke2fs -q -t ext4 -d "$root" -m 0 -L procwarden "$work/image"
rm -f "$cache"/debian-*.img
mv "$work/image" "$image"
echo "$image"

#!/usr/bin/env bash
# host.sh BINARY SCRIPT: boots this machine's own systemd in namespaces, on an overlay of this
# machine's files that is gone afterwards, with nothing but a few of its daemons; runs SCRIPT inside
# and ends with its status. 77: something is lacking here.
set -euo pipefail
binary=$1 script=$2
lacking() { echo "lacking: $*" >&2; exit 77; }
[ -x /lib/systemd/systemd ] || lacking systemd
for daemon in sshd cron nginx redis-server atd; do
    [ -x /usr/sbin/$daemon ] || [ -x /usr/bin/$daemon ] || lacking $daemon
done
for top in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ "$(stat -f -c %T $top 2>/dev/null)" != cgroup2fs ] || break
done
group=$top/procwarden-suggest.$$
mkdir "$group" 2>/dev/null || lacking "version 2 of control groups"

work=$(mktemp -d)
outer=
finish() {
    # PID 1 of the namespace takes all others with it.
    [ -z "$outer" ] || pkill -KILL -P "$outer" || true
    [ -z "$outer" ] || wait "$outer" 2>/dev/null || true
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cp "$binary" "$work/procwarden"
cp "$script" "$work/script"

cat >"$work/boot" <<'INSIDE'
set -eu
work=$1
mount -t tmpfs tmpfs /mnt
cp "$work/procwarden" "$work/script" /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root || exit 77
root=/mnt/root
cp /mnt/procwarden /mnt/script $root/usr/bin
ln -sf procwarden $root/usr/bin/check_proccount
mount -t proc proc $root/proc
mount -t sysfs -o ro sysfs $root/sys
mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
for dir in dev run tmp; do mount -t tmpfs -o mode=755 tmpfs $root/$dir; done
chmod 1777 $root/tmp
for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 $root/dev/${node%:*} c 1 ${node#*:}
done
mknod -m 666 $root/dev/tty c 5 0
mkdir $root/dev/pts $root/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
# Of this machine's units only what the script asks for, and nothing that touches the kernel.
rm -rf $root/etc/systemd/system $root/etc/rc?.d $root/etc/cron.* $root/etc/crontab
mkdir -p $root/etc/systemd/system/multi-user.target.wants $root/etc/cron.d
for unit in systemd-sysctl systemd-modules-load systemd-udevd systemd-udev-trigger systemd-random-seed \
    systemd-networkd-wait-online systemd-binfmt kmod-static-nodes systemd-resolved systemd-timesyncd; do
    ln -s /dev/null $root/etc/systemd/system/$unit.service
done
for unit in ssh cron nginx redis-server atd; do
    ln -s /lib/systemd/system/$unit.service $root/etc/systemd/system/multi-user.target.wants/
done
cat >$root/etc/systemd/system/pwtest@.service <<'UNIT'
[Service]
ExecStart=/usr/bin/pwtest %i
User=nobody
UNIT
printf '#!/bin/sh\nwhile :; do sleep 5; done\n' >$root/usr/bin/pwtest
chmod 755 $root/usr/bin/pwtest
for instance in a b; do
    ln -s ../pwtest@.service $root/etc/systemd/system/multi-user.target.wants/pwtest@$instance.service
done
echo 'root / none defaults 0 0' >$root/etc/fstab
ln -s /lib/systemd/system/multi-user.target $root/etc/systemd/system/default.target
chroot $root ssh-keygen -A >/dev/null
ip link set lo up 2>/dev/null || true
hostname suggesthost
cd $root
pivot_root . mnt
umount -l /mnt
exec env -i container=procwarden PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --log-target=console --show-status=no </dev/null
INSIDE

(
    echo $BASHPID >"$group/cgroup.procs"
    exec unshare --mount --pid --fork --kill-child --net --uts --ipc --cgroup --propagation private \
        /bin/bash "$work/boot" "$work" >"$work/log" 2>&1
) &
outer=$!
for _ in $(seq 480); do
    sleep 0.25
    pid=$(pgrep -P "$outer" || true)
    [ -n "$pid" ] || kill -0 "$outer" 2>/dev/null || break
    state=$([ -z "$pid" ] || nsenter -t "$pid" -a systemctl is-system-running 2>/dev/null || true)
    case $state in
    running | degraded) exec 3>&1; nsenter -t "$pid" -a /bin/bash /usr/bin/script; exit ;;
    esac
done
echo "systemd did not come up; its console:" >&2
tail -n 20 "$work/log" >&2
status=0
wait "$outer" || status=$?
outer=
exit "$status"

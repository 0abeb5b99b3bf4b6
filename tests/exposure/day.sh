#!/usr/bin/env bash
# Runs inside of the host that tests/suggest/host.sh boots: check_exposure must be silent about a day's
# work, as root and as an ordinary user, and find each fault. A line "WRONG" for each that is not so.
failed=0
wrong() { echo "WRONG: $*"; failed=1; }
as_root() { procwarden check_exposure -t 60 "$@"; }
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups procwarden check_exposure -t 60 "$@"; }

# silent WHEN: neither says anything, at the second look at the latest.
silent() {
    for who in as_root as_nobody; do
        said=$($who --recheck 9) || wrong "$who, $1: $said"
    done
}
# found CODE PATTERN WHAT [OPTION...]: both end with CODE, and say so.
found() {
    local code=$1 pattern=$2 what=$3
    shift 3
    for who in as_root as_nobody; do
        said=$($who "$@")
        [ $? = "$code" ] && [[ $said == *$pattern* ]] || wrong "$who, $what (wanted $code, $pattern): $said"
    done
}
# unit NAME LINE...: starts a service of these lines, and waits until it runs what they say.
unit() {
    local name=$1
    shift
    printf '%s\n' '[Service]' Type=exec "$@" >"/run/systemd/system/$name.service"
    systemctl daemon-reload
    systemctl restart "$name"
}

# A host of 50 services: the daemons of Debian's that are there, and small ones with sandboxes of all
# kinds. Not each setting can be had in a namespace, so those count that run.
mkdir -p /opt/safe
cp /bin/sleep /opt/safe/safed
for daemon in dbus systemd-logind systemd-journald polkit memcached nagios4 nagios-nrpe-server mon icinga2; do
    [ ! -e "/lib/systemd/system/$daemon.service" ] || systemctl start "$daemon" || true
done
settings=(NoNewPrivileges=yes PrivateTmp=yes ProtectSystem=full ProtectSystem=strict ProtectHome=yes
    ProtectHome=read-only PrivateDevices=yes PrivateNetwork=yes PrivateMounts=yes PrivateUsers=yes
    ProtectControlGroups=yes ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes
    ProtectClock=yes ProtectHostname=yes ProtectProc=invisible RestrictRealtime=yes RestrictSUIDSGID=yes
    RestrictNamespaces=yes RestrictNamespaces=~user LockPersonality=yes MemoryDenyWriteExecute=yes
    SystemCallArchitectures=native SystemCallFilter=@system-service SystemCallFilter=~@mount
    RestrictAddressFamilies=AF_UNIX CapabilityBoundingSet= CapabilityBoundingSet=~CAP_SYS_TIME
    CapabilityBoundingSet=CAP_NET_RAW AmbientCapabilities=CAP_NET_RAW DynamicUser=yes User=nobody UMask=0000
    ReadOnlyPaths=/usr InaccessiblePaths=/srv TemporaryFileSystem=/srv BindReadOnlyPaths=/usr:/srv
    RuntimeDirectory=one StateDirectory=two RemoveIPC=yes PAMName=login SupplementaryGroups=daemon
    RootDirectory=/ WorkingDirectory=/tmp PrivateIPC=yes ProcSubset=pid ProtectProc=default MountFlags=slave
    MountFlags=shared SystemCallLog=@mount NetworkNamespacePath=/proc/1/ns/net Group=daemon
    $'DynamicUser=yes\nUser=dynamic' Type=oneshot)
number=0
for setting in "${settings[@]}"; do
    number=$((number + 1))
    start='ExecStart=/opt/safe/safed 1e6'
    [ "$setting" != Type=oneshot ] || start='ExecStart=/bin/sh -c "/opt/safe/safed 1e6 &"'
    printf '%s\n' '[Service]' Type=exec "$start" "$setting" >"/run/systemd/system/small$number.service"
    printf '%s\n' '[Service]' Type=exec "$start" User=daemon NoNewPrivileges=yes "$setting" \
        >"/run/systemd/system/little$number.service"
done
systemctl daemon-reload
systemctl start --no-block $(eval echo "small{1..$number} little{1..$number}")
# settled: nothing is being started any more.
settled() { [ -z "$(systemctl list-jobs --no-legend)" ]; }
for _ in $(seq 600); do settled && break; sleep 0.2; done
count=$(systemctl list-units --type=service --state=running --no-legend | wc -l)
[ "$count" -ge 50 ] || wrong "only $count services run"
silent "after boot, with $count services"
install -d -m 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id
cp /root/.ssh/id.pub /root/.ssh/authorized_keys
ssh -tt -i /root/.ssh/id -o StrictHostKeyChecking=no -o LogLevel=ERROR root@localhost sleep 1000 </dev/null >/dev/null &
echo 'sleep 1001' | at now 2>/dev/null
systemd-run -q sleep 1002
unshare --pid --fork --mount-proc sleep 1003 &
systemctl restart cron nginx
systemctl reload nginx ssh
silent "with sessions, jobs and a container"

# Innocent neighbours of the faults below.
mkdir /opt/app
cp /bin/sleep /opt/app/appd
unit safed 'ExecStart=/opt/safe/safed 1e6'
unit userd 'ExecStart=/opt/app/appd 1e6' User=nobody
unit tmpd 'ExecStart=/bin/sleep 1e6' PrivateTmp=yes ProtectSystem=strict
chown 4000 /opt/app
silent "a user's program that runs as another user"

unit appd 'ExecStart=/opt/app/appd 1e6'
found 2 "appd.service) writable-code: user 4000 owns /opt/app and can replace what it runs: chown root /opt/app" "root runs a user's program"
systemctl stop appd userd
# A link there is as bad, and as the start of a service whatever its title.
ln -s /opt/safe/safed /opt/app/linked
unit linkd 'ExecStart=/opt/app/linked 1e6'
found 2 "linkd.service) writable-code: user 4000 owns /opt/app and can replace what " "a user's link"
unit linkd 'ExecStart=/opt/app/linked 1e6' User=nobody
silent "a user's link, run by another user"
printf '#!/bin/bash\nexec -a linkd /bin/sleep 1e6\n' >/opt/safe/titled
chmod 755 /opt/safe/titled
ln -sf /opt/safe/titled /opt/app/linked
unit linkd 'ExecStart=/opt/app/linked'
for _ in $(seq 600); do pgrep -f '^linkd 1e6' >/dev/null && break; sleep 0.1; done
found 2 "linkd.service) writable-code: user 4000 owns /opt/app and can replace what linkd.service starts: chown root /opt/app" "a user's link behind a title"
systemctl stop linkd
# So is a script that only the unit file names, if root runs it.
printf '%s\n' 'exit 0' | tee /opt/app/prepare >/opt/safe/prepare
unit linkd 'ExecStartPre=/bin/sh -e /opt/safe/prepare' 'ExecStart=/opt/safe/safed 1e6'
silent "root's script before the start"
unit linkd 'ExecStartPre=/bin/sh -e /opt/app/prepare' 'ExecStart=/opt/safe/safed 1e6' User=nobody
silent "a user's script before the start, run by another user"
unit linkd 'ExecStartPre=/bin/sh -e /opt/app/prepare' 'ExecStart=/opt/safe/safed 1e6'
found 2 "linkd.service) writable-code: user 4000 owns /opt/app and can replace what linkd.service starts: chown root /opt/app" "a user's script before the start"
systemctl stop linkd
# Whoever may write what systemd reads decides what root runs.
unit filed 'ExecStart=/opt/safe/safed 1e6'
mkdir /run/systemd/system/filed.service.d
printf '[Service]\nNice=1\n' >/run/systemd/system/filed.service.d/nice.conf
ln -s /dev/null /run/systemd/system/filed.service.d/masked.conf
silent "root's drop-in, and a masked one"
chown 4000 /run/systemd/system/filed.service.d
found 2 "filed.service) writable-code: user 4000 owns /run/systemd/system/filed.service.d and can replace what filed.service starts: chown root /run/systemd/system/filed.service.d" "a user's drop-in"
rm -r /run/systemd/system/filed.service.d
chown 4000 /run/systemd/system/filed.service
found 2 "filed.service) writable-code: user 4000 owns /run/systemd/system/filed.service and can replace what filed.service starts: chown root /run/systemd/system/filed.service" "a user's unit file"
systemctl stop filed
rm /run/systemd/system/filed.service
systemctl daemon-reload

# Nobody is in a group, but a service that is not root's has it, running or not.
groupadd deploy
chown root:deploy /opt/app
chmod 775 /opt/app
unit appd 'ExecStart=/opt/app/appd 1e6'
unit rootd 'ExecStart=/opt/safe/safed 1e6' SupplementaryGroups=deploy
silent "a group that root alone has"
unit jobd ExecStart=/bin/true Type=oneshot User=nobody 'SupplementaryGroups=daemon deploy'
found 2 "appd.service) writable-code: group deploy, which jobd.service asks for, may write /opt/app and can replace what it runs: chmod g-w /opt/app" "a service's group"
systemctl stop appd rootd
rm /run/systemd/system/jobd.service
chmod 755 /opt/app
systemctl daemon-reload

printf '%s\n' '[Socket]' ListenStream=/run/docker.sock SocketMode=0666 Service=safed.service >/run/systemd/system/docker.socket
systemctl daemon-reload
systemctl stop safed
systemctl start docker.socket
found 2 'everyone may write /run/docker.sock (mode 0666)' "docker's socket"
chmod 660 /run/docker.sock
silent "docker's socket with its own mode"

# A container with the host's /run has the socket, one with a /run of its own has not.
group=/sys/fs/cgroup/docker/made
mkdir -p $group
contained() {
    unshare -m bash -c "echo \$\$ >$group/cgroup.procs
        mount -t tmpfs none /mnt && mkdir /mnt/run
        mkdir /mnt/{usr,lib,lib64}; for dir in usr lib lib64; do mount --rbind /\$dir /mnt/\$dir; done
        $1 /mnt/run && exec chroot /mnt /usr/bin/sleep 1004" &
    for _ in $(seq 100); do pgrep -f '^/usr/bin/sleep 1004' >/dev/null && break; sleep 0.1; done
}
contained 'mount -t tmpfs none'
silent "a container with a /run of its own"
pkill -f '^/usr/bin/sleep 1004'
contained 'mount --rbind /run'
found 1 "open-socket: /run/docker.sock is mounted in its container, which can become root of this host by it" "a container with the host's /run"
pkill -f '^/usr/bin/sleep 1004'

unit tokend 'ExecStart=/bin/bash -c "exec -a tokend sleep 1e6" --token=hunter2'
silent "an argument that the shell kept"
unit passd "ExecStart=/bin/bash -c 'while :; do sleep 9; done' passd --db-password hunter2"
found 1 'passd.service) secret-args: every user may read the secret after --db-password' "a password"
systemctl stop passd
silent "the end"
exit $failed

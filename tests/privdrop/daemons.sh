#!/usr/bin/env bash
# What check_privdrop and check_exposure say about real daemons of Debian's: prints the tables of
# docs/privdrop-daemons.md and, after a line "== check_exposure", of docs/exposure-daemons.md.
#
# Usage: daemons.sh PROCWARDEN [DIR]      (root, overlayfs, network for apt)
#
# Nothing on the machine changes: the packages are installed into an overlay over /, in DIR (kept, so
# that a second run is quick; a temporary one if none is given), and each daemon is started there by
# hand as its unit file starts it, in a network namespace of its own. What started there is told by
# its mount namespace, recorded as a tree for --proc-root, and killed by pid.
set -euo pipefail

packages="nginx-light redis-server memcached postgresql cron at postfix openssh-server
    openssh-client chrony dbus rsyslog bind9 unbound dnsmasq-base apache2 haproxy dovecot-imapd
    avahi-daemon php-fpm proftpd-core nagios-nrpe-server varnish squid libcap2-bin"
rules="gid-root group-root uid-regain caps groups no-new-privs threads"
# Of check_exposure's rules, those that are about a process alone and need no unit or container.
exposures="writable-code fileless open-args secret-args traced outdated loader-env umask"

# ---- outside: the overlay, and the end of all that ran in it ----

main() {
    lab=${2:-$(mktemp -d)}
    passing=${2:+no}
    mkdir -p "$lab/upper" "$lab/work" "$lab/root"
    rm -f "$lab/table" "$lab/home"
    # What daemons inherit is a file and no pipe, so that nobody waits for their output to end.
    unshare -m bash "$(realpath "$0")" --inside "$lab" "$(realpath "$1")" >"$lab/log" 2>&1 &
    holder=$!
    trap end_all EXIT
    for _ in $(seq 600); do
        [ -e "$lab/table" ] && break
        kill -0 $holder 2>/dev/null || break
        sleep 1
    done
    [ -e "$lab/table" ] || { tail "$lab/log" >&2; exit 1; }
    cat "$lab/table"
}

# The pids of every process in a mount namespace.
members() {
    for dir in /proc/[0-9]*; do
        [ "$(readlink "$dir/ns/mnt" 2>/dev/null)" = "$1" ] && echo "${dir#/proc/}"
    done
    true
}

end_all() {
    local home pids
    # The lab says which namespace is its own; never is it ours, where the machine's processes are.
    home=$(cat "$lab/home" 2>/dev/null || true)
    if [ -z "$home" ] || [ "$home" = "$(readlink /proc/self/ns/mnt)" ]; then
        kill "$holder" 2>/dev/null || true
        return
    fi
    for signal in TERM KILL KILL; do
        pids=$(members "$home")
        [ -z "$pids" ] || kill -$signal $pids 2>/dev/null || true
        sleep 1
    done
    [ -n "$passing" ] || rm -rf "$lab"
}

# ---- inside: packages, daemons, and the table ----

inside() {
    lab=$1
    readlink /proc/self/ns/mnt >"$lab/home"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$lab/upper,workdir=$lab/work" "$lab/root"
    mount -t proc proc "$lab/root/proc"
    mount --rbind /dev "$lab/root/dev"
    mount -t tmpfs tmpfs "$lab/root/run"
    mkdir -p "$lab/root/run/lock"
    printf '#!/bin/sh\nexit 101\n' >"$lab/root/usr/sbin/policy-rc.d"
    chmod +x "$lab/root/usr/sbin/policy-rc.d"
    cp "$2" "$lab/root/usr/local/bin/procwarden"
    chroot "$lab/root" bash -euo pipefail -c "$(declare -f get_packages start own as root_with daemons \
        sessions settle members running record table name_ids word exposure); packages='$packages'; rules='$rules'; exposures='$exposures'
        get_packages; daemons; sessions; record; { table; exposure; } >/tmp/table"
    cp "$lab/root/tmp/table" "$lab/table.new"
    mv "$lab/table.new" "$lab/table"
    sleep infinity
}

# The pids of what runs here, without the scaffolding: shells, clients and sleepers.
running() {
    for pid in $(members "$(readlink /proc/self/ns/mnt)"); do
        case $(cat "/proc/$pid/comm" 2>/dev/null || true) in
            bash | sleep | ssh | su | unshare | psql | tail | "") ;;
            *) echo "$pid" ;;
        esac
    done
}

# A tree for --proc-root of it.
record() {
    tree=$(mktemp -d)
    for pid in $(running); do
        mkdir -p "$tree/$pid"
        for file in comm stat status cmdline cgroup; do
            cat "/proc/$pid/$file" >"$tree/$pid/$file" 2>/dev/null || true
        done
        for thread in /proc/$pid/task/*; do
            mkdir -p "$tree/$pid/task/${thread##*/}"
            cat "$thread/status" >"$tree/$pid/task/${thread##*/}/status" 2>/dev/null || true
        done
    done
    cat /proc/uptime >"$tree/uptime"
    cat /proc/stat >"$tree/stat"
}

# One row for each kind of process: name, ids, each rule's word; then what the default rules say.
# Three ids that are the same are written once.
table() {
    echo "| process | uid | gid | groups | ${rules// / | } |"
    echo "|---|---|---|---|---|---|---|---|---|---|---|"
    for dir in "$tree"/[0-9]*; do
        awk -v comm="$(cat "$dir/comm")" -v dir="$dir" '
            /^Uid:/ { uid = $2 "/" $3 "/" $4 }
            /^Gid:/ { gid = $2 "/" $3 "/" $4 }
            /^Groups:/ { $1 = ""; groups = $0; gsub(/^ +| +$/, "", groups); gsub(/ +/, ",", groups) }
            END { print comm "\t" uid "\t" gid "\t" (groups == "" ? "-" : groups) "\t" dir }' "$dir/status"
    done | name_ids | LC_ALL=C sort | awk -F'\t' '!seen[$1, $2, $3, $4]++' |
        while IFS=$'\t' read -r comm uid gid groups dir; do
            row="| \`$comm\` | $uid | $gid | $groups |"
            for rule in $rules; do row+=" $(word "$dir" "$rule") |"; done
            echo "$row"
        done
    echo
    echo '```'
    echo "$ check_privdrop --exempt-rule 'uid-regain:proftpd # takes root back to log users in'"
    procwarden check_privdrop --proc-root "$tree" \
        --exempt-rule 'uid-regain:proftpd # takes root back to log users in' || true
    echo '```'
}

# The same for check_exposure, which looks at the processes themselves: one row for each name and user.
# One run a rule: its details name the pids.
exposure() {
    local pids others
    pids=$(running)
    others=$(printf 'not-pid=%s,' $pids)
    echo "== check_exposure"
    echo "| process | user | ${exposures// / | } |"
    echo "|---|---|---|---|---|---|---|---|---|---|"
    for rule in $exposures; do
        procwarden check_exposure -v --rules "$rule" --exempt "${others%,}" | tail -n +2 |
            sed -nE "s/^([A-Z]+) $rule: .*, pids? ([0-9, ]+)(, user| and ).*/\1 \2/p" |
            while read -r state found; do
                for pid in ${found//,/ }; do echo "$pid $rule $state"; done
            done || true
    done >/tmp/exposed
    for pid in $pids; do
        echo "$(cat "/proc/$pid/comm" 2>/dev/null) $(stat -c %U "/proc/$pid" 2>/dev/null) $pid"
    done | LC_ALL=C sort | awk 'NF == 3 && !seen[$1, $2]++' |
        while read -r comm user pid; do
            row="| \`$comm\` | $user |"
            for rule in $exposures; do
                row+=" $(awk -v pid="$pid" -v rule="$rule" '$1 == pid && $2 == rule { s = $3 } END { print s == "" ? "-" : s }' /tmp/exposed) |"
            done
            echo "$row"
        done
    echo
    echo '```'
    echo "$ check_exposure"
    # What else runs on the machine is exempt, and counted in what follows.
    procwarden check_exposure --exempt "${others%,}" | sed -n '1s/;.*//p' || true
    echo '```'
}

# Ids differ from machine to machine; names do not.
name_ids() {
    awk -F'\t' -v OFS='\t' '
        function named(ids, map, sep,   n, part, i, out, same) {
            n = split(ids, part, sep)
            same = n == 3 && part[1] == part[2] && part[2] == part[3]
            if (same && sep == "/") n = 1
            for (i = 1; i <= n; i++)
                out = out (i > 1 ? sep : "") (part[i] in map ? map[part[i]] : part[i])
            return out
        }
        BEGIN {
            while ((getline line < "/etc/passwd") > 0) { split(line, f, ":"); user[f[3]] = f[1] }
            while ((getline line < "/etc/group") > 0) { split(line, f, ":"); team[f[3]] = f[1] }
        }
        { print $1, named($2, user, "/"), named($3, team, "/"), named($4, team, ","), $5 }'
}

# What a rule says of one process. It keeps its parent, which may be what it is known by.
word() {
    local one parent code=0
    one=$(mktemp -d)
    parent=$(awk '/^PPid:/ { print $2 }' "$1/status")
    cp -r "$1" "$tree/uptime" "$tree/stat" "$one"
    grep -q '^Uid:.0.0' "$tree/$parent/status" 2>/dev/null && cp -r "$tree/$parent" "$one"
    procwarden check_privdrop --strict --proc-root "$one" --rules "$2" >/dev/null || code=$?
    rm -rf "$one"
    case $code in 0) echo - ;; 1) echo WARNING ;; 2) echo CRITICAL ;; *) echo UNKNOWN ;; esac
}

get_packages() {
    export DEBIAN_FRONTEND=noninteractive
    echo "postfix postfix/main_mailer_type select Local only" | debconf-set-selections
    echo "postfix postfix/mailname string lab.example" | debconf-set-selections
    if ! dpkg -s $packages >/dev/null 2>&1; then
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends $packages
    fi
    id alice >/dev/null 2>&1 || useradd -m -s /bin/bash alice
}

start() { setsid "$@" </dev/null & }

# In a network namespace of its own, since several of them want port 53 or 80.
own() { start unshare -n sh -c 'ip link set lo up; exec "$@"' sh "$@"; }

# As systemd does with User= and NoNewPrivileges=: as USER[:CAPS] COMMAND...
as() {
    local user=$1 caps=$2
    shift 2
    own setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs \
        --inh-caps "$caps" --ambient-caps "$caps" --bounding-set "$caps" "$@"
}

# As systemd does with CapabilityBoundingSet= and NoNewPrivileges= but no User=.
root_with() {
    local caps=$1
    shift
    own setpriv --no-new-privs --bounding-set "$caps" "$@"
}

daemons() {
    mkdir -p /run/sshd /run/dbus /run/proftpd /run/php /run/haproxy /run/nagios
    install -d -o redis -g redis -m 2755 /run/redis
    install -d -o memcache -g memcache /run/memcached
    install -d -o _chrony -g _chrony -m 700 /run/chrony
    install -d -o bind -g bind /run/named
    install -d -o systemd-network -g systemd-network /run/systemd/netif /run/systemd/netif/links \
        /run/systemd/netif/leases /run/systemd/netif/lldp
    start dbus-daemon --system --nofork --nopidfile --syslog-only --address=unix:path=/run/dbus/system_bus_socket
    start rsyslogd -n -iNONE
    start cron -f
    start atd -f
    own nginx -g 'daemon on; master_process on;'
    own apachectl start
    local version
    version=$(ls /etc/php)
    own "/usr/sbin/php-fpm$version" --nodaemonize --fpm-config "/etc/php/$version/fpm/php-fpm.conf"
    own haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid -S /run/haproxy-master.sock
    as redis -all /usr/bin/redis-server /etc/redis/redis.conf --daemonize no
    root_with -all,+setgid,+setuid,+sys_resource \
        /usr/share/memcached/scripts/systemd-memcached-wrapper /etc/memcached.conf
    own chronyd -F 1
    own named -f -u bind
    own unbound -d -p
    own dnsmasq --keep-in-foreground -u dnsmasq -C /dev/null --no-resolv
    own avahi-daemon -s
    own varnishd -j unix,user=vcache -F -a :6081 -T localhost:6082 -f /etc/varnish/default.vcl \
        -S /etc/varnish/secret -s malloc,256m
    own squid --foreground -sYC
    as systemd-network -all,+net_admin,+net_bind_service,+net_broadcast,+net_raw /lib/systemd/systemd-networkd
    version=$(pg_lsclusters -h | awk '{ print $1; exit }')
    own pg_ctlcluster --skip-systemctl-redirect "$version" main start
}

# Those that look different when someone is served.
sessions() {
    own bash -c '
        /usr/sbin/sshd
        su alice -c "mkdir -p -m 700 ~/.ssh; rm -f ~/.ssh/id; ssh-keygen -q -t ed25519 -N \"\" -f ~/.ssh/id
            cp ~/.ssh/id.pub ~/.ssh/authorized_keys"
        exec setpriv --reuid alice --regid alice --init-groups ssh -i /home/alice/.ssh/id \
            -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null alice@127.0.0.1 exec tail -f /dev/null'
    own bash -c '
        proftpd --nodaemon --config /etc/proftpd/proftpd.conf & sleep 2
        exec 3<>/dev/tcp/127.0.0.1/21; sleep infinity'
    own bash -c '
        nrpe -c /etc/nagios/nrpe.cfg -f & sleep 2
        exec 3<>/dev/tcp/127.0.0.1/5666; sleep infinity'
    own bash -c '
        dovecot -F & sleep 2
        exec 3<>/dev/tcp/127.0.0.1/143; sleep infinity'
    own bash -c '
        postfix start; sleep 2
        echo hello | sendmail alice; echo hello | sendmail nosuchuser
        exec 3<>/dev/tcp/127.0.0.1/25; printf "EHLO x\r\nMAIL FROM:<a@lab.example>\r\n" >&3; sleep infinity'
    su alice -c 'echo "exec tail -f /dev/null" | at -M now' 
    su postgres -c 'sleep 3; exec psql -c "select pg_sleep(100000)"' </dev/null &
    sleep 8
    settle
}

# Waits until nothing has come or gone for three seconds: neither what starts daemons nor a job of
# cron's is in the table.
settle() {
    local now before='' quiet=0
    for _ in $(seq 120); do
        now=$(running)
        [ "$now" = "$before" ] && quiet=$((quiet + 1)) || quiet=0
        [ $quiet -lt 6 ] || return 0
        before=$now
        sleep 0.5
    done
}

case ${1-} in
    --inside) inside "$2" "$3" ;;
    "") sed -n '2,/^$/s/^# \?//p' "$0" >&2; exit 1 ;;
    *) main "$@" ;;
esac

#!/usr/bin/env bash
# Runs inside of the host that tests/suggest/host.sh boots: what check_exposure says of services and of
# daemons that were started by hand. A line "WRONG" for each check that is not right.
failed=0
ln -sf procwarden /usr/bin/check_exposure
check="check_exposure --rules sandbox,stray"

wrong() { echo "WRONG after $1: wanted $2: $said"; failed=1; }
# judged USER CODE WHAT WORDS: it ends with CODE and has the WORDS in a line.
judged() {
    said=$(setpriv --reuid "$1" --clear-groups $check -v)
    [ $? = "$2" ] || wrong "$3 ($1)" "$2"
    [[ $said = *"$4"* ]] || wrong "$3 ($1)" "'$4'"
}
# said CODE WHAT WORDS: for root and for an ordinary user. Both are asked at once: a check that
# finds something waits for a second and looks again.
said() {
    (failed=0; judged nobody "$@"; exit $failed) &
    local other=$!
    judged root "$@"
    wait $other || failed=1
}
# For root alone: an ordinary user may not see what a titled process runs, and is told so.
said_root() { judged root "$@"; }
# bounded COMMAND...: waits until it succeeds.
bounded() {
    for _ in $(seq 600); do "$@" >/dev/null && return; sleep 0.1; done
    echo "WRONG: never true: $*"
    failed=1
}
running() { [ "$(pgrep -c -x "$1")" = "$2" ]; }
gone() { ! pgrep "$@"; }
# end OPTION... PATTERN: ends these processes, and waits until they have ended.
end() {
    pkill "$@"
    bounded gone "$@"
}
# drop_in UNIT LINE: adds it, and does not restart the unit.
drop_in() {
    mkdir -p "/etc/systemd/system/$1.service.d"
    printf '[Service]\n%s\n' "$2" >"/etc/systemd/system/$1.service.d/90-test.conf"
}
# mended UNIT: a restart mends what a drop-in asks for.
mended() {
    systemctl daemon-reload
    systemctl restart "$1"
    said 0 "a restart of $1" OK
    rm -r "/etc/systemd/system/$1.service.d"
    systemctl daemon-reload
}

command -v memcached >/dev/null || { echo "lacking: memcached" >&2; exit 77; }
systemctl start memcached
bounded running memcached 1
said 0 boot OK
for setting in NoNewPrivileges=yes SystemCallFilter=@system-service PrivateTmp=yes \
    CapabilityBoundingSet=~CAP_SYS_TIME; do
    drop_in atd $setting
    said 1 $setting "atd.service asks for"
    said 1 $setting "restart atd.service, /etc/systemd/system/atd.service.d/90-test.conf is newer"
    mended atd
done
# All that is missing is named at once.
drop_in atd 'NoNewPrivileges=yes
RestrictRealtime=yes
SystemCallFilter=@system-service
PrivateTmp=yes
ProtectSystem=full'
said 1 "several settings" "atd.service asks for NoNewPrivileges=, and it may still gain privileges; for SystemCallFilter=, RestrictRealtime=, and no system call is filtered; for PrivateTmp=, ProtectSystem=, and it sees the files of the host: restart atd.service, "
mended atd
# A restart without a reload gives it nothing new.
drop_in atd NoNewPrivileges=yes
systemctl restart atd 2>/dev/null
said 1 "a restart without a reload" "systemctl daemon-reload && systemctl restart atd.service; if that does not help"
mended atd
for setting in SystemCallLog=@mount PrivateIPC=yes ProtectProc=invisible ProcSubset=pid MountFlags=slave \
    RootDirectory=/srv PrivateNetwork=yes NetworkNamespacePath=/run/netns/vpn PrivateUsers=yes; do
    drop_in atd $setting
    said 1 $setting "atd.service asks for ${setting%%=*}=, and "
    rm -r /etc/systemd/system/atd.service.d
done
drop_in atd 'PrivateNetwork=yes
PrivateUsers=yes
ProtectProc=invisible'
mended atd
for user in nobody no-such; do
    drop_in cron User=$user
    said 2 User= "cron.service asks for User=$user, "
    rm -r /etc/systemd/system/cron.service.d
done
for setting in User=daemon Group=daemon; do
    drop_in pwtest@a $setting
    said 1 $setting "pwtest@a.service asks for $setting, and it"
    rm -r /etc/systemd/system/pwtest@a.service.d
done
said 0 "the end of it" OK
# What is not asked of systemd, but of root.
drop_in pwtest@a "ExecStart=
ExecStart=+/usr/bin/pwtest a
NoNewPrivileges=yes"
said 0 "a command with +" OK
rm -r /etc/systemd/system/pwtest@a.service.d

printf '#!/bin/sh\nsleep 1007\n' >/opt/prepare
chmod 755 /opt/prepare
drop_in pwtest@a "ExecStartPre=+/opt/prepare
NoNewPrivileges=yes"
systemctl daemon-reload
systemctl restart --no-block pwtest@a
bounded pgrep -f '^sleep 1007'
said 0 "a script with +" OK
rm -r /etc/systemd/system/pwtest@a.service.d
systemctl daemon-reload
systemctl restart pwtest@a

# Anyone can call a process what systemd calls its own, which has no sandbox.
cp /bin/sleep '/opt/(sd-pam)'
printf '%s\n' '[Service]' 'ExecStart="/opt/(sd-pam)" 1e6' >/etc/systemd/system/keeper.service
systemctl daemon-reload
systemctl start keeper
bounded pgrep -f '^/opt/.sd-pam'
drop_in keeper NoNewPrivileges=yes
said_root 1 "a false session keeper" "keeper.service asks for NoNewPrivileges="
systemctl stop keeper
rm -r /etc/systemd/system/keeper.service*

# Sessions and jobs are no daemons.
install -d -m 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id
cp /root/.ssh/id.pub /root/.ssh/authorized_keys
session() { ssh -i /root/.ssh/id -o StrictHostKeyChecking=no -o LogLevel=ERROR root@localhost "$@" </dev/null; }
# left PATTERN COMMAND: leaves it in the background of a session, and waits until it is there.
left() {
    session "$2 >/dev/null 2>&1 &"
    bounded pgrep -f "$1"
}
ssh -tt -i /root/.ssh/id -o StrictHostKeyChecking=no -o LogLevel=ERROR root@localhost sleep 1000 </dev/null >/dev/null &
bounded pgrep -f '^sleep 1000'
session 'nohup sleep 1001 >/dev/null 2>&1 &'
echo 'sleep 1002' | at now 2>/dev/null
bounded pgrep -f '^sleep 1002'
systemctl restart ssh cron atd
systemd-run -q sleep 1003
said 0 "sessions that outlive their daemons" OK

# Daemons that were started by hand, in a session.
systemctl stop nginx redis-server
session nginx
bounded pgrep -x nginx
said_root 1 "nginx by hand" "outside of its service nginx.service: end it, and start nginx.service if that does not run"
end -x nginx
session 'redis-server --port 7002 --daemonize yes --save "" --dir /tmp >/dev/null'
bounded running redis-server 1
said_root 1 "redis by hand, as root" "outside of its service redis-server.service: end it, and start redis-server.service if that does not run"
end -x redis-server
# Nor is a service of its own what has such a child.
session 'bash -c "\"/opt/(sd-pam)\" 1006 & exec redis-server --port 7004 --save \"\" --dir /tmp" >/dev/null 2>&1 &'
bounded running redis-server 1
bounded pgrep -f '^/opt/.sd-pam'
said_root 1 "redis by hand, with a false session keeper" "outside of its service redis-server.service"
end -x redis-server
end -f '^/opt/.sd-pam'
# Another tool, that is the same program.
left '^redis-check-rdb' 'bash -c "exec -a redis-check-rdb /usr/bin/redis-check-rdb <(sleep 1004)"'
said 0 "another name of the same program" OK
end -f '^sleep 1004'
session "runuser -u redis -- redis-server --port 7001 --daemonize yes --dir /tmp >/dev/null"
bounded running redis-server 1
said 1 "redis by hand" "started by hand, outside of any service (session-"
end -x redis-server
# What people leave in the background is no daemon.
session "su -s /bin/bash www-data -c 'nohup bash -c \"while sleep 1005; do :; done\" >/dev/null 2>&1 &'"
bounded pgrep -f '^bash -c while sleep 1005'
said 0 "a shell that someone left" OK
end -f '^bash -c while sleep 1005'
end -f '^sleep 1005'
# Its service starts it by a script, so no unit file names the daemon.
systemctl stop memcached
session 'memcached -d -u memcache -p 7003'
bounded running memcached 1
said 1 "memcached by hand" "started by hand, outside of any service (session-"
end -x memcached
session 'memcached -d -u root -p 7003'
bounded running memcached 1
said_root 1 "memcached by hand, as root" "outside of its service memcached.service: end it, and start memcached.service if"
end -x memcached
# A script is a daemon as much as a program; a line of code is none.
as_daemon="setpriv --reuid www-data --clear-groups setsid"
echo 'sleep 1 while 1' >/opt/serve.pl
left '^perl /opt/serve.pl' "$as_daemon perl /opt/serve.pl"
said 1 "a script by hand" "started by hand, outside of any service (session-"
end -f '^perl /opt/serve.pl'
left '^perl -e sleep' "$as_daemon perl -e 'sleep 1 while 1'"
said 0 "a line of code that someone left" OK
end -f '^perl -e sleep'
# Root's jobs are root's own, but for one that the network can reach. nobody may not see that.
serve() { echo "use Socket; socket(S,PF_INET,SOCK_STREAM,0); bind(S,sockaddr_in(7005,inet_aton('$1'))); listen(S,1); sleep 1 while 1" >/opt/serve.pl; }
for address in 127.0.0.1 0.0.0.0; do
    serve $address
    session "setsid perl /opt/serve.pl >/dev/null 2>&1 &"
    bounded eval "ss -ltn | grep -q $address:7005"
    if [ $address = 0.0.0.0 ]; then
        said_root 1 "root's job, open to all" "listens on the network, started by hand, outside of any service (session-"
    else
        said 0 "root's job" OK
    fi
    end -f '^perl /opt/serve.pl'
done
# Anyone can choose a name.
cp /bin/sleep /opt/serve
left '^sleep 1007' "$as_daemon bash -c 'exec -a sleep /opt/serve 1007'"
said_root 1 "a daemon with the name of a tool" "started by hand, outside of any service (session-"
end -f '^sleep 1007'
left '^sleep 1008' "$as_daemon sleep 1008"
said 0 "a tool that someone left" OK
end -f '^sleep 1008'
systemctl start nginx redis-server memcached
bounded running memcached 1
said 0 "all starts" OK
exit $failed

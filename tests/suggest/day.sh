#!/usr/bin/env bash
# Runs inside of the host that host.sh boots: what is suggested there must be right about a day's
# restarts, sessions and jobs, and about every fault. A line "WRONG" for each check that is not.
file=/tmp/daemons
failed=0

# right CODE WHAT: the check must end with CODE, at the second look at the latest.
right() {
    said=$(check_proccount --specs-from $file --recheck 9 -t 60)
    [ $? = "$1" ] || { echo "WRONG after $2: wanted $1: ${said%%|*}"; failed=1; }
}
# alarm WHAT: it must be CRITICAL at once.
alarm() {
    said=$(check_proccount --specs-from $file)
    [ $? = 2 ] || { echo "WRONG after $1: wanted an alarm: ${said%%|*}"; failed=1; }
}
# bounded COMMAND...: waits until it succeeds.
bounded() {
    for _ in $(seq 600); do "$@" >/dev/null && return; sleep 0.1; done
    echo "WRONG: never true: $*"
    failed=1
}
named() { [ "$(pgrep -c -x "$1")" = "$2" ]; }

# Some services count as started before they run what they were started for. A tick makes the last one old.
for daemon in atd cron nginx redis-server sshd; do bounded pgrep -x $daemon; done
bounded named pwtest 2
sleep 0.05
procwarden suggest --min-age 0.001s -o $file || exit 1
grep '^[^#]' $file
for unit in atd cron nginx redis-server ssh pwtest@a pwtest@b; do
    grep -q "# $unit.service" $file || { echo "WRONG: nothing for $unit.service"; failed=1; }
done
right 0 boot
su -s /bin/sh nobody -c 'procwarden suggest --min-age 0.001s' | grep '^[^#]' >/tmp/as-nobody
grep '^[^#]' $file | cmp - /tmp/as-nobody || { echo "WRONG: an ordinary user gets another file"; failed=1; }

# Sessions and jobs outlive the daemons that made them.
install -d -m 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id
cp /root/.ssh/id.pub /root/.ssh/authorized_keys
ssh -tt -i /root/.ssh/id -o StrictHostKeyChecking=no -o LogLevel=ERROR root@localhost sleep 1000 </dev/null >/dev/null &
bounded pgrep -f '^sleep 1000'
echo 'sleep 1001' | at now 2>/dev/null
bounded pgrep -f '^sleep 1001'
for unit in atd cron nginx redis-server ssh pwtest@a; do
    systemctl restart $unit
    right 0 "a restart of $unit"
done
systemctl reload nginx ssh
right 0 "a reload"
systemd-run -q sleep 1002
unshare --pid --fork --mount-proc sleep 1003 &
right 0 "a transient unit and a container"

# Faults; sessions and jobs go on.
for unit in atd cron nginx redis-server ssh pwtest@a; do
    systemctl stop $unit
    alarm "a stop of $unit"
    procwarden suggest | grep -q "^#   $unit.service: inactive" || { echo "WRONG: $unit is not missed"; failed=1; }
    systemctl start $unit
done
right 0 "all starts"
rm /run/crond.pid
cron
bounded named cron 2
alarm "a second cron"
pkill -n -x cron
redis-server --port 7001 --daemonize yes --dir /tmp --pidfile /tmp/redis.pid >/dev/null
bounded named redis-server 2
alarm "a redis-server of root's beside the right one"
pkill -KILL -n -x redis-server
bounded named redis-server 1
su -s /bin/sh nobody -c 'cd /tmp; redis-server --port 7002 --daemonize yes' >/dev/null
bounded named redis-server 2
alarm "a redis-server of nobody's beside the right one"
pkill -KILL -u nobody -x redis-server
bounded named redis-server 1
right 0 "the end of all faults"
procwarden suggest --min-age 0.001s --compare $file || { echo "WRONG: the file differs from the host it was made on"; failed=1; }
exit $failed

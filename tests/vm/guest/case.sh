# case.sh -- the words a case is written in; the scripts in /case source it.
#
#   as [-u USER] [-c CONTEXT] [-a CHANGE] /bin/COMMAND...    the program beside this file
#   start NUMBER [options of as]   start sleepers; returns when they run; $pid is the last
#   runs PID COMMAND               waits until the process of a job runs it; false if it ended before
#   expect CODE LINE COMMAND...    it exits with CODE, its first line matches the shell pattern
#                                  LINE, stderr stays empty
#   also PATTERN / never PATTERN   some line / no line of the last one's output matches
#   alike USER FREE CONFINED [ARGUMENT...]
#                                  two paths of one program say the same, numbers and ages aside;
#                                  $said is what the second one said
#   raw FILE BYTES [options of as] what the kernel's file holds, as `cat -ve` shows it, or cat's error
#
# A check that fails says what it got; the script goes on, and ends in failure.
#
# shellcheck shell=dash

failures=0

start() {
  count=$1
  shift
  while [ "$count" -gt 0 ]; do
    as "$@" /bin/sleep 900 &
    pid=$!
    runs "$pid" 'sleep 900' || not "start $*"
    count=$((count - 1))
  done
}

alike() {
  user=$1 unconfined=$2 confined=$3
  shift 3
  free=$(as -u "$user" "$unconfined" "$@" 2>&1)
  said=$(as -u "$user" "$confined" "$@" 2>&1)
  # Ages too: 59s may be 1m a moment later.
  if [ "$(echo "$free" | tr -d '0-9. smhd')" = "$(echo "$said" | tr -d '0-9. smhd')" ]; then
    echo "ok - the same as $user: $confined $*: $said"
  else
    not "the same as $user: $confined $*: $free
    under the profile: $said"
  fi
}

# as, su and what they run are one process after the other.
runs() {
  until tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qE "^(/bin/)?$2 \$"; do
    kill -0 "$1" 2>/dev/null || return 1
    usleep 2000
  done
}

not() {
  echo "not ok - $1"
  failures=$((failures + 1))
}

expect() {
  code=$1 line=$2
  shift 2
  check=$*
  "$@" >/tmp/out 2>/tmp/err
  got=$?
  first=
  IFS= read -r first </tmp/out
  # shellcheck disable=SC2254 # a pattern is what it is
  case $first in $line) match=yes ;; *) match=no ;; esac
  if [ "$got" = "$code" ] && [ $match = yes ] && [ ! -s /tmp/err ]; then
    echo "ok - $check"
    echo "    $got: $first"
    return
  fi
  not "$check"
  echo "    want $code: $line"
  echo "    got  $got: $first"
  sed '1d; s/^/         /' /tmp/out
  sed 's/^/    stderr: /' /tmp/err
}

matches() {
  while IFS= read -r text; do
    # shellcheck disable=SC2254
    case $text in $1) return 0 ;; esac
  done </tmp/out
  return 1
}

also() {
  if matches "$1"; then echo "ok - ... with a line $1"; return; fi
  not "... with a line $1: $check"
  sed 's/^/         /' /tmp/out
}

never() {
  if ! matches "$1"; then echo "ok - ... with no line $1"; return; fi
  not "... with no line $1: $check"
  sed 's/^/         /' /tmp/out
}

raw() {
  file=$1 want=$2
  shift 2
  bytes=$(as "$@" /bin/cat "$file" 2>/tmp/err | cat -ve)
  [ ! -s /tmp/err ] || bytes=$(cat /tmp/err)
  if [ "$bytes" = "$want" ]; then
    echo "ok - $file $*: $want"
  else
    not "$file $*"
    echo "    want $want"
    echo "    got  $bytes"
  fi
}

finish() {
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null
  wait
  exit $((failures > 0))
}
trap finish EXIT

# lib.sh -- what the scripts of tests/vm share: where things are, how to fail, and one way to
# run qemu. Sourced, never run.
#
# shellcheck shell=bash

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Downloads and everything built from them. Safe to remove; filled again in a minute or two.
cache=${PROCWARDEN_VM_CACHE:-$vm/../../target/vm-cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# Exit status of whatever is lacking on this machine, as opposed to what is broken.
readonly LACKING=77

die() {
  echo "${0##*/}: $*" >&2
  exit 2
}

# need PROGRAM...: or end with LACKING, naming the remedy.
need() {
  local p
  for p in "$@"; do
    command -v "$p" >/dev/null || {
      echo "$p (run tests/vm/install-needs.sh)" >&2
      exit "$LACKING"
    }
  done
}

# inputs_hash FILE...: a short name for what was built from these files.
inputs_hash() {
  cat "$@" | sha256sum | cut -c1-12
}

# boot SECONDS QEMU_ARG...: run qemu until the guest powers off. The guest's first serial port is
# the kernel console; what is written to the second is our stdout, and its last line, "vm-exit N",
# our exit status. No such line is a failure of the machine, not of the tests: the console is shown
# and the status is 125 (124 if the time was up).
boot() {
  local seconds=$1 dir rc=0 last
  shift
  dir=$(mktemp -d)
  : >"$dir/out"
  # Emulation, which every machine has: it is fast enough, and KVM inside another hypervisor has
  # been seen to abort qemu.
  timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -machine pc -cpu max \
    -nodefaults -no-user-config -display none -no-reboot \
    -kernel "${PROCWARDEN_VM_KERNEL:-$cache/vmlinuz}" -serial "file:$dir/console" \
    -serial "file:$dir/out" "$@" </dev/null >"$dir/qemu" 2>&1 || rc=$?
  last=$(tail -n 1 "$dir/out")
  case $last in
    'vm-exit '*)
      sed '$d' "$dir/out"
      rc=${last#vm-exit }
      ;;
    *)
      cat "$dir/out"
      echo "the virtual machine gave no exit status (qemu: $rc); the end of its console:"
      tail -n 40 "$dir/qemu" "$dir/console"
      case $rc in 124 | 137) echo "time was up after $seconds s" && rc=124 ;; *) rc=125 ;; esac
      ;;
  esac
  rm -rf "$dir"
  return "$rc"
}

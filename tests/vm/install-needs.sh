#!/usr/bin/env bash
# install-needs.sh -- installs what the tests in virtual machines need on this machine (Debian or
# Ubuntu, root). CI calls it; a developer may. What runs only *inside* the machines (kernel,
# busybox, secilc) is not installed but unpacked into the cache, by fetch.sh.
set -eu

packages=(ca-certificates debootstrap e2fsprogs qemu-system-x86 selinux-policy-dev shellcheck)
lacking=()
for p in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || lacking+=("$p")
done
# Package lists are needed even when nothing lacks: fetch.sh downloads from them.
apt-get -qq update
[ ${#lacking[@]} = 0 ] ||
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${lacking[@]}"

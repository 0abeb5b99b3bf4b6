#!/usr/bin/env bash
# build-initramfs.sh -- builds CACHE/initramfs-HASH.cpio and prints its path: busybox, the guest's
# scripts, the SELinux policies and the AppArmor profiles. HASH is of what it is built from. The
# plugin and the case are not in it: boot.sh adds those.
set -eu
. "$(dirname "$0")/lib.sh"
"$vm/fetch.sh"
unpacked=$cache/root
shipped=$vm/../../packaging/apparmor/usr.bin.procwarden
initramfs=$cache/initramfs-$(inputs_hash "$0" "$vm"/guest/* "$vm"/policy/* "$shipped").cpio
if [ -e "$initramfs" ]; then
  echo "$initramfs"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,etc,tmp,root,policy,profiles}
cp "$unpacked/bin/busybox" "$root/bin/"
install -m 755 "$vm/guest/init" "$root/init"
install -m 755 "$vm/guest/as" "$root/bin/as"
install -m 644 "$vm/guest/case.sh" "$root/etc/case.sh"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
watcher:x:4242:4242:a member of the group that hidepid exempts:/:/bin/sh
END
printf '%s\n' root:x:0: nogroup:x:65534: watcher:x:4242: >"$root/etc/group"

# selinux_policy NAME MLS [SED]: the policy, compiled, perhaps altered first.
{
  printf '(sensitivity s%d)\n' {0..3}
  printf '(sensitivityorder (%s))\n' 's0 s1 s2 s3'
  printf '(category c%d)\n' {0..1023}
  printf '(categoryorder (%s))\n' "$(printf 'c%d ' {0..1023})"
  printf '(sensitivitycategory s%d (range c0 c1023))\n' {0..3}
  printf '(categoryset every_other (%s))\n' "$(printf 'c%d ' {0..1023..2})"
} >"$work/levels.cil"
selinux_policy() {
  sed "${3:-}" "$vm/policy/selinux.cil" >"$work/policy.cil"
  LD_LIBRARY_PATH=$unpacked/usr/lib/x86_64-linux-gnu:$unpacked/lib/x86_64-linux-gnu \
    "$unpacked/usr/bin/secilc" -c 33 -M "$2" -f /dev/null -o "$root/policy/$1" \
    "$work/levels.cil" "$work/policy.cil"
}
selinux_policy mls true
selinux_policy nomls false
# The same policy after an upgrade that lost a type.
selinux_policy without-gone true '/(type gone_t)/d; s/ gone_t / /'

# -Q -S: compile only, to stdout. The features are a vanilla kernel's, not this machine's.
# Of the shipped profile both states: as it comes, and enforced as its head says.
cp "$shipped" "$root/profiles/"
cp "$shipped" "$work/procwarden-complain.apparmor"
sed 's/complain,//' "$shipped" >"$work/procwarden-enforce.apparmor"
for profile in "$vm"/policy/*.apparmor "$work"/*.apparmor; do
  "$unpacked/sbin/apparmor_parser" -Q -S -K -q --config-file /dev/null --base "$unpacked/etc/apparmor.d" \
    -M "$unpacked/etc/apparmor.d/abi/kernel-5.4-vanilla" "$profile" \
    >"$root/profiles/$(basename "$profile" .apparmor)"
done

(cd "$root" && find . | "$unpacked/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) \
  >"$initramfs.$$"
mv "$initramfs.$$" "$initramfs"
echo "$initramfs"

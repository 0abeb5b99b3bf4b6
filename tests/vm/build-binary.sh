#!/usr/bin/env bash
# build-binary.sh -- builds CACHE/static, the plugins' binary as released, but static, since the small
# machine has no libraries; prints its path.
set -eu
. "$(dirname "$0")/lib.sh"
triple=x86_64-unknown-linux-gnu
cd "$vm/../.."
unset CARGO_ENCODED_RUSTFLAGS
RUSTFLAGS='-C target-feature=+crt-static' CARGO_TARGET_DIR=$cache/static \
  "${CARGO:-cargo}" build --quiet --release --locked --bin procwarden --target $triple
echo "$cache/static/$triple/release/procwarden"

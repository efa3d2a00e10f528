#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signing and verifying a tree with evmctl and with imactl, and the floor below both: hashing the
# same bytes, and the same number of signatures by openssl on as many processors.
# IMACTL and IMAD_LIBEXECDIR say which imactl; needs root and extended attributes.
set -eu

files=${BENCH_FILES:-4000}
mean=${BENCH_MEAN:-103000}
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"
mkdir tree
python3 - "$files" "$mean" <<'PYTHON'
import os, random, sys
random.seed(1)
for i in range(int(sys.argv[1])):
    with open(f"tree/{i}", "wb") as file:
        file.write(os.urandom(int(random.expovariate(1 / float(sys.argv[2])))))
PYTHON
openssl genrsa -out rsa2048.pem 2048 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out ecdsap256.pem
if ! setfattr -n security.ima -v 0x01 tree/0 2>/dev/null; then
  echo 'labels need root and a file system with attributes' >&2
  exit 77
fi

# seconds COMMAND…: how long it takes.
seconds() {
  local TIMEFORMAT=%R
  { time "$@" >/dev/null 2>&1; } 2>&1
}

row() {
  printf '%-10s %-34s %8.2f s\n' "$@"
}

all_hashed() {
  find tree -type f -print0 | xargs -0 -P "$(nproc)" -n 500 openssl dgst -sha256
}

row floor 'hashing (openssl dgst)' "$(seconds all_hashed)"
for kind in rsa2048 ecdsap256; do
  rate=$(openssl speed -mr -seconds 2 -multi "$(nproc)" "$kind" 2>/dev/null |
    awk -F: '/^\+F[24]:/ { print $4 }' | tail -1)
  row "$kind" 'floor of signing (openssl speed)' "$(awk -v n="$files" -v t="$rate" 'BEGIN { print n / t }')"
  row "$kind" 'evmctl ima_sign' "$(seconds evmctl ima_sign -r --key "$scratch/$kind.pem" tree)"
  "$IMACTL" unsign -q tree
  row "$kind" 'imactl sign' "$(seconds "$IMACTL" sign --key="$kind.pem" tree)"
  row "$kind" 'imactl sign, nothing to do' "$(seconds "$IMACTL" sign --key="$kind.pem" tree)"
  openssl pkey -in "$kind.pem" -pubout -out "$kind.pub"
  row "$kind" 'imactl verify' "$(seconds "$IMACTL" verify --cert="$kind.pub" tree)"
done

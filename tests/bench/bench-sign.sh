#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signing and verifying a tree with evmctl and with imactl, and the floor below both: hashing the
# same bytes, and the same number of signatures by openssl on as many processors. Then, how time and
# memory grow with the number of files and with the size of one.
# IMACTL and IMAD_LIBEXECDIR say which imactl; needs root and extended attributes. BENCH_MANY is the
# number of small files, 50,000 by default; 1000000 takes some minutes.
set -eu

files=${BENCH_FILES:-4000}
mean=${BENCH_MEAN:-103000}
many=${BENCH_MANY:-50000}
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
    os.utime(f"tree/{i}", (1, 1))
PYTHON
openssl genrsa -out rsa2048.pem 2048 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out ecdsap256.pem
if ! setfattr -n security.ima -v 0x01 tree/0 2>/dev/null; then
  echo 'labels need root and a file system with attributes' >&2
  exit 77
fi

# seconds COMMAND…: how long it takes, and how long the processors work for it, as "WALL PROCESSORS". On a
# busy machine only the latter can be compared.
seconds() {
  local TIMEFORMAT='%R %U %S'
  { time "$@" >/dev/null 2>&1; } 2>&1 | tail -1 | awk '{ print $1, $2 + $3 }'
}

# row KIND WHAT "WALL PROCESSORS" [FLOOR]: FLOOR is in the same form.
row() {
  awk -v kind="$1" -v what="$2" -v time="$3" -v floor="${4-}" 'BEGIN {
    split(time, t); split(floor, f)
    printf "%-10s %-40s %8.2f s, processors %8.2f s", kind, what, t[1], t[2]
    if (floor != "") printf "   %5.2f and %5.2f times the floor", t[1] / f[1], t[2] / f[2]
    print "" }'
}

all_hashed() {
  find tree -type f -print0 | xargs -0 -P "$(nproc)" -n 500 openssl dgst -sha256
}

each_verified() {
  local file
  for file in tree/?; do evmctl ima_verify --key "$1" "$file"; done
}

sign() { "$IMACTL" sign --journal=journal --cache="$cache" "$@"; }

cache=
hashing=$(seconds all_hashed)
row floor "hashing $(du -sm tree | cut -f1) MB in $files files" "$hashing"
for kind in rsa2048 ecdsap256; do
  rate=$(openssl speed -mr -seconds 2 "$kind" 2>/dev/null |
    awk -F: '/^\+F[24]:/ { print $4 }' | tail -1)
  # openssl speed counts the time of processors, so that its rate is that of a machine at rest.
  floor=$(awk -v n="$files" -v rate="$rate" -v processors="$(nproc)" -v hashing="$hashing" 'BEGIN {
    split(hashing, h); print h[1] + n / rate / processors, h[2] + n / rate }')
  openssl pkey -in "$kind.pem" -pubout -out "$kind.pub"
  openssl req -x509 -key "$kind.pem" -subj /CN=bench -outform DER -out "$kind.der" 2>/dev/null
  row "$kind" 'floor: hashing and openssl speed' "$floor"
  row "$kind" 'evmctl ima_sign -r' "$(seconds evmctl ima_sign -r --key "$scratch/$kind.pem" tree)"
  one=$(seconds each_verified "$kind.der")
  row "$kind" 'evmctl ima_verify, from 10 files' \
    "$(awk -v time="$one" -v n="$files" 'BEGIN { split(time, t); print t[1] * n / 10, t[2] * n / 10 }')"
  "$IMACTL" unsign --journal=journal -q tree
  cache=$scratch/cache-$kind
  row "$kind" 'imactl sign' "$(seconds sign --key="$kind.pem" tree)" "$floor"
  row "$kind" 'imactl sign, nothing to do, by the cache' "$(seconds sign --key="$kind.pem" tree)"
  cache=
  row "$kind" 'imactl sign, nothing to do, verified' "$(seconds sign --key="$kind.pem" tree)"
  row "$kind" 'imactl verify' "$(seconds "$IMACTL" verify --cert="$kind.pub" tree)"
done

# memory NAME COMMAND…: time and memory of the worker, which imactl only waits for.
memory() {
  local name=$1
  shift
  /usr/bin/time -f '%e %M' -o measured "$IMAD_LIBEXECDIR/imad-worker" "$@" >/dev/null
  awk -v name="$name" '{ printf "%-51s %8.2f s   %7.1f MB\n", name, $1, $2 / 1024 }' measured
}

python3 - "$many" <<'PYTHON'
import os, sys
for i in range(int(sys.argv[1])):
    if i % 1000 == 0:
        os.makedirs(f"many/{i // 1000}")
    with open(f"many/{i // 1000}/{i}", "w") as file:
        file.write(str(i))
    os.utime(f"many/{i // 1000}/{i}", (1, 1))
PYTHON
for ((i = 0; i < (many + 999) / 1000; i += 4)); do echo "many/$i"; done >quarter
options=(--key=ecdsap256.pem --journal=journal --cache=cache-many)
memory "a quarter of $many small files, P-256" "${options[@]}" --cache= --manifest=quarter sign
"$IMACTL" unsign --journal=journal -q many
memory "$many small files, P-256" "${options[@]}" sign many
memory 'nothing to do, by the cache' "${options[@]}" sign many
memory 'nothing to do, verified' "${options[@]}" --cache= sign many
truncate -s 1M small-file
truncate -s 1G big-file
memory 'one file of 1 MB' "${options[@]}" --cache= sign small-file
memory 'one file of 1 GB' "${options[@]}" --cache= sign big-file

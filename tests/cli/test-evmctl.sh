#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signatures against those of evmctl(1): RSA's are the same bytes, ECDSA's are good for one another.
# Labels need root and a file system with attributes; sidecars need neither.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

cd -- "$scratch" || exit 1
if ! command -v evmctl >/dev/null; then
  ok "# SKIP evmctl is not here" true
  tap_end
fi

# certify NAME ALGORITHM…: NAME.pem, its certificate NAME-cert.pem and that in DER.
certify() {
  local name=$1
  shift
  openssl req -x509 -nodes -keyout "$name.pem" -out "$name-cert.pem" -subj "/CN=$name" -days 30 \
    -addext subjectKeyIdentifier=hash "$@" 2>/dev/null
  openssl x509 -in "$name-cert.pem" -outform DER -out "$name.der"
}
for bits in 2048 3072 4096; do certify "rsa$bits" -newkey "rsa:$bits"; done
for curve in 256 384; do certify "ec$curve" -newkey ec -pkeyopt "ec_paramgen_curve:P-$curve"; done

private=(--journal="$scratch/journal" --cache=)

# What is signed, by kind.
mkdir files
files=(files/empty files/one files/block files/big $'files/odd\nname' 'files/ blank ' files/$'\xff\xfe' files/-dash)
: >files/empty
printf x >files/one
head -c 65536 /dev/zero >files/block
head -c 20000003 /dev/urandom >files/big
for file in "${files[@]:4}"; do echo "$file" >"$file"; done

# same_sidecars KEY HASH
same_sidecars() {
  local file
  "$IMACTL" sign --key="$1.pem" --cert="$1-cert.pem" --hash="$2" --output=sidecar files >/dev/null || return
  for file in "${files[@]}"; do mv "$file.sig" "$file.ours"; done
  for file in "${files[@]}"; do
    # It sets the label too, and fails then where only root may.
    evmctl ima_sign -a "$2" -f --key "$1.pem" "$file" >/dev/null 2>&1
    cmp "$file.ours" "$file.sig" || return
  done
  rm files/*.sig files/*.ours
}
for key in rsa2048 rsa3072 rsa4096; do
  for hash in sha256 sha384 sha512; do
    ok "$key with $hash: the same bytes" same_sidecars "$key" "$hash"
  done
done

if ! setfattr -n security.ima -v 0x01 files/one 2>/dev/null; then
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi

# labels FILE: those of IMA and EVM.
labels() { getfattr --absolute-names -m '^security\.(ima|evm)$' -d -e hex "$1"; }

# same_labels KEY HASH FILE: as kernels do, --smack counts attributes that this one may not know.
same_labels() {
  "$IMACTL" sign "${private[@]}" --key="$1.pem" --cert="$1-cert.pem" --hash="$2" --evm "$3" >/dev/null || return
  labels "$3" >ours
  setfattr -x security.ima "$3" && setfattr -x security.evm "$3"
  evmctl sign -o --imasig --smack -a "$2" --key "$1.pem" "$3" >/dev/null 2>&1 || return
  labels "$3" >theirs
  cmp ours theirs && grep -q security.evm=0x05 ours
}
capability=0x0100000200200000000000000000000000000000
# decorate KIND FILE: what else EVM covers.
decorate() {
  case $1 in
    plain) ;;
    owner) chown 1234:4000000000 "$2" ;;
    mode) chmod 06751 "$2" ;;
    capability) setfattr -n security.capability -v $capability "$2" ;;
    selinux) setfattr -n security.selinux -v system_u:object_r:bin_t:s0 "$2" ;;
    smack) setfattr -n security.SMACK64 -v _ "$2" ;;
    smack-all)
      for name in SMACK64 SMACK64EXEC SMACK64MMAP; do setfattr -n "security.$name" -v label "$2"; done
      ;;
    all)
      chown 1234:4000000000 "$2"
      chmod 04751 "$2"
      setfattr -n security.selinux -v system_u:object_r:bin_t:s0 "$2"
      setfattr -n security.SMACK64 -v _ "$2"
      setfattr -n security.capability -v $capability "$2"
      ;;
  esac
}
for kind in plain owner mode capability selinux smack smack-all all; do
  echo "$kind" >"files/$kind"
  decorate "$kind" "files/$kind"
  ok "$kind: security.ima and security.evm are the same bytes" same_labels rsa2048 sha256 "files/$kind"
done
for file in "${files[@]}"; do
  ok "${file//[^a-z]/ }: labels are the same bytes" same_labels rsa2048 sha256 "$file"
done
for key in rsa3072 rsa4096; do
  ok "$key: labels are the same bytes" same_labels "$key" sha512 files/all
done
ok "sha384 too" same_labels rsa2048 sha384 files/all

for curve in 256 384; do
  for hash in sha256 sha384 sha512; do
    "$IMACTL" sign "${private[@]}" --key="ec$curve.pem" --cert="ec$curve-cert.pem" --hash="$hash" --evm files/all >/dev/null
    ok "evmctl verifies P-$curve with $hash" evmctl ima_verify --key "ec$curve.der" files/all
    evmctl sign -o --imasig -a "$hash" --key "ec$curve.pem" files/one >/dev/null 2>&1
    run verify --cert="ec$curve-cert.pem" files/one --json=short
    ok "P-$curve with $hash of evmctl is good here" json_is \
      "v['failed'] == 0 and [(f['result'], f['evm']) for f in v['list']] == [('good', 'good')]"
  done
done
# Not portable: bound to inode, generation and file system, which has to tell its UUID.
# bound [OPTION…]: as evmctl signs, with the UUID that the kernel knows.
bound() {
  cp files/one files/bound
  evmctl sign --imasig --smack -a sha256 --key rsa2048.pem --uuid="$uuid" "$@" files/bound >/dev/null 2>&1
  run verify --cert=rsa2048-cert.pem files/bound --json=short
}
evm_is() { json_is "v['list'][0]['result'] == 'good' and v['list'][0]['evm'] == '$1'"; }
if uuid=$(python3 -c 'import fcntl, os, uuid
answer = fcntl.ioctl(os.open("files", os.O_RDONLY), 0x80111500, bytes(17))
print(uuid.UUID(bytes=answer[1:]))' 2>/dev/null); then
  bound
  ok "a signature that is not portable is good here" evm_is good
  bound --generation=4711
  ok "of another generation of the inode it is bad" evm_is bad
  bound --uuid=00112233-4455-6677-8899-aabbccddeeff
  ok "and of another file system" evm_is bad
else
  ok "# SKIP signatures that are not portable: this kernel does not tell what file system it is" true
fi
evmctl ima_sign -a sha1 --key rsa2048.pem files/one >/dev/null 2>&1
setfattr -x security.evm files/one
run verify --cert=rsa2048-cert.pem files/one
ok "sha1 is verified still" code_is 0
run inspect --cert=rsa2048-cert.pem files/one
ok "and warned of" out_has "sha1, which is weak"
tap_end

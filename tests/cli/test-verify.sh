#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# verify against a CA, revocation lists and deny lists: imactl and the real worker on sidecars, which
# need neither root nor attributes.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

cd -- "$scratch" || exit 1
mkdir ca
: >ca/index
echo 1000 >ca/serial
echo 01 >ca/crlnumber
cat >ca/config <<'CONFIG'
[ca]
default_ca = it
[it]
dir = ca
database = ca/index
new_certs_dir = ca
serial = ca/serial
crlnumber = ca/crlnumber
default_md = sha256
policy = any
x509_extensions = leaf
unique_subject = no
default_crl_days = 30
[any]
commonName = supplied
[leaf]
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CONFIG
ca() { openssl ca -batch -config ca/config -cert ca.pem -keyfile ca-key.pem "$@" 2>/dev/null; }
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
for name in ca other-ca; do
  openssl req -new "${key[@]}" -keyout "$name-key.pem" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
  openssl ca -batch -config ca/config -selfsign -keyfile "$name-key.pem" -in "$name.csr" -out "$name.pem" \
    -extensions root -startdate 20190101000000Z -enddate 20990101000000Z -notext 2>/dev/null
done
# leaf NAME START END
leaf() {
  openssl req -new "${key[@]}" -keyout "$1-key.pem" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  ca -startdate "$2" -enddate "$3" -in "$1.csr" -out "$1.pem" -notext
}
leaf good 20200101000000Z 20990101000000Z
leaf expired 20200101000000Z 20200201000000Z
leaf future 20980101000000Z 20990101000000Z
leaf revoked 20200101000000Z 20990101000000Z
ca -gencrl -crldays 30 -out empty-crl.pem
ca -revoke revoked.pem
ca -gencrl -out crl.pem
openssl crl -in crl.pem -outform DER -out crl.der
for name in good expired future revoked; do
  echo "$name" >"file-$name"
  # Without its certificate, as nothing is signed for one that has expired.
  "$IMACTL" sign --key="$name-key.pem" --output=sidecar "file-$name" >/dev/null
done
certs=(--cert=good.pem --cert=expired.pem --cert=future.pem --cert=revoked.pem)

check() { run verify --output=sidecar "${certs[@]}" "$@"; }
results() { json_is "{f['path'].split('-')[-1]: f['result'] for f in v['list']} == $1"; }

check file-good file-expired
ok "without a CA the keys alone count" code_is 0
check --crl=crl.pem file-good
ok "revocation lists need their CA" code_is 2
check --ca=good-key.pem file-good
ok "a private key is no CA" code_is 9
openssl pkey -in good-key.pem -pubout -out bare.pem
check --ca=bare.pem file-good
ok "nor is a public key" code_is 9
check --ca=ca.pem --crl=ca.pem file-good
ok "a certificate is no revocation list" code_is 9
ok "it is told which file is none" err_has "E431"
check --ca=ca.pem file-* --json=short
ok "what does not count is a mismatch" code_is 6
ok "each file has its reason" results \
  "{'good': 'good', 'expired': 'expired', 'future': 'not-yet-valid', 'revoked': 'good'}"
ok "and its signer" json_is "[f['signer'] for f in v['list'] if f['path'].endswith('file-good')] == ['CN=good']"
ok "and the chain then and now" json_is \
  "[(f['chain_then'], f['chain_now']) for f in v['list'] if f['path'].endswith('file-good')] == [('good', 'good')]"
check --ca=other-ca.pem file-good
ok "another CA is not trusted" out_has "file-good: untrusted, key id"
for crl in crl.pem crl.der; do
  check --ca=ca.pem --crl="$crl" file-good file-revoked --json=short
  ok "$crl revokes" results "{'good': 'good', 'revoked': 'revoked'}"
done
check --ca=ca.pem --crl=empty-crl.pem file-revoked
ok "a list that does not name it does not" code_is 0
touch -d 2021-01-01 file-revoked.sig
check --ca=ca.pem --crl=crl.pem file-revoked
ok "revoked later than it was signed" out_has "revoked, key id"
ok "is told" out_has "(CN=revoked), good when it was labelled"
touch -d 2020-01-15 file-expired.sig
check --ca=ca.pem file-expired
ok "expired later than it was signed too" out_has "(CN=expired), good when it was labelled"
check --ca=ca.pem --ca=other-ca.pem --crl=crl.pem file-good
ok "of several CAs one is enough" code_is 0
openssl req -x509 "${key[@]}" -keyout own-key.pem -out own.pem -subj /CN=own -days 30 2>/dev/null
"$IMACTL" sign --key=own-key.pem --output=sidecar --cert=own.pem file-good >/dev/null
run verify --output=sidecar --cert=own.pem --ca=ca.pem file-good
ok "nobody vouches for a certificate of its own" out_has "file-good: untrusted"
run verify --output=sidecar --cert=own.pem --ca=ca.pem --ca=own.pem --crl=crl.pem file-good
ok "a CA without a revocation list when lists are given" out_has "file-good: no-revocation-list"
"$IMACTL" sign --key=good-key.pem --output=sidecar --cert=good.pem file-good >/dev/null

printf '# vulnerable\n\nsha1:%s\n' "$(sha1sum <file-expired | cut -c1-40)" >deny
sha256sum file-good >>deny
check --deny-list=deny file-* --json=short
ok "files of the deny list are denied, whatever the algorithm" results \
  "{'good': 'denied', 'expired': 'denied', 'future': 'good', 'revoked': 'good'}"
check --deny-list=deny file-future
ok "others are not" code_is 0
echo 'no digest' >>deny
check --deny-list=deny file-future
ok "a malformed line is an error" code_is 9
ok "with its place" err_has "deny:5"
check --ca=ca.pem --crl=crl.pem file-good file-revoked file-expired
ok "one line sums it up" out_has "3 files, 1 good, 1 expired, 1 revoked, 2 failed"
tap_end

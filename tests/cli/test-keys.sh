#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# keys create, check and list: imactl and the real worker; openssl is the oracle. Keys of a TPM and of a token are
# made where swtpm and softhsm2 are. What the running kernel says is judged in the machine.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

targets=$(realpath -- "$(dirname -- "$0")/../../targets")
cd -- "$scratch" || exit 1
mode_is() { [[ $(stat -c %a "$1") == "$2" ]]; }
has_text() { openssl x509 -in "$1" -noout -text | tr -s ' \n' ' ' | grep -qF -- "$2"; }
certifies() { diff <(openssl x509 -in "$2" -noout -pubkey) <(openssl pkey -in "$1" -pubout) >/dev/null; }

run keys create --output=keys --type=p-256 --json=short
ok "a key is made" code_is 0
ok "its place is told" json_is 'v["key"].endswith("/keys/signing.key") and v["ca_created"]'
ok "the key is its owner's alone" mode_is keys/signing.key 600
ok "that of the CA too" mode_is keys/ca.key 600
ok "the certificate is everybody's" mode_is keys/signing.pem 644
ok "the certificate is that of the key" certifies keys/signing.key keys/signing.pem
ok "the CA has signed it" openssl verify -CAfile keys/ca.pem keys/signing.pem
ok "DER is the same" cmp keys/signing.der <(openssl x509 -in keys/signing.pem -outform DER)
ok "it signs" has_text keys/signing.pem "Key Usage: critical Digital Signature X509v3"
ok "it is no CA" has_text keys/signing.pem "Basic Constraints: critical CA:FALSE"
ok "the CA is one" has_text keys/ca.pem "Basic Constraints: critical CA:TRUE"

cp keys/signing.key before.key
run keys create --output=keys
ok "nothing is overwritten" code_is 1
ok "and the file is named" err_has "keys/signing.key exists"
ok "it is as it was" cmp keys/signing.key before.key
run keys create second --output=keys --type=rsa-2048
ok "a second one has the same CA" code_is 0
ok "which has signed it" openssl verify -CAfile keys/ca.pem keys/second.pem
rm keys/ca.key
run keys create third --output=keys
ok "without the CA's key nothing is certified" err_has "ca.key is missing"
ok "and no key is left behind" test ! -e keys/third.key
run keys create --output=other --type=rsa-1024
ok "weak types are not made" code_is 2
run keys create ca --output=other
ok "the CA's name is taken" code_is 2
run keys create ../x --output=other
ok "names are no paths" code_is 2
run keys create --output=other --kind=tpm --tcti=device:/dev/none
ok "a key of the TPM needs a TPM" code_is 8
run keys create --output=other --kind=pkcs11
ok "a token must be named" err_has "--key='pkcs11:"

"$IMACTL" keys create --output=sealed --type=p-256 --passphrase-fd=0 >out 2>err <<<geheim
code=$?
ok "a passphrase encrypts the key" grep -q 'BEGIN ENCRYPTED' sealed/signing.key
"$IMACTL" sign --key=sealed/signing.key --passphrase-fd=0 --output=sidecar before.key >out 2>err <<<geheim
code=$?
ok "and opens it" code_is 0

# Against descriptions of kernels, so that the answer does not depend on the one that runs here.
run keys check --target="$targets/debian-12-backports.target" keys/second.pem --json=short
ok "a kernel with ordinary keyrings takes it" code_is 0
ok "and it was not asked" json_is 'not v["asked"] and v["trust"] == "none"'
run keys check --target="$targets/debian-12.target" keys/signing.pem
ok "one without ECDSA does not" code_is 6
ok "and says what it lacks" out_has "CONFIG_CRYPTO_ECDSA"
run keys check --target="$targets/all-options.target" keys/second.pem --json=short
ok "a trusted keyring takes a signer" json_is 'v["certificates"][0]["usable"]'
run keys check --target="$targets/all-options.target" keys/ca.pem --json=short
ok "and no CA" json_is '{"ca", "self-signed"} <= {f["name"] for f in v["certificates"][0]["findings"]}'
run keys check --target="$targets/all-options.target" --key=keys/second.key keys/second.pem
ok "a key is checked with its certificate" code_is 0
run keys check --target="$targets/all-options.target" --key=keys/second.key keys/signing.pem
ok "and with no other" err_has "none of the certificates belongs to"
run keys check --target="$targets/all-options.target" none.pem
ok "a certificate must be there" code_is 3

mkdir -p root/etc/imad
cp -r keys root/etc/imad
cp "$targets/all-options.target" root
run keys list --root="$scratch/root" --target=/all-options.target --json=short
ok "certificates are listed" json_is 'len(v["certificates"]) == 3'
ok "with what they are" json_is '{c["type"] for c in v["certificates"]} == {"p-256", "rsa-2048"}'
ok "there is no key until one is configured" json_is 'v["configured"]["key"] is None'

if command -v softhsm2-util >/dev/null && "$IMAD_WORKER" --version >/dev/null; then
  mkdir tokens
  echo "directories.tokendir = $scratch/tokens" >softhsm2.conf
  export SOFTHSM2_CONF=$scratch/softhsm2.conf
  softhsm2-util --init-token --free --label imad-cli --so-pin 1234 --pin 5678 >/dev/null 2>&1
  key='pkcs11:token=imad-cli;object=one'
  "$IMACTL" keys create token --output=hsm --kind=pkcs11 --key="$key" --type=p-256 --passphrase-fd=0 \
    >out 2>err <<<5678
  code=$?
  if grep -q 'lacks p11-kit' err; then
    ok "without p11-kit tokens are refused" code_is 8
  else
    ok "a key is made in a token" code_is 0
    ok "no private key of it is in a file" test ! -e hsm/token.key
    echo content >file
    "$IMACTL" sign --key="$key" --cert=hsm/token.pem --passphrase-fd=0 --output=sidecar file >out 2>err <<<5678
    code=$?
    ok "it signs" code_is 0
    run verify --cert=hsm/token.pem --output=sidecar file
    ok "and its certificate verifies that" code_is 0
    "$IMACTL" sign --key="$key" --passphrase-fd=0 --output=sidecar file >out 2>err <<<0000
    code=$?
    ok "a wrong PIN is refused" code_is 5
    run sign --key="$key?pin-value=5678" --output=sidecar file
    ok "a PIN on the command line is refused" err_has "others could read"
    ok "and not repeated elsewhere" code_is 2
  fi
fi
tap_end

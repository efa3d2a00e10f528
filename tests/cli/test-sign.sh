#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sign, verify, unsign, inspect: imactl and the real worker on real files. Setting labels needs root
# and a file system with attributes; sidecars need neither.
# Functions are called by name, through ok.
# shellcheck disable=SC2317,SC2089,SC2090
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

cd -- "$scratch" || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.pem -out rsa-cert.pem -subj /CN=rsa \
  -addext subjectKeyIdentifier=hash -days 30 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.pem -out ec-cert.pem \
  -subj /CN=ec -addext subjectKeyIdentifier=hash -days 30 2>/dev/null
openssl pkcs8 -topk8 -in rsa.pem -out encrypted.pem -passout pass:geheim

# make_tree: files, an empty one, one with two names, a strange name, a link and a FIFO.
make_tree() {
  rm -rf tree
  mkdir -p tree/below
  echo one >tree/one
  : >tree/empty
  head -c 300000 /dev/urandom >tree/below/big
  ln tree/one tree/below/second-name
  ln -s one tree/link
  mkfifo tree/fifo
  echo odd >$'tree/below/odd\nname'
}

counts() { json_is "v['files'] == $1 and v['results'] == $2"; }
no_key_text() { ! grep -rqE 'PRIVATE|geheim' out err; }

make_tree
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$scratch/no-bus
run sign tree
ok "without a key sign is a job of imad" code_is 7
run verify tree
ok "so is verify without a certificate" code_is 7
run sign --journal=here tree
ok "which takes less options" code_is 2
run sign --key=rsa.pem --output=nowhere tree
ok "places are checked" code_is 2
run sign --key=rsa.pem --hash=sha1 --output=sidecar tree
ok "nothing is signed as sha1" code_is 8
run sign --key=rsa.pem --fs-verity --output=sidecar tree
ok "fs-verity is not for sidecars" code_is 2
run sign --key=rsa.pem --fs-verity --hash=sha384 tree
ok "and has two hashes only" code_is 2
run sign --key=rsa-cert.pem --output=sidecar tree
ok "a certificate is no key" code_is 9

# Under a policy that measures what is read.
mkdir -p measured/{tree,sys/kernel/security/ima}
cp ec.pem measured/ec.pem
touch measured/tree/{one,two,three}
put_policy() { echo "$1" >measured/sys/kernel/security/ima/policy; }
put_policy 'measure func=FILE_CHECK mask=^MAY_READ'
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar /tree --json=short
ok "what reading adds to the measurement list is told" err_has "adds up to 3 entries to the measurement list"
ok "in JSON too" json_is "v['reads']['entries'] == 3 and v['diagnostics'] == []"
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar /tree/one
ok "also of a file that is named" err_has "adds up to 1 entr"
printf '/tree/%s\n' one two >measured/names
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar --manifest=/names --json=short
ok "and of those of a manifest" json_is "v['reads']['entries'] == 2 and v['files'] == 2"
mkfifo measured/pipe
cat measured/names >measured/pipe &
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar --manifest=/pipe --json=short
ok "which is left to be read when it can be read but once" json_is "'reads' not in v and v['files'] == 2"
put_policy "measure func=FILE_CHECK mask=^MAY_READ fowner=4242"
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar /tree --json=short
ok "files that are not measured do not count" json_is "v['reads']['entries'] == 0"
ok "and nothing is told of none" test ! -s err
put_policy 'no policy'
run sign --root="$scratch/measured" --key=/ec.pem --output=sidecar /tree --json=short
ok "a policy that nobody can read keeps nothing from being signed" json_is "'reads' not in v and v['failed'] == 0"
run sign --key=ec.pem --cert=rsa-cert.pem --output=sidecar tree
ok "the certificate must be the key's" code_is 6
openssl req -new -key rsa.pem -subj /CN=old -out old.csr 2>/dev/null
openssl x509 -req -in old.csr -signkey rsa.pem -days -1 -out old-cert.pem 2>/dev/null
run sign --key=rsa.pem --cert=old-cert.pem --output=sidecar tree
ok "an expired certificate is refused" err_has "old-cert.pem has expired"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out odd.pem 2>/dev/null
run sign --key=odd.pem --output=sidecar tree
ok "a curve that no kernel knows is refused" err_has "P-384"
run sign --key=handle:0x81000010 --tcti=device:/dev/none --output=sidecar tree
ok "a key of the TPM needs a TPM" code_is 8
run sign --key=handle:1 --output=sidecar tree
ok "handles are checked" code_is 2
run sign --key=signer:"$scratch/none" --output=sidecar tree
ok "imad-signer must run" err_has "imad-signer.socket does not run"
run sign --key='pkcs11:token=absent;object=none' --output=sidecar tree
ok "a token that is not there is no key" test "$code" -ne 0
run sign --key=encrypted.pem --output=sidecar tree
ok "an encrypted key needs a passphrase" code_is 2
ok "and says how to give it" err_has "--passphrase-fd="
"$IMACTL" sign --key=encrypted.pem --passphrase-fd=0 --output=sidecar tree >out 2>err <<<falsch
code=$?
ok "a wrong passphrase is refused" code_is 5
"$IMACTL" sign --key=encrypted.pem --passphrase-fd=0 --output=sidecar tree >out 2>err <<<geheim
code=$?
ok "the right one is taken" code_is 0
ok "no word of the key comes out" no_key_text

make_tree
run sign --key=rsa.pem --cert=rsa-cert.pem --output=sidecar --dry-run tree --json=short
ok "a dry run tells" counts 4 "{'signed': 4}"
ok "and writes nothing" test ! -e tree/one.sig
run sign --key=rsa.pem --cert=rsa-cert.pem --output=sidecar tree --json=short
ok "every file is signed once" counts 4 "{'signed': 4}"
ok "every file is told of" json_is 'len(v["list"]) == 4'
run sign --key=rsa.pem --cert=rsa-cert.pem --output=sidecar tree --json=short
ok "what is good is kept" counts 4 "{'kept': 4}"
run verify --cert=rsa-cert.pem --output=sidecar tree
ok "what was signed is good" code_is 0
ok "the summary counts" out_has "4 files, 4 good, 0 failed"
run verify --cert=ec-cert.pem --output=sidecar tree/one
ok "by another key it is not" code_is 6
ok "and says why" out_has "tree/one: unknown-key"
echo more >>tree/one
run verify --cert=rsa-cert.pem --output=sidecar tree
ok "a changed file is found" out_has "tree/one: bad-signature"
run sign --key=rsa.pem --output=sidecar tree/link tree/fifo tree/none
ok "what cannot be signed fails" out_has "tree/link: it is a symbolic link"
ok "each with its reason" out_has "tree/fifo: it is no regular file"
ok "all are counted" out_has "3 failed"
# As large as one of ML-DSA-87, by a key that nobody knows.
python3 -c 'import struct, sys
sys.stdout.buffer.write(struct.pack(">BBBIH", 3, 2, 6, 0xdeadbeef, 4627) + bytes(4627))' >large
cp large tree/one.sig
run verify --cert=rsa-cert.pem --output=sidecar tree/one
ok "a signature of 5 KB is one by an unknown key" out_has "tree/one: unknown-key, key id deadbeef"
run unsign --output=sidecar tree
ok "sidecars are removed" test ! -e tree/one.sig
find tree -type f -print0 >list
run sign --key=rsa.pem --output=sidecar --manifest=list --json=short
ok "paths come from a list with NULs" counts 4 "{'signed': 4}"
printf 'tree/one\n\ntree/none' | "$IMACTL" verify --cert=rsa-cert.pem --output=sidecar --manifest=- \
  --json=short >out 2>err
ok "and by lines from standard input" json_is "v['files'] == 2 and v['results']['failed'] == 1"
head -c 200000 /dev/zero | tr '\0' x >list
run unsign --output=sidecar --manifest=list
ok "what is no list is refused" code_is 4
run unsign --output=sidecar
ok "without any path it is no call" code_is 2

make_tree
if ! setfattr -n security.ima -v 0x01 tree/one 2>/dev/null; then
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi
journal=--journal=$scratch/journal cache=--cache=
run sign "$journal" "$cache" --key=rsa.pem --cert=rsa-cert.pem --evm tree --json=short
ok "labels are set over others" counts 4 "{'signed': 4}"
ok "and journaled" json_is "v['journal'] == 1"
run sign "$journal" "$cache" --key=rsa.pem --cert=rsa-cert.pem --evm tree --json=short
ok "good labels are kept" counts 4 "{'kept': 4}"
ok "what changes nothing leaves no journal" json_is "'journal' not in v"
run sign "$journal" "$cache" --undo=last
ok "a run is taken back" out_has "4 files, 4 restored, 0 failed"
ok "to what was before" test "$(getfattr --only-values -n security.ima tree/one)" = $'\x01'
run sign "$journal" "$cache" --undo=7
ok "what is not there is told" code_is 3
run sign "$journal" "$cache" --resume=last --json=short
ok "a run goes on as it was called" counts 4 "{'signed': 4}"
ok "in its journal" json_is "v['journal'] == 1"
chmod 0600 tree/one
run verify --cert=rsa-cert.pem tree
ok "a changed mode is found" out_has "tree/one: good, key id"
ok "by security.evm" out_has "and security.evm does not fit"
run sign "$journal" "$cache" --key=rsa.pem --cert=rsa-cert.pem --evm tree --json=short
ok "and mended" counts 4 "{'kept': 3, 'signed': 1}"
run inspect --cert=rsa-cert.pem tree/one
ok "inspect explains security.evm" out_has "security.evm: portable-signature (type 0x05)"
ok "and judges it" out_has "verdict:   good"
echo 'appraise func=BPRM_CHECK appraise_type=imasig' >policy
run inspect --cert=rsa-cert.pem --policy=policy tree/one
ok "it tells what the kernel would do" out_has "execute: allowed (appraise func=BPRM_CHECK appraise_type=imasig)"
ok "and what no rule is about" out_has "not appraised: loader, map, read"
run inspect --cert=ec-cert.pem --policy=policy tree/one
ok "a key that is not trusted is refused" out_has "execute: denied, invalid-signature"
run inspect --policy=policy tree/one
ok "without certificates it cannot know" out_has "execute: unknown, signature"
run inspect --cert=rsa-cert.pem --policy=policy --fowner=1 --json=short tree/one
ok "the verdict is in JSON too" json_is "[u['verdict'] for u in v['uses'] if u['use'] == 'execute'] == ['allowed']"
# Not every file system has room for it in a block; this one takes it from memory.
roomy=$(mktemp /dev/shm/imad-test-XXXXXX)
setfattr -n security.ima -v "0x$(od -An -v -tx1 large | tr -d ' \n')" "$roomy"
run inspect --cert=rsa-cert.pem "$roomy"
ok "a signature of 5 KB is explained" out_has "size:      4627 bytes"
ok "and that its key is unknown" out_has "verdict:   unknown_key"
run verify --cert=rsa-cert.pem "$roomy"
ok "which makes it no good one" out_has "unknown-key, key id deadbeef"
rm -- "$roomy"
exec 7>>tree/one
run sign "$journal" "$cache" --key=ec.pem tree/one
exec 7>&-
ok "a file that is being written is left alone" out_has "it is open for writing"
if chattr +i tree/one 2>/dev/null; then
  run sign "$journal" "$cache" --key=ec.pem tree/one
  chattr -i tree/one
  ok "an immutable file is told of" out_has "tree/one: it is immutable"
fi
run unsign "$journal" tree
run verify --cert=rsa-cert.pem tree --json=short
ok "unsign leaves nothing" counts 4 "{'unsigned': 4}"
run sign "$journal" "$cache" --undo=last
ok "and can be taken back" out_has "4 restored"
echo more >>tree/one
run sign "$journal" "$cache" --key=ec.pem tree
echo more >>tree/one
run sign "$journal" "$cache" --undo=last
ok "what was changed since is left alone" out_has "tree/one: different"
ok "and told" code_is 6
cache=--cache=$scratch/cache
find tree -type f -exec touch -d '1 hour ago' {} +
run sign "$journal" "$cache" --key=ec.pem --evm tree
setfattr -n security.ima -v 0x01 tree/empty
run sign "$journal" "$cache" --key=ec.pem --evm tree --json=short
ok "only what was changed is looked at" counts 4 "{'kept': 3, 'signed': 1}"
run sign "$journal" "$cache" --key=ec.pem tree --json=short
ok "what is asked otherwise is looked at" counts 4 "{'kept': 4}"
echo damaged >"$scratch/cache"
run sign "$journal" "$cache" --key=ec.pem --evm tree --json=short
ok "a damaged cache is none" counts 4 "{'kept': 4}"
tap_end

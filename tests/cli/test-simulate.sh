#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# policy simulate with certificates: imactl and the real worker over a small tree of signed files. Labels
# need root and a file system with attributes.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

cd -- "$scratch" || exit 1
mkdir -p root/bin
for name in good bad unknown hash none; do
  echo "$name" >"root/bin/$name"
  chmod 0755 "root/bin/$name"
done
echo 'appraise func=BPRM_CHECK appraise_type=imasig' >root/signed.policy
echo 'appraise func=BPRM_CHECK' >root/hashed.policy

new_key() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
    -out "root/$1.pem" -subj "/CN=$1" -addext subjectKeyIdentifier=hash -days 30 2>/dev/null
}

simulate() { run policy simulate --root=root --policy=/signed.policy "$@"; }
# of NAME KEY VALUE: what becomes of the program when it is executed.
of() {
  json_is "[r['appraise'].get('$2') for f in v['files'] if f['path'] == '/bin/$1' for r in f['uses'][0]['requests']
    if r['func'] == 'BPRM_CHECK'] == [$3]"
}
counts() { json_is "[v['tree'][k] for k in ('appraised', 'denied', 'open')] == $1"; }

if ! setfattr -n security.ima -v 0x01 root/bin/none 2>/dev/null; then
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi
setfattr -x security.ima root/bin/none
new_key known
new_key other
run sign --key=known.key root/bin/good root/bin/bad
run sign --key=other.key root/bin/unknown
echo changed >>root/bin/bad
setfattr -n security.ima -v "0x0404$(sha256sum root/bin/hash | cut -c1-64)" root/bin/hash

simulate /bin/{good,bad,unknown,hash,none} --json=short
ok "without certificates a signature stays open" of good status "'open'"
ok "whatever it signs" of bad status "'open'"
ok "a hash is no signature" of hash cause "'IMA-signature-required'"
simulate /bin/{good,bad,unknown,hash,none} --cert=/known.pem --json=short
ok "a good signature passes" of good status "'passes'"
ok "one of other content does not" of bad cause "'invalid-signature'"
ok "nor one of a key that the kernel lacks" of unknown cause "'invalid-signature'"
ok "nor a hash" of hash cause "'IMA-signature-required'"
ok "nor nothing" of none cause "'IMA-signature-required'"
simulate /bin/unknown --cert=/known.pem --cert=/other.pem --json=short
ok "until it has the key" of unknown status "'passes'"
run policy simulate --root=root --policy=/hashed.policy /bin/{hash,good,bad} --cert=/known.pem --json=short
ok "a right hash passes where no signature is required" of hash status "'passes'"
ok "a signature counts there too" of good status "'passes'"
ok "a wrong one as well" of bad cause "'invalid-signature'"
simulate --tree / --json=short
ok "a tree without certificates: three are open" counts '[5, 2, 3]'
simulate --tree / --cert=/known.pem --json=short
ok "with them all is known" counts '[5, 4, 0]'
tap_end

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# coverage: imactl and the real worker over a small tree. Files with labels need root and a file system
# with attributes.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")

cd -- "$scratch" || exit 1
mkdir -p root/usr/bin root/usr/lib root/opt root/var/lib/dpkg/info
for name in one two three; do
  echo "$name" >"root/usr/bin/$name"
  chmod 0755 "root/usr/bin/$name"
done
echo four >'root/opt/four of them'
chmod 0755 'root/opt/four of them'
echo data >root/usr/lib/data
printf '%s\n' /usr/bin/one /usr/bin/two >root/var/lib/dpkg/info/pair.list
printf '%s\n' /usr/bin/three >root/var/lib/dpkg/info/single:amd64.list
echo 'appraise func=BPRM_CHECK appraise_type=imasig' >root/signed.policy
echo 'measure func=BPRM_CHECK' >root/measuring.policy

cover() { run coverage --root=root --policy=/signed.policy "$@"; }
counts() { json_is "[v['coverage'][k] for k in ('appraised', 'passing', 'failing', 'open')] == $1"; }

run coverage --root=root
ok "without a policy there is nothing to say" code_is 3
cover --at-least=101
ok "more than all is no demand" code_is 2
cover --at-least=99,5
ok "a percentage is a number" code_is 2
cover /nowhere
ok "a directory must be there" code_is 3
cover --json=short
ok "programs are appraised, data is not" counts '[4, 0, 4, 0]'
ok "the rule is named" json_is "v['coverage']['rules'][0]['text'] == 'appraise func=BPRM_CHECK appraise_type=imasig'"
ok "packages are counted" json_is \
  "{p['name']: p['appraised'] for p in v['coverage']['packages']} == {'pair': 2, 'single': 1, None: 1}"
ok "directories are counted" json_is \
  "{d['name']: d['appraised'] for d in v['coverage']['directories']} == {'/usr/bin': 3, '/opt': 1}"
ok "files are listed on demand only" json_is "'missing' not in v['coverage']"
cover --missing --json=short
ok "each has the command that mends it" json_is "{m['path']: m['mend'] for m in v['coverage']['missing']}[
  '/usr/bin/one'] == 'imactl sign --key=KEY /usr/bin/one'"
ok "for the shell to take" json_is "{m['path']: m['mend'] for m in v['coverage']['missing']}[
  '/opt/four of them'] == \"imactl sign --key=KEY '/opt/four of them'\""
cover
ok "without a gate it is no failure" code_is 0
ok "the last line sums it up" out_has '0.00 %: 0 of 4 appraised files pass'
cover --at-least=0.01
ok "a gate fails" code_is 6
run coverage --root=root --policy=/measuring.policy --at-least=100
ok "what is not appraised passes" code_is 0
cover /usr --json=short
ok "a part of the tree" counts '[3, 0, 3, 0]'

if ! setfattr -n security.ima -v 0x01 root/usr/bin/one 2>/dev/null; then
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out root/cert.pem \
  -subj /CN=ec -addext subjectKeyIdentifier=hash -days 30 2>/dev/null
run sign --journal="$scratch/journal" --cache= --key=key.pem root/usr/bin
cover --json=short
ok "without certificates signatures stay open" counts '[4, 0, 1, 3]'
cover --cert=/cert.pem --json=short
ok "with them they pass" counts '[4, 3, 1, 0]'
cover --cert=/cert.pem --at-least=75%
ok "the gate opens" code_is 0
cover --cert=/cert.pem --at-least=75.01
ok "at that share" code_is 6
echo changed >>root/usr/bin/one
cover --cert=/cert.pem --missing --json=short
ok "a changed file fails" counts '[4, 2, 2, 0]'
ok "and is mended from its package" json_is "{m['path']: m['mend'] for m in v['coverage']['missing']}[
  '/usr/bin/one'].startswith('apt-get install --reinstall pair && imactl sign')"
tap_end

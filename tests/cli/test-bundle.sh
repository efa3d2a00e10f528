#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bundle create, verify, apply: imactl and the real worker on real packages and trees. Setting labels
# needs root and a file system with attributes; all else does not.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
deb=$(realpath -- "$cli_dir/../data/apt/hello.deb")
tools=$(realpath -- "$cli_dir/bundle-tool.py")

cd -- "$scratch" || exit 1
make_key() { # NAME TYPE… DAYS
  openssl req -x509 -newkey "${@:2:$#-2}" -nodes -keyout "$1.pem" -out "$1-cert.pem" -subj "/CN=$1" \
    -addext subjectKeyIdentifier=hash -days "${!#}" 2>/dev/null
}
make_key rsa rsa:2048 365
make_key ec ec -pkeyopt ec_paramgen_curve:P-256 365
make_key builder ec -pkeyopt ec_paramgen_curve:P-384 365
make_key brief rsa:2048 10
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$scratch/no-bus

make_tree() {
  rm -rf tree
  mkdir -p tree/usr/bin tree/etc
  printf '#!/bin/sh\necho hello\n' >tree/usr/bin/hello
  chmod 0755 tree/usr/bin/hello
  ln tree/usr/bin/hello tree/usr/bin/again
  : >tree/etc/empty
  echo odd >$'tree/etc/odd\n%\xff'
  ln -s /etc/passwd tree/etc/link
  head -c 300000 /dev/urandom >tree/usr/bin/big
}
create() { run bundle create --key=rsa.pem --cert=rsa-cert.pem "$@"; }
verify() { run bundle verify --cert=rsa-cert.pem "$@"; }
files_are() { json_is "v['results'] == $1"; }

# forge FILE CHANGE [KEY]: the bundle with its statement changed, signed again when there is a key.
forge() { python3 "$tools" "$@"; }
# bad NAME CHANGE REASON: what is malformed is refused, with file, cause and next step.
bad() {
  forge good "$2" rsa.pem >bad || return 1
  verify bad
  ok "$1" code_is 9
  ok "$1, by its reason" err_has "$3"
  ok "$1, with what to do" err_has "imad.bundle(5)"
}

make_tree
run bundle create tree
ok "a bundle needs a key" code_is 2
create --output=good tree --json=short
ok "a directory is signed" json_is "v['bundle']['files'] == 5 and v['bundle']['kind'] == 'directory'"
run sign --key=rsa.pem --cert=rsa-cert.pem --output=bundle tree --json=short
ok "sign makes the same one" cmp good tree.intoto.jsonl
ok "and tells it" json_is "v['bundle']['files'] == 5"
rm -f tree.intoto.jsonl
run sign --key=rsa.pem --output=bundle tree tree
ok "a bundle is of one directory" code_is 2
run sign --key=rsa.pem --output=bundle --fs-verity tree
ok "and sets no labels" code_is 2
create --output=again.jsonl tree
ok "the same with RSA has the same bytes" cmp good again.jsonl
create tree
ok "its name is in-toto's when nobody says it" cmp good tree.intoto.jsonl
rm tree.intoto.jsonl
create tree//
ok "whatever follows it" cmp good tree.intoto.jsonl
ok "and not in the tree" test ! -e tree/.intoto.jsonl
create tree/.
ok "what has no name wants one" code_is 2
ok "which is told" err_has "name the bundle with --output="
create --dry-run --output=none tree
ok "a dry run writes nothing" test ! -e none
verify good --json=short
ok "the bundle alone is checked" files_are "{'good': 5}"
verify good tree --json=short
ok "the files are those of the bundle" files_are "{'good': 5}"
verify good
ok "who signed is told" out_has "signed by CN=rsa"
python3 "$tools" good verify rsa-cert.pem
ok "the envelope is DSSE around an in-toto statement" test $? -eq 0
run bundle create --key=ec.pem --cert=ec-cert.pem --hash=sha512 --output=ec tree
run bundle verify --cert=ec-cert.pem ec tree
ok "ECDSA and other hashes are signed too" code_is 0
python3 "$tools" ec verify ec-cert.pem
ok "in the form of DSSE" test $? -eq 0
run bundle verify --cert=rsa-cert.pem --ca=ec-cert.pem good
ok "a CA that did not issue the certificate refuses it" err_has "not accepted by the CA: untrusted"
run bundle verify --cert=rsa-cert.pem --ca=rsa-cert.pem good
ok "the one that did takes it" code_is 0

# The labels are those that sign makes.
run sign --key=rsa.pem --cert=rsa-cert.pem --output=sidecar tree
python3 "$tools" good labels tree
ok "labels are byte for byte those of sign" test $? -eq 0
run unsign --output=sidecar tree

create --output=deb --evm "$deb" --json=short
ok "a Debian package is signed" json_is "v['bundle']['kind'] == 'deb'"
create --output=deb2 --evm "$deb"
ok "always alike" cmp deb deb2
verify deb "$deb"
ok "and is the package of its bundle" code_is 0
python3 "$tools" deb names >subjects
ok "maintainer scripts are in it" grep -qx control:postinst subjects
ok "the archive is a subject" grep -qx hello.deb subjects
python3 "$tools" deb evm rsa-cert.pem
ok "security.evm is over owner and mode" test $? -eq 0
verify deb tree
ok "another tree is not" code_is 6
ok "and what is missing is named" out_has "/usr/bin/hello-again: it is not there"

(cd tree && tar --sort=name --owner=0 --group=0 -cf ../tree.tar --exclude=big .)
create --output=tar tree.tar --json=short
ok "a tar archive is signed, hard links too" json_is "v['bundle']['kind'] == 'tar' and v['bundle']['files'] == 4"
(cd tree && tar --sort=name --owner=0 --group=0 --mode=u+s -cf ../packed-again.tar --exclude=big .)
verify tar tree.tar
ok "and is the archive of its bundle" code_is 0
verify tar packed-again.tar
ok "the same files in another archive are not" code_is 6
ok "which is told" err_has "packed-again.tar is not the archive of the bundle"
# odd NAME REASON MEMBER…: an archive that does not say which bytes a name stands for is refused.
odd() {
  python3 "$tools" --tar odd.tar "${@:3}"
  create --output=none odd.tar
  ok "$1" code_is 9
  ok "$1, by its reason" err_has "odd.tar $2"
}
odd "a file over a hard link is refused" "names a member twice" good=1 x:good x=2
odd "so is a hard link over a file" "names a member twice" good=1 x=2 x:good
odd "a hard link twice" "names a member twice" good=1 other=2 x:good x:other
odd "a link to what was there before" "names a member twice" good=1 x:good good=2
odd "a symbolic link over a file" "names a member twice" good=1 good@other
odd "a directory over a file" "names a member twice" good=1 good/
odd "a hard link to nothing" "has a hard link to what is no file in it" good=1 x:y
odd "a hard link to a link" "has a hard link to what is no file in it" good=1 x:good y:x
python3 "$tools" --tar odd.tar good=1 good=2 s@good h:s
create --output=none odd.tar
ok "a hard link in an archive with a name twice is refused" code_is 9
python3 "$tools" --tar odd.tar d/ d/ good=1 good=2 s@good
create --output=once odd.tar --json=short
ok "a file over a file is the last one" json_is "v['bundle']['files'] == 1"
python3 "$tools" --tar odd.tar good=1 s@good h:s
create --output=once odd.tar --json=short
ok "a hard link to a symbolic link is no file" json_is "v['bundle']['files'] == 1"
mkdir -p package/usr/bin
cp tree/usr/bin/hello package/usr/bin/
printf 'pkgname = hello\n' >package/.PKGINFO
printf 'post_install() { :; }\n' >package/.INSTALL
(cd package && tar -cf ../hello.pkg.tar .PKGINFO .INSTALL usr)
create --output=pacman hello.pkg.tar --json=short
ok "a pacman package is signed" json_is "v['bundle']['kind'] == 'pacman' and v['bundle']['files'] == 1"
python3 "$tools" --rpm package/usr hello.rpm
create --output=rpm hello.rpm --json=short
ok "an rpm package is signed" json_is "v['bundle']['kind'] == 'rpm' and v['bundle']['files'] == 1"
create --output=none good
ok "what is no package is told" code_is 9
create --output=none absent
ok "what is not there too" code_is 3
mkdir empty
create --output=none empty
ok "nothing is no bundle" err_has "empty holds no file to sign"

# Tampered bundles.
run bundle verify --cert=ec-cert.pem good
ok "another key does not count" code_is 6
ok "which is told" err_has "E491"
forge good payload >bad
verify bad
ok "a changed payload is found" code_is 6
forge good signature >bad
verify bad
ok "a changed signature is found" code_is 6
forge good label rsa.pem >bad
verify bad
ok "a label of other bytes is found, whoever signed the envelope" code_is 6
ok "by its name" out_has "/etc/empty: bad-signature"
bad "a duplicate path is refused" duplicate "is there twice"
bad "a path with .. is refused" dots "leads elsewhere"
bad "an order that is not that of paths is refused" order "not in the order"
bad "an escape that is none is refused" escape "leads elsewhere or is malformed"
bad "files and subjects go together" subject "not the subject at its place"
bad "a file less than subjects is refused" fewer "not one file for each of its subjects"
bad "a digest of another length is refused" digest "no digest of the algorithm"
bad "a label that is no signature is refused" hash "no signature for security.ima"
bad "a label that is no base64 is refused" base64 "not base64"
bad "a mode of a link is refused" mode "no mode of a regular file"
bad "a size below nothing is refused" size "has no size"
bad "another version is refused" version "of a version that this imad does not know"
bad "another predicate is no bundle" other "holds no bundle"
bad "a source of no kind is refused" kind "does not say what it was made of"
for change in text envelope nosig twice lines; do
  forge good "$change" rsa.pem >bad
  verify bad
  ok "a file is refused for its $change" code_is 9
done
truncate -s 140000000 bad
verify bad
ok "a huge file is refused" test "$code" -ne 0
rm bad

# Provenance.
printf '{"buildDefinition": {"buildType": "x"}, "runDetails": {"builder": {"id": "https://builder"}}}' >predicate
create --output=own --provenance=predicate "$deb"
run bundle verify --cert=rsa-cert.pem --require-provenance=rsa-cert.pem --builder=https://builder own "$deb"
ok "provenance is signed with the bundle" code_is 0
ok "its builder is told" out_has "built by https://builder"
run bundle verify --cert=rsa-cert.pem --require-provenance=builder-cert.pem own
ok "by another key it does not count" code_is 6
run bundle verify --cert=rsa-cert.pem --require-provenance=builder-cert.pem own --json=short
ok "and is not said to be verified" json_is "'provenance' not in v"
run bundle verify --cert=rsa-cert.pem --require-provenance=rsa-cert.pem --builder=https://other own
ok "nor by another builder" err_has "of another builder"
run bundle verify --cert=rsa-cert.pem --builder=https://builder own
ok "a name alone proves nothing" code_is 2
run bundle verify --cert=rsa-cert.pem --require-provenance=rsa-cert.pem good
ok "where it is missing that is told" err_has "E493"
python3 "$tools" --provenance "$deb" builder.pem >builder.jsonl
create --output=with --provenance=builder.jsonl "$deb"
run bundle verify --cert=rsa-cert.pem --require-provenance=builder-cert.pem --builder=https://builder with
ok "a builder's own envelope is kept" code_is 0
openssl req -new -key builder.pem -subj /CN=builder -out builder.csr 2>/dev/null
openssl x509 -req -in builder.csr -signkey builder.pem -days -1 -out builder-old.pem 2>/dev/null
run bundle verify --cert=rsa-cert.pem --require-provenance=builder-old.pem with
ok "a builder's certificate that has expired does not count" code_is 6
ok "which is told" err_has "is signed with a certificate that has expired"
create --output=none --provenance=builder.jsonl tree
ok "but not with other bytes" code_is 6
{ head -n 1 good; cat builder.jsonl; } >bad
verify bad
ok "nor is it accepted there" err_has "the provenance is about other bytes"
sed 's|application/vnd.in-toto+json|text/plain|' builder.jsonl >other-type
create --output=none --provenance=other-type "$deb"
ok "nor of another type, which verify passes over" code_is 9
ok "by its reason" err_has "is of another payloadType"
python3 -c 'import base64, json; print(base64.b64decode(json.load(open("builder.jsonl"))["payload"]).decode())' >bare
create --output=none --provenance=bare "$deb"
ok "a statement of which nobody vouches is refused" err_has "is a statement without a signature"
echo '[]' >bad-predicate
create --output=none --provenance=bad-predicate "$deb"
ok "what is no provenance is refused" code_is 9

# The gate of a release.
echo 'appraise func=BPRM_CHECK appraise_type=imasig' >policy
verify --policy=policy good tree
ok "a covered tree passes the gate" code_is 0
printf '#!/bin/sh\n' >tree/usr/bin/new
chmod 0755 tree/usr/bin/new
echo text >tree/etc/text
verify --policy=policy good tree --json=short
ok "a program without label does not" json_is "v['results']['uncovered'] == 1"
ok "what the policy does not look at does no harm" json_is "v['results']['not-appraised'] == 1"
verify --policy=policy good tree
ok "the program is named" out_has "/usr/bin/new: the policy appraises it, and the bundle has no label"
ok "with the kernel's cause" out_has "(IMA-signature-required)"
rm tree/usr/bin/new
echo 'appraise func=BPRM_CHECK appraise_type=imasig appraise_algos=sha512' >strict
verify --policy=strict good tree
ok "a label that the policy refuses is told" out_has "(denied-hash-algorithm)"
echo '# more' >>tree/usr/bin/hello
verify --policy=policy good tree
ok "a file of other bytes is told" out_has "/usr/bin/hello: its bytes are not those that were signed"
make_tree
run bundle create --key=brief.pem --cert=brief-cert.pem --output=brief tree
run bundle verify --cert=brief-cert.pem brief tree
ok "on a host a key counts to its last day" code_is 0
run bundle verify --cert=brief-cert.pem --policy=policy brief tree
ok "a gate wants more" err_has "expires within 30 days"
run bundle verify --cert=brief-cert.pem --policy=policy --valid-for=5 brief tree
ok "how much more can be said" code_is 0
run bundle verify --cert=brief-cert.pem --valid-for=soon brief
ok "in days" code_is 2
openssl req -new -key rsa.pem -subj /CN=old -out old.csr 2>/dev/null
openssl x509 -req -in old.csr -signkey rsa.pem -days -1 -out old-cert.pem 2>/dev/null
run bundle verify --cert=old-cert.pem good
ok "an expired one is refused" code_is 6
run bundle verify good
ok "without certificate nothing is believed" test "$code" -ne 0
verify --policy=policy deb "$deb"
ok "the gate reads packages" code_is 0
create --output=evm --evm tree
(cd tree && tar -cf ../as-is.tar .)
(cd tree && tar --mode=u+s -cf ../setuid.tar .)
verify evm as-is.tar
ok "an archive of the files that were signed is good" code_is 0
verify evm setuid.tar
ok "with another mode it is not" out_has "/usr/bin/hello: owner, mode or attributes are not those"
echo 'appraise func=BPRM_CHECK appraise_type=imasig' >evm-policy
mkdir -p root/sys/kernel/security
echo 1 >root/sys/kernel/security/evm
cp evm evm-policy rsa-cert.pem root/
cp -a tree root/
evm_gate() { run bundle verify --root=root --cert=/rsa-cert.pem --policy=/evm-policy /evm /tree; }
evm_gate
ok "where EVM is on, the gate takes security.evm of the mode that is there" code_is 0
chmod u+s root/tree/usr/bin/hello
evm_gate
ok "but not of another mode" out_has "/usr/bin/again: the policy would deny it"
rm -r root
make_tree

# On the host.
make_tree
create --output=good tree
if ! setfattr -n security.ima -v 0x01 tree/etc/empty 2>/dev/null; then
  run bundle apply --cert=rsa-cert.pem --dry-run good tree --json=short
  ok "a dry run tells" json_is "v['results']['signed'] == 4"
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi
apply() { run bundle apply --cert=rsa-cert.pem --journal="$scratch/journal" "$@"; }
label() { getfattr --only-values -n "security.$2" "tree/$1" 2>/dev/null | base64 -w0; }
apply --dry-run good tree --json=short
ok "a dry run tells" json_is "v['results'] == {'signed': 4}"
ok "and changes nothing" test "$(label etc/empty ima)" = AQ==
apply good tree --json=short
ok "files get their labels" json_is "v['results'] == {'signed': 4} and v['links'] == 1"
applied=$(label usr/bin/hello ima)
run verify --cert=rsa-cert.pem tree
ok "which are good" code_is 0
apply good ./tree/. --json=short
ok "and stay" json_is "v['results'] == {'kept': 4}"
apply good tree/../tree
ok "a directory is named plainly" code_is 2
ok "which is told" err_has "tree/../tree is no plain path of a directory"
run sign --journal="$scratch/journal" --undo=last
ok "a run is taken back" out_has "4 restored"
ok "to what was before" test "$(label etc/empty ima)" = AQ==
run sign --key=rsa.pem --cert=rsa-cert.pem --journal="$scratch/journal" --cache= tree
ok "sign makes the same label" test "$applied" = "$(label usr/bin/hello ima)"
run unsign --journal="$scratch/journal" tree
echo more >>tree/usr/bin/hello
rm tree/etc/empty
apply good tree
ok "what differs is left" code_is 6
rm tree/usr/bin/big
ln -s /etc/passwd tree/usr/bin/big
apply good tree
ok "and named" out_has "/usr/bin/again: its bytes are not those that were signed"
ok "so is what is missing" out_has "/etc/empty: it is not there"
ok "no link is followed" out_has "/usr/bin/big: it is a symbolic link"
ok "a file that differs gets no label" test -z "$(label usr/bin/hello ima)"
make_tree
ln -f tree/usr/bin/hello tree/usr/bin/big
apply good tree --json=short
ok "a name of a file that should be another is told" \
  json_is "v['results'] == {'signed': 3, 'other-bytes': 1} and v['links'] == 1"
ok "by that name" json_is "[f['path'].endswith('/tree/usr/bin/big') for f in v['list'] if f['result'] == 'other-bytes'] == [True]"
make_tree
create --output=evm --evm tree
apply evm tree --json=short
ok "security.evm is set with it" json_is "v['results'] == {'signed': 4}"
run verify --cert=rsa-cert.pem tree --json=short
ok "and good" json_is "all(f['evm'] == 'good' for f in v['list'])"
create --output=sha512 --hash=sha512 tree
apply sha512 tree
ok "a label that the security.evm of a file does not fit is not set" code_is 6
ok "which is told" out_has "/etc/empty: owner, mode or attributes are not those that were signed"
run verify --cert=rsa-cert.pem tree --json=short
ok "and it stays good" json_is "all(f['evm'] == 'good' for f in v['list'])"
run unsign --journal="$scratch/journal" tree
apply sha512 tree --json=short
ok "without one it is" json_is "v['results'] == {'signed': 4}"
run unsign --journal="$scratch/journal" tree
chmod 0700 tree/usr/bin/hello
apply evm tree
ok "another mode is told" out_has "/usr/bin/again: owner, mode or attributes are not those that were signed"
ok "and the file gets no label at all" test -z "$(label usr/bin/hello ima)"
run bundle apply --cert=ec-cert.pem --journal="$scratch/journal" good tree
ok "a bundle of nobody is not applied" code_is 6
mkdir -p root/keys root/var/lib/dpkg/info
dpkg-deb -x "$deb" root 2>/dev/null && dpkg-deb -e "$deb" control && cp control/postinst root/var/lib/dpkg/info/hello.postinst
cp deb rsa-cert.pem root/
chown -R 0:0 root
run bundle apply --root=root --cert=/rsa-cert.pem --journal=/journal /deb --json=short
ok "maintainer scripts are found where dpkg has them" \
  json_is "any(f['path'] == '/var/lib/dpkg/info/hello.postinst' and f['result'] == 'signed' for f in v['list'])"
tap_end

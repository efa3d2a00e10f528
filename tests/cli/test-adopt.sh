#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sign --installed: a root with the package of tests/data/apt installed, its archive in apt's cache and
# apt's signed lists. Setting labels needs root and a file system with attributes; a dry run does not.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
apt_data=$(realpath -- "$cli_dir/../data/apt")
list=archive.example.org_debian_dists_stable_

if ! command -v dpkg-deb >/dev/null || [[ ! -x /usr/bin/gpgv ]]; then
  ok "# SKIP dpkg-deb or gpgv is not here" true
  tap_end
fi
cd -- "$scratch" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \
  -subj /CN=test -addext subjectKeyIdentifier=hash -days 30 2>/dev/null

# make_system: the package, a program that nobody vouches for, a text that nobody executes.
make_system() {
  rm -rf system
  mkdir -p system/{usr/bin,etc/apt/sources.list.d,var/lib/{apt/lists,dpkg/info},var/cache/apt/archives,opt}
  ln -s usr/bin system/bin
  dpkg-deb --fsys-tarfile "$apt_data/hello.deb" | tar -C system -xf - --keep-directory-symlink
  dpkg-deb --ctrl-tarfile "$apt_data/hello.deb" | tar -xOf - ./postinst \
    >system/var/lib/dpkg/info/hello.postinst
  chmod 0755 system/var/lib/dpkg/info/hello.postinst
  printf 'Package: hello\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\n' \
    >system/var/lib/dpkg/status
  (cd system && md5sum usr/bin/hello usr/bin/hello-again usr/lib/libhello.so.1 bin/hello-early) \
    >system/var/lib/dpkg/info/hello.md5sums
  printf 'Types: deb\nURIs: http://archive.example.org/debian\nSuites: stable\nComponents: main\n%s\n' \
    'Signed-By: /etc/apt/archive.asc' >system/etc/apt/sources.list.d/a.sources
  cp "$apt_data/archive.asc" system/etc/apt/archive.asc
  cp "$apt_data/InRelease" "system/var/lib/apt/lists/${list}InRelease"
  cp "$apt_data/Packages" "system/var/lib/apt/lists/${list}main_binary-all_Packages"
  cp "$apt_data/hello.deb" system/var/cache/apt/archives/hello_1.0-1_all.deb
  printf '#!/bin/sh\n' >system/opt/own
  chmod 0755 system/opt/own
}

adopt() { run sign --root=system --key=key.pem --installed "$@"; }
results() { json_is "v['results'] == $1"; }

make_system
run sign --root=system --key=key.pem --fetch opt
ok "archives are fetched for installed packages only" code_is 2
run sign --root=system --key=key.pem --installed --reason=x
ok "a reason is for what nobody vouches for" code_is 2
cp key.pem cert.pem system/
adopt --dry-run --json=short
ok "what is not vouched for is left" code_is 6
ok "the rest would be signed" json_is "v['results']['signed'] == 4 and v['results']['unvouched'] == 1"
ok "by its archive" json_is "v['adoption'] == {'packages': 1, 'vouched': 1, 'refused': 0, 'md5sums': 0}"
ok "each file says so" json_is "[f['source'] for f in v['list'] if f['path'] == '/usr/bin/hello-early'] == ['archive']"
ok "maintainer scripts too" json_is "any(f['path'].endswith('hello.postinst') and f['result'] == 'signed' for f in v['list'])"
adopt --dry-run
ok "people are told what is left" out_has "/opt/own: nobody vouches for it"
ok "and how much is vouched for" out_has "1 of 1 packages vouched for"

ln system/usr/bin/hello-early system/opt/other-name
adopt --dry-run --json=short
ok "another name of a file does not stand for it" json_is "v['results']['signed'] == 4 and v['results']['unvouched'] == 2"
rm system/opt/other-name

printf 'root root 04710 /usr/bin/hello-early\n' >system/var/lib/dpkg/statoverride
chmod 04710 system/usr/bin/hello-early
adopt --dry-run --json=short
ok "another mode by dpkg-statoverride changes nothing" json_is "v['results']['signed'] == 4"

echo '# and more' >>system/usr/bin/hello
adopt --dry-run --json=short
ok "an altered file is not signed" json_is "v['results']['signed'] == 3 and v['results']['altered'] == 1"

printf 'Trusted: yes\n' >>system/etc/apt/sources.list.d/a.sources
adopt --dry-run --json=short
ok "a trusted source vouches for nothing" json_is "v['adoption']['vouched'] == 0 and v['adoption']['refused'] == 1"
ok "so nothing is signed" json_is "'signed' not in v['results']"
ok "and the reason is told" json_is "any('[trusted=yes]' in d['message'] for d in v['diagnostics'])"

make_system
cp key.pem system/
rm system/var/cache/apt/archives/*.deb
adopt --dry-run --json=short
ok "without archive nobody vouches" json_is "'signed' not in v['results']"
adopt --dry-run --json=short --accept-md5sums
ok "MD5 sums count when they are accepted" json_is "v['results']['signed'] == 3 and v['adoption']['md5sums'] == 4"
ok "and are named as what they are" json_is "[f['source'] for f in v['list'] if f['path'] == '/usr/bin/hello-early'] == ['md5sums']"

make_system
cp key.pem system/
if ! setfattr -n security.ima -v 0x01 system/opt/own 2>/dev/null; then
  ok "# SKIP labels: not root, or no attributes here" true
  tap_end
fi
setfattr -x security.ima system/opt/own
printf 'x' >>system/usr/lib/libhello.so.1
run sign --root=system --key=key.pem --installed --cache= --journal=/journal
has_label() { getfattr -n security.ima "system/$1" >/dev/null 2>&1; }
lacks_label() { ! has_label "$1"; }
ok "what is vouched for gets a label" has_label usr/bin/hello-early
ok "what is altered gets none" lacks_label usr/lib/libhello.so.1
ok "nor what is nobody's" lacks_label opt/own
ok "nor a text" lacks_label etc/hello.conf
run sign --root=system --key=key.pem --cache= --journal=/journal --reason=local /opt/own
ok "which is signed by name, with a reason" has_label opt/own
ok "which is in the journal" grep -rqs -- '--reason=local' system/journal
run sign --root=system --journal=/journal --undo=1 --dry-run --json=short
ok "the journal says by what each file was vouched for" json_is \
  "{f['path']: (f['result'], f['source']) for f in v['list']}['/usr/bin/hello-early'] == ('restored', 'archive')"
ok "which changes nothing" has_label usr/bin/hello-early
run sign --root=system --journal=/journal --undo=2 --dry-run --json=short
ok "or that it was named" json_is "[(f['path'], f['source']) for f in v['list']] == [('/opt/own', 'named')]"
run sign --root=system --key=key.pem --installed --cache= --journal=/journal --json=short
ok "and kept from then on" json_is "'unvouched' not in v['results'] and v['results']['altered'] == 1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout system/vendor.pem -out vendor-cert.pem -subj /CN=vendor \
  -addext subjectKeyIdentifier=hash -days 30 2>/dev/null
"$IMACTL" sign --root=system --key=vendor.pem --cache= --journal=/journal /opt/own /usr/bin/hello-early >/dev/null
sources() { json_is "{f['path']: (f['result'], f['source']) for f in v['list'] if f['path'] == '$1'} == {'$1': $2}"; }
run sign --root=system --key=key.pem --installed --dry-run --cache= --json=short
ok "a signature by an unknown key counts for nothing" sources /usr/bin/hello-early "('signed', 'archive')"
install -D vendor-cert.pem system/etc/imad/keys/vendor.pem
run sign --root=system --key=key.pem --installed --cache= --journal=/journal --json=short
ok "one by a key that the kernel gets is kept" sources /usr/bin/hello-early "('kept', 'vendor')"
ok "whoever else vouches for the file or not" sources /opt/own "('kept', 'vendor')"
touch -d yesterday system/opt/own system/usr/bin/hello-early
"$IMACTL" sign --root=system --key=key.pem --installed --cache=/labels --journal=/journal >/dev/null
run sign --root=system --key=key.pem --installed --cache=/labels --journal=/journal --json=short
ok "also from the cache, which does not say whose it is" \
  json_is "[(f['result'], f.get('key_id')) for f in v['list'] if f['path'] == '/usr/bin/hello-early'] == [('kept', None)]"
run sign --root=system --key=key.pem --cache=/labels --journal=/journal --dry-run /usr/bin/hello-early --json=short
ok "which is not for who signs by name" json_is "v['results'] == {'signed': 1}"
mv system/etc/imad/keys/vendor.pem system/
run sign --root=system --key=key.pem --installed --cache=/labels --journal=/journal --dry-run --json=short
ok "nor when the vendor's certificate is gone" sources /usr/bin/hello-early "('signed', 'archive')"
tap_end

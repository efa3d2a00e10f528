# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The virtual machine: what tests/machine/run needs, made from the cache.

# machine_prepare [signed]: sets kernel_612, kernel_61, rootfs, base_image and imad_image to cache entries, and
# package to the entry of the .deb; with "signed" also signed_image and signing_key.
machine_prepare() {
  kernel_entry kernel_612 6.12
  kernel_entry kernel_61 6.1
  rootfs_entry rootfs "$kernel_612" "$kernel_61"
  deb_entry package
  image_base base_image "$rootfs"
  image_imad imad_image "$rootfs" "$package/imad.deb"
  [[ -n ${1-} ]] || return 0
  signing_key signing_key
  image_signed signed_image "$rootfs" "$package/imad.deb" "$signing_key"
}

# What an upgrade in the machine replaces, each of them used by every upgrade; and what has to come with it.
repository_packages=(apt bash ca-certificates coreutils dash dpkg libc6 libssl3 perl-base systemd
  apt-utils libpam-systemd libperl5.36 libsystemd-shared libsystemd0 openssl perl)

# repository_entry RET: apt repositories of these packages, as they are in the machine's root file system and as
# an upgrade would bring them, and of the test's own (tests/machine/make-repository), signed by a key of their
# own, archive.asc.
repository_entry() {
  cache_entry "$1" repository "$({ hash_of tools/lib/machine.sh tests/machine/make-repository &&
    apt-cache show --no-all-versions "${repository_packages[@]}" | grep -E '^(Package|Version):'; } | hash_text)" \
    repository_make
}

repository_make() {
  say "Making a repository for the virtual machine"
  (cd "$1" && quietly apt-get -q -o Acquire::Retries=5 download "${repository_packages[@]}")
  quietly "$imad_top/tests/machine/make-repository" "$1"
  repository_sign "$1" "$1/upgrade"
}

# repository_sign DIR…: Release and InRelease for Packages of each, by a key of their own, archive.asc in the first.
repository_sign() {
  local GNUPGHOME dir
  GNUPGHOME=$(mktemp -d)
  export GNUPGHOME
  quietly gpg --batch --passphrase '' --quick-generate-key imadtest rsa2048 sign never
  gpg --batch --quiet --armor --export >"$1/archive.asc"
  for dir; do repository_release "$dir"; done
  gpgconf --kill all
  rm -rf "$GNUPGHOME"
  unset GNUPGHOME
}

repository_release() (
  cd "$1"
  {
    echo 'Suite: imadtest'
    echo "Date: $(date -Ru)"
    echo 'SHA256:'
    echo " $(sha256sum <Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages"
  } >Release
  gpg --batch --quiet --clearsign --output InRelease Release
)

# What PKCS#11 is tested with; nothing in the root file system needs it.
token_packages=(softhsm2 libsofthsm2 softhsm2-common libsqlite3-0 ucf sensible-utils)

# archives_entry RET: the archives that the machine's root file system was made from, all of them, and those
# of token_packages, with their index.
archives_entry() {
  cache_entry "$1" archives "$({ basename "$rootfs" && declare -f archives_make && echo "${token_packages[@]}"; } |
    hash_text)" archives_make
}

archives_make() {
  local -a wanted
  say "Getting the archives of the virtual machine's root file system"
  mapfile -t wanted < <(dpkg-query --admindir="$rootfs/tree/var/lib/dpkg" -W -f '${Package}:${Architecture}=${Version}\n' |
    sed 's/:all=/=/')
  (
    cd "$1"
    quietly apt-get -q -o Acquire::Retries=5 download "${wanted[@]}" "${token_packages[@]}"
    dpkg-scanpackages -m . >index 2>/dev/null
  )
}

# machine_archives FILE: a tar file with a signed repository of these archives and of imad's, for scenarios
# with "with archives".
machine_archives() {
  local archives dir
  archives_entry archives
  dir=$(mktemp -d)
  chmod 0755 "$dir"
  cp "$package/imad.deb" "$dir"
  (
    cd "$dir"
    dpkg-scanpackages -m . 2>/dev/null | cat "$archives/index" - >Packages
    repository_sign .
  )
  tar -cf "$1" --owner=0 --group=0 -C "$archives" . -C "$dir" .
  rm -rf "$dir"
}

# machine_programs DIR: builds the programs of tests/machine/programs and puts them there.
machine_programs() {
  local build=$imad_top/build-test/programs
  local -a names
  mapfile -t names < <(cd "$imad_top" && grep -l '^int main(' tests/machine/programs/*.c | sed 's/\.c$//')
  mkdir -p "$1"
  [[ -f $build/build.ninja ]] || quietly meson setup "$build" "$imad_top" -Dman=disabled
  quietly ninja -C "$build" "${names[@]}"
  install -t "$1" "${names[@]/#/$build/}"
}

# machine_keys DIR: the signing key and its certificates: ima.der, and for the third kernel, which takes
# none but those of its CA, ima-ca.der.
machine_keys() {
  mkdir "$1"
  cp "$signing_key"/ima.{key,der} "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=other' \
    -addext keyUsage=critical,digitalSignature -outform DER -keyout /dev/null -out "$1/other.der" \
    2>/dev/null
  [[ -n ${kernel_ca-} ]] || return 0
  openssl x509 -in "${kernel_ca[0]}" -out "$1/ca.pem"
  openssl pkey -in "${kernel_ca[1]}" -out "$1/ca.key"
  openssl req -new -key "$signing_key/ima.key" -subj '/CN=imad test signer' |
    openssl x509 -req -CA "${kernel_ca[0]}" -CAkey "${kernel_ca[1]}" -set_serial 1 -days 3650 \
      -extfile <(printf '%s\n' keyUsage=critical,digitalSignature subjectKeyIdentifier=hash \
        authorityKeyIdentifier=keyid) -outform DER -out "$1/ima-ca.der" 2>/dev/null
}

# machine_certificate DIR NAME EXTENSION…: a certificate of the signing key in DER with these extensions, by the
# CA of the third kernel where that takes part.
machine_certificate() {
  local path=$1/$2.der
  local -a issuer=(-signkey "$signing_key/ima.key")
  [[ -z ${kernel_ca-} ]] || issuer=(-CA "${kernel_ca[0]}" -CAkey "${kernel_ca[1]}")
  shift 2
  openssl req -new -key "$signing_key/ima.key" -subj "/CN=imad test ${path##*/}" |
    openssl x509 -req "${issuer[@]}" -set_serial 20 -days 3650 -sha256 -extfile <(printf '%s\n' "$@") \
      -outform DER -out "$path" 2>/dev/null
}

# machine_bad_certificates DIR: each has one fault that a kernel, or whoever verifies, has something against.
machine_bad_certificates() {
  local usage=keyUsage=critical,digitalSignature id=subjectKeyIdentifier=hash
  mkdir "$1"
  machine_certificate "$1" good "$usage" "$id"
  machine_certificate "$1" no-ski "$usage" subjectKeyIdentifier=none
  machine_certificate "$1" no-digital-signature keyUsage=critical,keyEncipherment "$id"
  machine_certificate "$1" ca "$usage,keyCertSign" "$id" basicConstraints=critical,CA:TRUE
  machine_certificate "$1" explicit-false "$usage" "$id" 2.5.29.19=DER:30:03:01:01:00
}

# machine_modules DIR: the modules of Debian's kernels that stages load, by release.
machine_modules() {
  local kernel
  for kernel in "$kernel_612" "$kernel_61"; do
    install -D -m 0644 -t "$1/$(cat "$kernel/release")" "$kernel"/modules/*.ko
  done
}

# machine_label_key DIR NAME SERIAL ALGORITHM…: a private key and its certificate in DER, which the CA of
# the third kernel has signed where that kernel takes part.
machine_label_key() {
  local path=$1/$2 subject="/CN=imad test $2" serial=$3
  shift 3
  quietly openssl genpkey "$@" -out "$path.pem"
  if [[ -z ${kernel_ca-} ]]; then
    openssl req -x509 -new -key "$path.pem" -subj "$subject" -days 3650 -set_serial "$serial" \
      -addext keyUsage=critical,digitalSignature -outform DER -out "$path.der"
  else
    openssl req -new -key "$path.pem" -subj "$subject" |
      openssl x509 -req -CA "${kernel_ca[0]}" -CAkey "${kernel_ca[1]}" -set_serial "$serial" \
        -days 3650 -extfile <(printf '%s\n' keyUsage=critical,digitalSignature \
          subjectKeyIdentifier=hash authorityKeyIdentifier=keyid) -outform DER -out "$path.der" \
        2>/dev/null
  fi
}

# machine_appended DIR KEY: a file with a signature behind it, as modules have.
machine_appended() {
  local signature=$1/signature.der
  echo "no module, by $2" >"$1/appended-$2"
  openssl x509 -inform DER -in "$1/$2.der" -out "$1/$2.crt"
  openssl cms -sign -binary -noattr -nocerts -md sha256 -signer "$1/$2.crt" -inkey "$1/$2.pem" \
    -in "$1/appended-$2" -outform DER -out "$signature"
  {
    cat "$signature"
    printf '\0\0\2\0\0\0\0\0'
    perl -e 'print pack "N", shift' "$(stat -c %s "$signature")"
    printf '~Module signature appended~\n'
  } >>"$1/appended-$2"
  rm "$signature" "$1/$2.crt"
}

# machine_label_keys DIR: what the scenario "labels" signs with; nobody trusts the key "unknown".
machine_label_keys() (
  mkdir "$1"
  machine_label_key "$1" rsa 11 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
  machine_label_key "$1" rsa4096 12 -algorithm RSA -pkeyopt rsa_keygen_bits:4096
  machine_label_key "$1" p256 13 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  machine_label_key "$1" p384 14 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
  machine_appended "$1" rsa
  unset kernel_ca
  machine_label_key "$1" unknown 15 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
  machine_appended "$1" unknown
)

# machine_payload FILE: a tar file with stages, their data, programs, modules and certificates, and the
# packages; beside it repository.tar and archives.tar, for scenarios with "with repository" or "with archives".
machine_payload() {
  local dir repository
  repository_entry repository
  tar -cf "$(dirname "$1")/repository.tar" -C "$repository" --owner=0 --group=0 .
  [[ -z ${signing_key-} ]] || machine_archives "$(dirname "$1")/archives.tar"
  dir=$(mktemp -d)
  cp -r "$imad_top"/tests/machine/{run-stage,lib.sh,archives.sh,signed.sh,simulate.sh,labels.sh,templates.sh,upgrade.sh,initrd.sh,stages} \
    "$dir"
  [[ ! -d $imad_top/tests/machine/data ]] || cp -r "$imad_top/tests/machine/data" "$dir"
  machine_programs "$dir/programs"
  machine_modules "$dir/modules"
  secilc -M false -o "$dir/labels.selinux" -f /dev/null "$imad_top/tests/machine/labels.cil"
  if [[ -n ${signing_key-} ]]; then
    machine_keys "$dir/keys"
    machine_bad_certificates "$dir/certificates"
  fi
  machine_label_keys "$dir/labels"
  cp "$package"/*.deb "$dir"
  cp "$imad_top/tests/machine/brick.sh" "$dir"
  tar -cf "$1" -C "$dir" --owner=0 --group=0 .
  rm -rf "$dir"
}

# step_machine [--all]: every scenario; results in build-test/machine.
step_machine() {
  local out=$imad_top/build-test/machine
  local -a kernels
  machine_kernels "$@"
  mkdir -p "$out"
  rm -f "$out/results.json"
  machine_payload "$out/payload.tar"
  "$imad_top/tests/machine/run" "${kernels[@]}" --image base="$base_image/disk.img" \
    --image imad="$imad_image/disk.img" --image signed="$signed_image/disk.img" \
    --payload "$out/payload.tar" --output "$out" "$@" || true
  count "$(jq .passed "$out/results.json")" "$(jq .failed "$out/results.json")"
}

machine_kernels() {
  local third
  kernels=(--kernel "6.12=$kernel_612" --kernel "6.1=$kernel_61")
  if [[ ${1-} == --all ]]; then
    kernel_third third
    kernels+=(--kernel "full=$third")
  fi
}

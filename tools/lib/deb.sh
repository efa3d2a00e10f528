# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The Debian package, built in a copy of the tree.

# deb_inputs: what goes into the package, below the top of the tree.
deb_inputs() {
  find "$imad_top" -mindepth 1 -maxdepth 1 -printf '%f\n' |
    grep -vxE '\.git.*|\.ci|\.clang.*|\.editorconfig|build.*|obj-.*|docs|tests|tools|README\.md|\.pc' |
    sort
}

# deb_entry RET: an entry with imad.deb and imad-next.deb, the same with a higher version.
deb_entry() {
  local -a inputs
  mapfile -t inputs < <(deb_inputs)
  cache_entry "$1" deb "$({ hash_of "${inputs[@]}" tools/lib/deb.sh && deb_toolchain; } | hash_text)" \
    deb_build "${inputs[@]}"
}

# deb_toolchain: versions that change the result.
deb_toolchain() {
  dpkg-query -W -f '${Package}=${Version}\n' gcc meson debhelper libsystemd-dev libssl-dev \
    libtss2-dev
}

deb_build() {
  local new=$1
  shift
  say "Building the Debian package"
  mkdir -p "$new/.build/imad"
  (cd "$imad_top" && cp -a -- "$@" "$new/.build/imad")
  (
    cd "$new/.build/imad"
    DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" quietly dpkg-buildpackage -b -us -uc
  )
  cp "$new"/.build/imad_*.deb "$new/imad.deb"
  deb_raise "$new"
  rm -rf "$new/.build"
}

# deb_raise DIR: repacks imad.deb with a higher version, for the test of an upgrade.
deb_raise() {
  dpkg-deb -R "$1/imad.deb" "$1/.build/next"
  sed -i 's/^Version: .*/&+next/' "$1/.build/next/DEBIAN/control"
  quietly dpkg-deb --root-owner-group -b "$1/.build/next" "$1/imad-next.deb"
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The builds of a test run: as an ordinary user, with sanitizers, with fuzzers.

# build_folder DIR SOURCE [OPTION…]: configures when that was not done with these options, and
# compiles; silent unless it fails.
build_folder() {
  local dir=$1 source=$2
  shift 2
  if [[ ! -f $dir/build.ninja || $(cat "$dir/.options" 2>/dev/null) != "$*" ]]; then
    "${as_user[@]}" rm -rf "$dir"
    quietly "${as_user[@]}" meson setup "$dir" "$source" "$@"
    "${as_user[@]}" tee "$dir/.options" >/dev/null <<<"$*"
  fi
  quietly "${as_user[@]}" ninja -C "$dir"
}

# step_shell: what is sourced; the style check of the source tree looks at the programs.
step_shell() {
  local -a scripts
  mapfile -t scripts < <(grep -rlE '^# shellcheck shell=' \
    "$imad_top"/{tools,tests/machine,.ci,debian})
  if shellcheck -x "${scripts[@]}"; then count 1 0; else count 0 1; fi
}

# An ordinary user with a copy of the tree, as whoever builds a distribution package: no root, no
# network needed, nothing beside the tree.
user_name=nobody
user_home=/var/tmp/imad-test-$user_name

# user_copy: brings the copy up to date; ninja then builds what has changed.
user_copy() {
  if [[ -L $user_home || ( -e $user_home && $(stat -c %U "$user_home") != "$user_name" ) ]]; then
    die "$user_home exists and is not $user_name's; remove it"
  fi
  install -d -m 0755 -o "$user_name" "$user_home"
  chown -RhP "$user_name:" "$user_home" # whoever built there as root would lock the user out
  rsync -a --delete --chown="$user_name:" --exclude='/build*' --exclude=/.git --exclude='/obj-*' \
    "$imad_top/" "$user_home/imad/"
}

# user_sockets: removes the sockets of Criterion's programs that were killed: named by process number, they
# would stop another user's of the same number.
user_sockets() {
  local socket
  for socket in /tmp/criterion_*.sock; do
    [[ ! -S $socket || -d /proc/$(tr -cd 0-9 <<<"${socket##*/}") ]] || rm -f "$socket"
  done
}

# step_user [OPTION…]: options for meson test.
step_user() {
  local -a as_user=(runuser -u "$user_name" -- env -i PATH="$PATH" LC_ALL="$LC_ALL"
    HOME="$user_home" USER="$user_name")
  user_copy
  build_folder "$user_home/imad/build" "$user_home/imad" -Dmode=developer
  user_sockets
  meson_test "$user_home/imad/build" user --no-rebuild "$@"
}

step_sanitizers() {
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  build_folder "$imad_top/build-test/sanitizers" "$imad_top" -Dmode=developer \
    -Db_sanitize=address,undefined -Db_lundef=false -Dman=disabled
  meson_test "$imad_top/build-test/sanitizers" sanitizers --no-rebuild \
    --suite unit --suite bus --suite cli --suite tpm --suite root --timeout-multiplier 4
}

# step_fuzzers SECONDS
step_fuzzers() {
  CC=clang build_folder "$imad_top/build-test/fuzzers" "$imad_top" -Dmode=developer \
    -Dfuzzers=true -Dtests=false -Dman=disabled
  FUZZ_SECONDS=$1 meson_test "$imad_top/build-test/fuzzers" fuzzers --no-rebuild --suite fuzz
}

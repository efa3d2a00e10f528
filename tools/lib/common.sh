# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What every command in tools/ shares: messages, the cache folder, hashes of inputs.

set -euo pipefail
export LC_ALL=C.UTF-8

imad_top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
imad_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/imad

# say LINE…: progress, on stderr, so that stdout stays for results.
say() {
  printf '%s\n' "$@" >&2
}

# die TEXT…: the last message of a command that cannot go on.
die() {
  say "${0##*/}: $*"
  exit 1
}

require_root() {
  [[ $EUID -eq 0 ]] || die "needs root: it installs packages and makes a root file system (try: sudo $0)"
}

# quietly COMMAND…: shows the output of COMMAND only when it fails.
quietly() {
  local log rc=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || rc=$?
  if ((rc != 0)); then
    say "failed ($rc): $*"
    tail -n 60 "$log" | cut -c1-400 >&2
  fi
  rm -f "$log"
  return "$rc"
}

# hash_of FILE…: one short hash of the contents and modes of files and folders below the tree.
hash_of() {
  (
    cd "$imad_top"
    find "$@" -type d -name __pycache__ -prune -o \( -type f -o -type l \) -print0 |
      sort -z | xargs -0 stat -c '%a %n' --
    find "$@" -type d -name __pycache__ -prune -o -type f -print0 | sort -z | xargs -0 sha256sum --
    find "$@" -type l -printf '%p %l\n' | sort
  ) | hash_text
}

# hash_text: a short hash of stdin.
hash_text() {
  sha256sum | cut -c1-20
}

# duration START: whole seconds since the value of SECONDS in START, as text.
duration() {
  printf '%d s' "$((SECONDS - $1))"
}

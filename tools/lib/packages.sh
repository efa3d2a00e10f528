# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Debian packages: the list in tools/packages, installed only when something is missing.

export DEBIAN_FRONTEND=noninteractive

# packages_list GROUP…: the names in tools/packages, one per line.
packages_list() {
  local group
  for group; do
    awk -v group="$group" '$1 == group { print $2 }' "$imad_top/tools/packages"
  done | sort -u
}

packages_missing() {
  local name
  packages_list "$@" | while read -r name; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$name"
  done
}

# packages_update: fetches apt's lists once per run, with retries against a flaky mirror.
packages_updated=
packages_update() {
  [[ -z $packages_updated ]] || return 0
  quietly apt-get -q -o Acquire::Retries=5 update ||
    die "apt-get update failed; check /etc/apt/sources.list and the network"
  packages_updated=yes
}

# packages_install GROUP…: installs with apt what is missing from the groups.
packages_install() {
  local -a missing
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]} > 0)) || return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  packages_update
  quietly apt-get -q -y --no-install-recommends -o Acquire::Retries=5 \
    -o DPkg::Lock::Timeout=300 install "${missing[@]}" ||
    die "apt-get install failed; the output above names the package"
}

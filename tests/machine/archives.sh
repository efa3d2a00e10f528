# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages that need the archives which the root file system was made from, or packages beside it.

# put_archives: apt knows a repository of them and no other; it copies what it downloads.
put_archives() {
  mkdir -p "$work/archives"
  tar -xf /usr/lib/imadtest/archives.tar -C "$work/archives"
  rm -f /etc/apt/sources.list.d/*
  echo "deb [signed-by=$work/archives/archive.asc] copy:$work/archives ./" >/etc/apt/sources.list
  works 'apt reads the signed index' apt-get -q update
}

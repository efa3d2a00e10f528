# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages on the image "signed": its key, policies that appraise, and files without signature.
# imad-load knows no keys, so these stages load such policies themselves.

loader=/lib64/ld-linux-x86-64.so.2

# add_key: where this kernel looks for keys: .ima, or _ima in the keyrings of who first executes
# something under the policy.
add_key() {
  if grep -q ' \.ima:' /proc/keys; then
    keyctl padd asymmetric '' %keyring:.ima <"$payload/keys/ima-ca.der" >/dev/null
  else
    keyctl padd asymmetric '' "$(keyctl newring _ima @s)" <"$payload/keys/ima.der" >/dev/null
  fi
}

# enforce PRESET…: puts the presets in force.
enforce() {
  local preset
  for preset; do works "$preset is enabled" imactl preset enable "$preset"; done
  imactl policy compile >"$work/enforced"
  for preset; do imactl preset disable "$preset" >/dev/null; done
  works 'the key is added' add_key
  if echo "$work/enforced" >"$ima/policy" && /bin/true; then
    ok "$* in force"
  else
    not_ok "$* in force" "$(cat "$work/enforced")"
  fi
}

# put_unsigned: files without a signature where people put them, one signed file, and memfd-exec where
# everybody may read it.
put_unsigned() {
  local path
  install -m 0644 "$payload/data/memfd-exec" /tmp
  for path in /usr/local/bin/imadtest-unsigned /tmp/unsigned /run/unsigned /dev/shm/unsigned \
    /tmp/nobody /dev/shm/nobody; do
    cat /bin/true >"$path"
    chmod 0755 "$path"
  done
  chown nobody /tmp/nobody /dev/shm/nobody
  printf '#!/bin/sh\nexit 0\n' >/tmp/script
  chmod 0755 /tmp/script
  cat /bin/true >/dev/shm/signed
  chmod 0755 /dev/shm/signed
  setfattr -n security.ima -v "$(getfattr --absolute-names -e hex -n security.ima /bin/true |
    sed -n 's/^security.ima=//p')" /dev/shm/signed
}

as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# denied NAME COMMAND…: the kernel says EACCES, which shells turn into exit code 126.
denied() {
  local name=$1
  shift
  exits 126 "$name is denied" "$@"
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages that enforce signatures: the key, policies that appraise, and files without signature.

loader=/lib64/ld-linux-x86-64.so.2

# put_certificate: the signer's, where imad-load looks for it; kernels with .ima take only the one that
# their CA has signed.
put_certificate() {
  local name=ima
  if grep -q ' \.ima:' /proc/keys; then name=ima-ca; fi
  install -D -m 0644 "$payload/keys/$name.der" "/etc/imad/keys/$name.der"
}

# enforce PRESET…: puts the presets in force, as the next boot would; their text is "$work/enforced".
enforce() {
  local preset
  put_certificate
  for preset; do works "$preset is enabled" imactl preset enable "$preset"; done
  works 'they are put on trial' imactl policy apply --trial --auto --force=coverage \
    --reason='all files of the image are signed'
  imactl policy compile >"$work/enforced"
  for preset; do imactl preset disable "$preset" >/dev/null; done
  works "$* in force" systemctl restart imad-load.service
  note "$(cat /run/imad/boot.json)"
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

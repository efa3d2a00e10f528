#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Archives that root allows, by the real worker below a root.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
root=$scratch/root
mkdir -p "$root/tmp"
cp -- "$cli_dir/../data/apt/hello.deb" "$root/tmp/hello.deb"
sha256=$(sha256sum <"$root/tmp/hello.deb" | cut -d ' ' -f 1)
record=$root/var/lib/imad/allowed-archives/$sha256.json

is_recorded() { [[ $(find "$root/var/lib/imad/allowed-archives" -type f) == "$record" ]] && grep -qF -- "$1" "$record"; }

run transaction allow --root="$root" /tmp/hello.deb --reason="from the vendor's page"
ok "an archive is allowed" code_is 0
ok "by its digest" out_has "$sha256"
ok "which is recorded, with the reason" is_recorded "from the vendor's page"
run transaction allow --root="$root" /tmp/hello.deb --json=short
ok "in JSON, with its end" json_is "v['sha256'] == '$sha256' and v['until_usec'] > 0 and v['archive'] == '/tmp/hello.deb'"
run transaction allow --root="$root" /tmp/no.deb
ok "one that is not there is not" code_is 3
printf 'no package' >"$root/tmp/junk.deb"
run transaction allow --root="$root" /tmp/junk.deb
ok "nor is what is no package" err_has "/tmp/junk.deb"
tap_end

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Rules for files that packages make, checked by the real worker below a root.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
root=$scratch/root
rules=$root/etc/imad/vouch.d
mkdir -p "$rules" "$root/usr/lib/imad/vouch.d"

run vouch check --root="$root"
ok "no rules are valid" code_is 0
ok "and said to be none" out_has "valid: 0 rules"
printf 'vouch: 1\nrules:\n  - {id: made, path: /usr/lib/a/*.so, package: a}\n' >"$root/usr/lib/imad/vouch.d/10-a.yaml"
run vouch check --root="$root" --json=short
ok "a rule of a package is found" json_is 'v["valid"] and v["rules"] == [{"id": "10-a/made", "paths": ["/usr/lib/a/*.so"], "package": "a", "max_files": 100, "max_size": 67108864}]'
ln -s /dev/null "$rules/10-a.yaml"
run vouch check --root="$root"
ok "a link to /dev/null masks it" out_has "valid: 0 rules"

printf 'vouch: 1\nrules:\n  - {id: a, path: usr/x, package: A}\n  - {id: b, path: /usr/lib/b, package: b}\n' >"$rules/20-b.yaml"
run vouch check --root="$root"
ok "a mistake is exit code 4" code_is 4
ok "every mistake is told, with its place" err_has "20-b.yaml:3:19: error: a path begins with /"
ok "the second one, too" err_has "20-b.yaml:3:35: error: this is not the name of a package"
ok "what is left is shown" out_has "20-b/b"
touch "$rules/30-c.yml"
rm "$rules/20-b.yaml"
run vouch check --root="$root"
ok "an ignored file is a warning" code_is 0
run vouch check --root="$root" --strict
ok "which --strict does not let pass" code_is 4
tap_end

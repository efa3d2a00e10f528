#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# --help, help, version and wrong command lines.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

verbs() {
  python3 -c '
import json, sys
for verb in json.load(sys.stdin)["verbs"]:
    print(" ".join(filter(None, (verb["group"], verb["name"]))))
' < <("$IMACTL" help --json=short)
}

lists_every_verb() {
  local verb
  while read -r verb; do
    grep -qE "^  $verb( |\$)" "$scratch/out" || return 1
  done < <(verbs)
}

every_verb_has_help() {
  local verb
  while read -r verb; do
    # shellcheck disable=SC2086
    run help $verb
    [[ $code -eq 0 ]] && out_has "imactl $verb" || return 1
    cp "$scratch/out" "$scratch/first"
    # shellcheck disable=SC2086
    run $verb --help
    cmp -s "$scratch/out" "$scratch/first" || return 1
  done < <(verbs)
}

run --help
ok "--help succeeds" code_is 0
ok "--help lists every verb" lists_every_verb
ok "there are 13 verbs at least" test "$(verbs | wc -l)" -ge 13
ok "every verb has its own help, by help and --help" every_verb_has_help
run policy --help
ok "a group has help" out_has "policy apply"
ok "help of a group leaves others out" test "$(grep -c 'preset' "$scratch/out")" -eq 0
run --version
ok "--version names the version" grep -qE '^imactl [0-9]+\.[0-9]+' "$scratch/out"
cp "$scratch/out" "$scratch/first"
run version
ok "version and --version agree" cmp -s "$scratch/out" "$scratch/first"

run polcy
ok "an unknown verb is exit code 2" code_is 2
ok "an unknown verb suggests the nearest" err_has "did you mean 'imactl policy'?"
ok "a wrong command line prints nothing on stdout" out_is_empty
run policy
ok "a group alone is exit code 2" code_is 2
run help nothing
ok "help for an unknown verb is exit code 2" code_is 2
run status --no-such-option
ok "an unknown option is exit code 2" code_is 2
ok "an unknown option is named" err_has "unknown option '--no-such-option'"
run --jsno=short
ok "an unknown option suggests the nearest" err_has "did you mean --json?"
run --wrong status --json=short
ok "a wrong command line is JSON, too" is_pure_json
ok "the JSON error has name and message" json_is \
  'v["error"]["name"] == "org.imad1.Error.InvalidOption" and "--wrong" in v["error"]["message"] and v["error"]["diagnostics"] == []'
tap_end

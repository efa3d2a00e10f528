#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# imactl explain: codes of diagnostics, without a daemon or worker.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

lines_fit() { awk '{ if (length($0) > 100) exit 1 }' "$scratch/out"; }

run explain E135
ok "a code is explained" code_is 0
ok "it opens with code, kind and title" out_has "E135 (error): "
ok "the wrong example is shown as a fragment" out_has "      - {id: system, action: measure, uid>: 0, uid<: 1000}"
ok "text is filled to the width of a page" lines_fit
run explain E102
ok "control characters of an example are escaped" out_has 'policy: 1\x0d'
run explain E114 --json=short
ok "explain --json is pure JSON" is_pure_json
ok "several fragments keep their names" json_is \
  'list(v["explanations"][0]["wrong"]) == ["10-vendor.yaml", "50-site.yaml"]'
run explain E114 W101 -j
ok "several codes are explained at once" json_is '[e["code"] for e in v["explanations"]] == ["E114", "W101"]'
run explain
ok "without a code all are listed" out_has "E401 error   a measurement list ends inside an entry"
run explain -j
ok "as JSON, too" json_is '{"code": "E401", "severity": "error", "title": "a measurement list ends inside an entry"} in v["codes"]'
run explain E999
ok "an unknown code is exit code 3" code_is 3
ok "and says where codes are found" err_has "there is no code E999"

tap_end

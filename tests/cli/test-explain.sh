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

run explain E999 W101
ok "also among others" code_is 3

answer 0 '{"path":"/usr/bin/a\u001b","package":"a","ima":null,"evm":null,"uses":[{"use":"exec","verdict":"denied","cause":"missing-hash","func":"BPRM_CHECK","rule":{"text":"appraise func=BPRM_CHECK"}}],"policy":{"source":"tcb","appraise_mode":"enforce","evm":false},"keys":{"certificates":1},"last_denial":{"time":"2026-01-01T00:00:00Z","cause":"missing-hash","process":"bash","pid":7},"denials_seen":true,"mend":"imactl sign --key=KEY /usr/bin/a","diagnostics":[]}'
run explain /usr/bin/a
ok "a file is explained by the worker" grep -qF 'explain -- /usr/bin/a' "$FAKE_LOG"
ok "with its package" out_has 'of the package a'
ok "with the rule that denies it" out_has 'exec: denied, missing-hash (appraise func=BPRM_CHECK)'
ok "with its last denial" out_has 'Last denial in this boot: 2026-01-01T00:00:00Z, to bash (process 7): missing-hash'
ok "and with what mends it" out_has 'To mend it: imactl sign --key=KEY /usr/bin/a'
ok "control characters of its name are escaped" out_has '/usr/bin/a\x1b'

IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
printf '#!/bin/sh\n' >"$scratch/tool"
chmod 755 "$scratch/tool"
printf 'appraise func=BPRM_CHECK appraise_type=imasig\n' >"$scratch/policy"
run explain "$scratch/tool" --policy="$scratch/policy" --json=short
ok "the real worker joins rule, package and command" json_is \
  '[u for u in v["uses"] if u["cause"]][0]["rule"]["line"] == 1 and v["package"] is None and v["path"].endswith("/tool")'
run explain "$scratch/nothing"
ok "a file that is not there is exit code 3" code_is 3

tap_end

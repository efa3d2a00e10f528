#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Verbs that run imad-worker: its call, its answer as text and JSON, exit codes.
# Functions are called by name, through ok.
# shellcheck disable=SC2317,SC2089,SC2090
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

diagnostic='{"severity":"error","code":"E120","source":"50-x.yaml","line":3,"column":5,"message":"unknown key \"path\"","hint":"use fowner"}'
warning='{"severity":"warning","code":"W110","source":"50-x.yaml","line":4,"column":1,"message":"odd","hint":null}'
good_check='{"valid":true,"rules":14,"kernel":"6.12","fragments":[{"path":"a","name":"a","rules":14}],"diagnostics":[]}'
bad_check='{"valid":false,"rules":0,"fragments":[{"path":"a"}],"diagnostics":['$diagnostic,$warning']}'

worker_called_with() { [[ $(<"$FAKE_LOG") == "$1" ]]; }

answer 0 "$good_check"
run policy check a.yaml --root=/r -- --b.yaml
ok "check succeeds" code_is 0
ok "check says so" out_is "✓ valid: 1 fragment makes 14 kernel rules (checked for Linux 6.12)"
ok "options and files reach the worker" worker_called_with "--root=/r policy-check -- a.yaml --b.yaml"
run policy check -q
ok "check -q prints nothing" out_is_empty

answer 4 "$bad_check"
run policy check
ok "errors are exit code 4" code_is 4
ok "diagnostics go to stderr with their place" err_has '50-x.yaml:3:5: error: unknown key "path" [E120]'
ok "hints follow" err_has "  hint: use fowner"
ok "the summary counts" out_is "✗ 1 error, 1 warning"
run policy check -q
ok "-q keeps errors" err_has "E120"
run policy check --json=pretty
ok "check --json is pure JSON" is_pure_json
ok "the verdict stays a result" json_is 'v["valid"] is False and len(v["diagnostics"]) == 2'
ok "check --json keeps the exit code" code_is 4

answer 4 '{"valid":false,"fragments":[],"diagnostics":[{"severity":"error","code":"E120","source":"a.yaml","line":3,"column":9,"end_line":3,"end_column":13,"message":"wrong","hint":null,"excerpt":"    ä: x\u001bab","excerpt_column":1,"related":[{"source":"b.yaml","line":1,"column":1,"end_line":1,"end_column":2,"message":"first","excerpt":"y","excerpt_column":1}],"fix":[{"line":3,"column":9,"end_line":3,"end_column":13,"text":"word","old":"xab"}]}]}'
run policy check
ok "the line of the source comes with its diagnostic" err_has '    3 |     ä: x\x1bab'
ok "what is meant is underlined" err_has '      |         ^~~~~~'
ok "a fix says what to write" err_has '  fix: replace xab by word'
ok "other places follow" err_has '  b.yaml:1:1: note: first'

answer 0 '{"policy":"measure func=BPRM_CHECK\n","rules":1,"kernel":"6.1","provenance":[],"diagnostics":['$warning']}'
run policy compile --kernel=6.1
ok "compile prints kernel text only" out_is "measure func=BPRM_CHECK"
ok "compile warns on stderr" err_has "warning: odd"
ok "compile passes the kernel on" worker_called_with "--kernel=6.1 policy-compile"
answer 4 "$bad_check"
run policy compile
ok "a failed compile prints nothing on stdout" out_is_empty
ok "a failed compile is exit code 4" code_is 4
run policy compile -j
ok "a failed compile is a JSON error" json_is \
  'v["error"]["name"] == "org.imad1.Error.PolicyInvalid" and v["error"]["diagnostics"][0]["line"] == 3'
ok "and nothing else" is_pure_json

answer 0 '{"changed":true,"dry_run":false,"generation":4,"rules":14,"activation":"next-boot","kernels":[{"release":"6.1"},{"release":"6.12"}],"diagnostics":[]}'
run policy apply --root=/r
ok "apply below a root runs the worker" worker_called_with "--root=/r policy-apply"
ok "apply says what was made" out_has "Generation 4 made: 14 kernel rules, for 2 installed kernels."
ok "apply says when it counts" out_has "at the next boot"
ok "a change is exit code 0" code_is 0
run policy apply --root=/r --detailed-exitcode --dry-run
ok "--detailed-exitcode makes a change 10" code_is 10
ok "--dry-run reaches the worker" worker_called_with "--root=/r --dry-run policy-apply"
ok "--dry-run says that nothing was done" out_has "Nothing was changed."
answer 0 '{"changed":false,"generation":4,"rules":14,"activation":"next-boot","kernels":[],"diagnostics":[]}'
run policy apply --root=/r --detailed-exitcode
ok "nothing to do is exit code 0" code_is 0
ok "nothing to do is said" out_has "Nothing to do: generation 4"

answer 0 '{"changed":true,"generation":5,"rules":1,"appraises":true,"confirm_within_usec":900000000,"activation":"next-boot","kernels":[{}],"diagnostics":[]}'
run policy apply --root=/r --trial --confirm-within=15min
ok "a trial reaches the worker" worker_called_with "--root=/r --trial --confirm-within=15min policy-apply"
ok "apply says how a trial ends" out_has "reboots after 15 minutes"
run policy apply --root=/r --trial --auto --force=keys,coverage --reason=test
ok "what is forced reaches the worker" worker_called_with \
  "--root=/r --reason=test --trial --auto --force=keys,coverage policy-apply"

answer 0 '{"changed":true,"generation":5,"confirmed":"trial","diagnostics":[]}'
run policy confirm --root=/r
ok "confirm says what is good" out_has "Generation 5 is good."
answer 0 '{"changed":true,"generation":3,"previous_generation":5,"diagnostics":[]}'
run policy rollback --root=/r
ok "rollback says what is loaded" out_has "Loads generation 3 from the next boot on."

answer 0 '{"intended":3,"alarm_reason":"generation 5: lost","alarm_usec":1000000,"generations":[{"number":3,"state":"good","since_usec":0,"reason":"applied"},{"number":5,"state":"failed","since_usec":1000000,"reason":"lost","forced":"keys","forced_reason":"a test"}],"boots":[{"generation":5,"result":"failed"}],"diagnostics":[]}'
run policy log --root=/r
ok "log shows what is intended" out_has "*3"
ok "log shows a failed generation" out_has "failed"
ok "log shows the alarm" out_has "generation 5: lost"
ok "log shows what was forced" out_has "Generation 5 was forced through (keys): a test"

answer 0 '{"source":"/p","rules":2,"fragment":"policy: 1\nrules: []\n","output":null,"changed":false,"diagnostics":['"$warning"']}'
run policy import /p
ok "import prints the fragment only" out_is "policy: 1
rules: []"
ok "import warns on stderr" err_has "warning: odd"
ok "the file reaches the worker" worker_called_with "policy-import -- /p"
run policy import --running
ok "--running reaches the worker" worker_called_with "--running policy-import"
answer 0 '{"source":"-","rules":2,"fragment":"policy: 1\n","output":"/etc/x.yaml","changed":true,"diagnostics":[]}'
run policy import - --output=/etc/x.yaml
ok "import says what was written" out_has "Wrote /etc/x.yaml: 2 kernel rules."
ok "--output reaches the worker" worker_called_with "--output=/etc/x.yaml policy-import -- -"

rule='{"list":"policy","line":2,"text":"appraise func=BPRM_CHECK","fragment":"50-x","id":"signed","source":"/etc/50-x.yaml","source_line":7}'
off='{"active":false,"done":false,"rule":null}'
denied='{"active":true,"done":true,"rule":'$rule',"status":"fails","denied":true,"cause":"missing-hash","not_matching":[{"rule":{"list":"tcb","line":1,"text":"dont_appraise fowner=1"},"wanted":"fowner=1","found":"0"}]}'
simulated='{"func":"BPRM_CHECK","mask":"MAY_EXEC","measure":'$off',"appraise":'$denied',"audit":'$off',"hash":'$off',"flags":["signature-required"]}'
answer 0 '{"policy":{"source":"fragments","rules":3,"builtin_rules":0,"appraise_mode":"enforce","kernel":"6.1"},"files":[{"path":"/bin/\u001b[2Jx","uses":[{"use":"execute","requests":['"$simulated"']}]}],"diagnostics":[]}'
run policy simulate /bin/x --uid=5 --explain
ok "simulate names outcome, cause and rule" out_has "appraise ✗ DENIED: missing-hash  ← 50-x/signed  /etc/50-x.yaml:7"
ok "simulate says why others do not match" out_has "it wants fowner=1, here is 0"
ok "built-in rules are called so" out_has "not built in (tcb): dont_appraise fowner=1"
ok "classes that nothing asks for are left out" test "$(grep -c measure "$scratch/out")" -eq 0
ok "paths are escaped" out_has '/bin/\x1b[2Jx, use: execute'
ok "its options reach the worker" worker_called_with "--uid=5 --explain policy-simulate -- /bin/x"
answer 0 '{"policy":{"source":"boot","rules":0,"builtin_rules":9,"appraise_mode":"log"},"tree":{"files":9,"measured":0,"denied":3,"critical":[{"path":"/sbin/init","what":"the init process","func":"BPRM_CHECK","cause":null}],"groups":[{"name":"/sbin","denied":3,"examples":["/sbin/init"]}],"denied_groups":2,"rules":[]},"diagnostics":[]}'
run policy simulate --tree / --policy=boot
ok "trees are counted" out_has "3 would be denied"
ok "boot-critical files come first" out_has "✗ /sbin/init, the init process: BPRM_CHECK"
ok "what is left out is said" out_has "and 1 more directories"

rule='{"rule":3,"text":"dont_measure uid=1","fragment":"50-x","id":"skip","source_line":7,"source_column":5}'
answer 11 '{"a":{"name":"generation 1","kernel":"6.1","rules":3},"b":{"name":"fragments","kernel":"6.1","rules":4},"same_effect":false,"same_text":false,"effects":1,"globals":["sticky"],"changes":[{"kind":"added","reason":"reached","effect":true,"a":null,"b":'"$rule"',"other":null,"example":{"request":"BPRM_CHECK uid=1","before":"measured","after":"nothing"}},{"kind":"moved","reason":"commutes","effect":false,"a":'"$rule"',"b":'"$rule"',"other":null,"example":null}],"diagnostics":[]}'
run policy diff 1
ok "a difference is exit code 11" code_is 11
ok "diff names both sides" out_has "--- generation 1, Linux 6.1, 3 rules"
ok "diff shows what was added" out_has "+ dont_measure uid=1"
ok "diff shows where it comes from" out_has "    rule 3, 50-x/skip, line 7"
ok "diff shows an example" out_has "for example BPRM_CHECK uid=1: measured before, nothing now"
ok "diff tells what holds for the whole policy" out_has "! what stays restricted"
ok "what moved without effect is counted only" test "$(grep -c '^~' "$scratch/out")" -eq 0
ok "diff sums up" out_has "1 added, 0 removed, 1 moved: 1 with an effect, 1 without."
answer 0 '{"a":{},"b":{},"same_effect":true,"same_text":true,"effects":0,"globals":[],"changes":[],"diagnostics":[]}'
run policy diff 1 fragments
ok "the same policy is exit code 0" code_is 0
ok "the same policy is said" out_is "The policies are the same."
ok "both names reach the worker" worker_called_with "policy-diff -- 1 fragments"

answer 0 '{"transactions":[{"number":3,"begin":"2026-01-01T00:00:00Z","owner":{"name":"apt\u001b[2J"},"packages":2,"labelled":12,"unknown":1,"foreign":1,"failed":0}],"diagnostics":[]}'
run transaction list
ok "transactions are a table" grep -qE '^ +3 +2026-01-01T00:00:00Z +apt.x1b\[2J +2 +12 +2 +0$' "$scratch/out"
answer 0 '{"number":3,"owner":{"name":"apt","pid":7},"labelled":12,"gate":{"started":2,"killed":1},"packages":[{"name":"dash","version":"1"}],"unknown":[{"path":"/usr/bin/dropped"}],"failed":[{"path":"/usr/bin/x","error":"Read-only file system"}],"diagnostics":[]}'
run transaction show 3
ok "a transaction shows what it signed" out_has "Labelled: 12 files"
ok "and what nobody vouches for" out_has "  /usr/bin/dropped"
ok "and what could not be labelled, with the reason" out_has "  /usr/bin/x: Read-only file system"
ok "and that the gate hung" out_has "The gate was started 2 times, 1 hung"

answer 0 '{"presets":[{"name":"programs","description":"Programs\u001b[2J must be signed","refuses":true,"enabled":true},{"name":"tcb","description":"","enabled":false}],"diagnostics":[]}'
run preset list
ok "presets are a table" grep -qE '^programs +yes +yes +Programs' "$scratch/out"
ok "the table has a heading" grep -qE '^NAME +ENABLED +REFUSES +DESCRIPTION' "$scratch/out"
ok "control characters are escaped" out_has 'Programs\x1b[2J must'
run preset list --no-legend
ok "--no-legend leaves rows only" test "$(wc -l <"$scratch/out")" -eq 2

answer 0 '{"name":"20-tcb","path":"/usr/share/imad/presets/20-tcb.yaml","text":"policy: 1\nrules: []\u001b[2J\n","diagnostics":[]}'
run preset cat tcb
ok "a preset is shown under its path" grep -qxF "# /usr/share/imad/presets/20-tcb.yaml" "$scratch/out"
ok "line by line" grep -qxF "policy: 1" "$scratch/out"
ok "without control characters" out_has 'rules: []\x1b[2J'
ok "and nothing else" test "$(wc -l <"$scratch/out")" -eq 3
answer 0 '{"changed":true,"name":"tcb","link":"/etc/imad/policy.d/20-tcb.yaml","diagnostics":[]}'
run preset enable tcb
ok "enable names the link" out_has "Linked /etc/imad/policy.d/20-tcb.yaml"
ok "nothing is said of refusing" test "$(grep -c refuses "$scratch/out")" -eq 0
answer 0 '{"changed":true,"name":"50-programs","refuses":true,"link":"/etc/imad/policy.d/50-programs.yaml","diagnostics":[]}'
run preset enable programs
ok "enable warns of what refuses files" out_has "It refuses files: imactl preset cat 50-programs"
ok "and names the way to try it" out_has "apply --trial --confirm-within=15min"
answer 3 '{"error":{"name":"org.imad1.Error.NotFound","message":"there is no preset nope","hint":"imactl preset list"},"diagnostics":[]}'
run preset enable nope
ok "the worker'\''s error is the message" err_has "imactl: there is no preset nope"
ok "the worker'\''s exit code is kept" code_is 3
run preset enable nope --json=short
ok "the worker'\''s error is JSON" json_is 'v["error"]["hint"] == "imactl preset list"'

answer 1 '{"checks":[{"id":"tpm","result":"ok","message":"TPM 2.0","hint":null},{"id":"ima","result":"failed","message":"no IMA","hint":"boot another kernel"}],"diagnostics":[]}'
run doctor
ok "a failed check is exit code 1" code_is 1
ok "doctor marks what is fine" out_has "✓ TPM 2.0"
ok "doctor marks what failed" out_has "✗ failed: no IMA"
ok "doctor gives the remedy" out_has "→ boot another kernel"
run doctor -q
ok "doctor -q leaves out what is fine" test "$(grep -c TPM "$scratch/out")" -eq 0
LC_ALL=C run doctor
ok "without UTF-8 output is ASCII" test -z "$(LC_ALL=C tr -d '\n\40-\176' <"$scratch/out")"

answer 6 '{"entries":2,"violations":0,"status":"diverged","banks":[{"algorithm":"sha256","pcr":10,"value":"aa","replayed":"bb","verdict":"diverged","confirmed":7}],"diagnostics":[]}'
run measurements verify --list=f --pcr=sha256:10=aa --pcr=sha1:10=bb
ok "a mismatch is exit code 6" code_is 6
ok "both values are shown" out_has "list: bb"
ok "and where both agreed" out_has "both agreed at entry 7"
ok "every --pcr reaches the worker" \
  worker_called_with "--list=f --pcr=sha256:10=aa --pcr=sha1:10=bb measurements-verify"

for broken in '' 'no json' '[]' '{"a":1} trailing'; do
  answer 0 "$broken"
  run policy check --json=short
  ok "a broken answer is exit code 1: '$broken'" code_is 1
  ok "and a JSON error" is_pure_json
done
answer kill ''
run policy check
ok "a killed worker is reported" err_has "killed by signal 9"
IMAD_LIBEXECDIR=/nonexistent run policy check
ok "a missing worker is named" err_has "/nonexistent/imad-worker"
tap_end

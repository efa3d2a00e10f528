#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Verbs that talk to imad: a private bus, and FAKE_IMAD in the place of the daemon.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

if [[ ${1:-} != inside ]]; then
  exec dbus-run-session -- bash "$0" inside
fi
export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
data=$(realpath -- "$cli_dir/../data")
imad_pid=''

stop_imad() {
  [[ -z $imad_pid ]] || kill "$imad_pid" 2>/dev/null
  [[ -z $imad_pid ]] || wait "$imad_pid" 2>/dev/null
  imad_pid=''
}
trap 'stop_imad; rm -rf -- "$scratch"' EXIT

# start_imad VARIABLE=VALUE…: a fresh daemon that owns its name.
start_imad() {
  local line
  stop_imad
  exec {ready}< <(exec env "$@" "$FAKE_IMAD")
  imad_pid=$!
  read -r line <&"$ready"
  exec {ready}<&-
  [[ $line == ready ]]
}

unreachable=(status "policy apply" "policy off" "measurements list" "measurements follow" "measurements verify")
for verb in "${unreachable[@]}"; do
  # shellcheck disable=SC2086
  run $verb
  ok "$verb without imad is exit code 7" code_is 7
done
ok "the text says how to start it" err_has "systemctl start imad.service"
run status --json=short
ok "without imad the error is JSON" json_is 'v["error"]["name"] == "org.imad1.Error.Unreachable"'
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$scratch/no-bus run status
ok "without a bus it is exit code 7" code_is 7

start_imad FAKE_DESCRIBE="$data/status/match.json"
run status
ok "status succeeds" code_is 0
ok "status is the page" cmp -s "$scratch/out" "$data/status/match.txt"
run --json=short
ok "status --json is pure JSON" is_pure_json
ok "and is what imad says" json_is 'v["measurements"]["banks"][1]["algorithm"] == "sha256"'

echo '{"changed":true,"generation":7,"rules":3,"activation":"next-boot","kernels":[{"release":"6.1"}],"diagnostics":[]}' \
  >"$scratch/result"
start_imad FAKE_JOB=done FAKE_RESULT="$scratch/result"
run policy apply
ok "apply waits for its job" code_is 0
ok "and shows its result" out_has "Generation 7 made: 3 kernel rules, for 1 installed kernel."
run policy apply --json=short --detailed-exitcode
ok "a changed policy is 10 with --detailed-exitcode" code_is 10
ok "the result of a job is pure JSON" is_pure_json

echo '{"changed":true,"generation":7,"rules":3,"activation":"next-boot","appraises":false,"observes":true,"suspends":5,"kernels":[{"release":"6.1"}],"diagnostics":[]}' \
  >"$scratch/result"
start_imad FAKE_JOB=done FAKE_RESULT="$scratch/result"
run policy apply --observe
ok "an observed policy refuses nothing, and apply says so" out_has "It refuses nothing."
ok "it names the generation that is not loaded meanwhile" out_has "generation 5, which refuses files, is not loaded"

echo '{"error":{"name":"org.imad1.Error.PolicyInvalid","message":"the fragments have errors"},"diagnostics":[{"severity":"error","code":"E120","source":"a.yaml","line":1,"column":2,"message":"wrong","hint":null}]}' \
  >"$scratch/result"
start_imad FAKE_JOB=failed FAKE_RESULT="$scratch/result"
run policy apply
ok "a failed job gives the exit code of its error" code_is 4
ok "a failed job brings its diagnostics" err_has "a.yaml:1:2: error: wrong [E120]"
run policy apply -j
ok "a failed job is a JSON error" json_is 'v["error"]["diagnostics"][0]["code"] == "E120"'

start_imad FAKE_JOB=interrupt FAKE_RESULT="$scratch/result"
run policy apply
ok "Ctrl-C cancels the job" err_has "the job was cancelled"
ok "a cancelled job is exit code 1" code_is 1

start_imad FAKE_JOB=die
run policy apply
ok "imad going away ends the wait with exit code 7" code_is 7

start_imad FAKE_STATUS=match
run measurements list
ok "list pages through all entries" out_has "1201 entries"
ok "list shows every entry once" test "$(grep -c ima-ng "$scratch/out")" -eq 1201
ok "control characters in names are escaped" out_has '/tmp/a\x1b[2Jb'
ok "names that are no UTF-8 are escaped" out_has '/\xffx'
ok "violations are marked" out_has "violation"
run measurements list --json=short
ok "the list as JSON" json_is 'len(v["entries"]) == 1201 and v["entries"][1]["name_bytes"] == "2fff78"'
run measurements show 4
ok "show asks for one entry" out_has "Entry 4"
start_imad FAKE_FILTER="$scratch/filter"
run measurements list --path='/usr/*' --template=ima-sig --verdict=unsigned --signed-by=a1b2c3d4 \
  --package=bash --since=@5
ok "the filter is what was asked for" test "$(cat "$scratch/filter")" = \
  '{"package":"bash","path":"/usr/*","signed-by":"a1b2c3d4","since":5000000,"template":"ima-sig","verdict":"unsigned"}'
run measurements show 2
ok "show asks for details" test "$(cat "$scratch/filter")" = '{"details":true}'
run measurements list --since=yesterday
ok "a time that is none is wrong use" code_is 2
ok "and the forms of times are named" err_has "-90min"
start_imad FAKE_GROW=1
run measurements follow
ok "follow ends when imad does" code_is 7
ok "follow begins with the last ten" test "$(head -n 1 "$scratch/out" | awk '{print $1}')" = 1192
ok "and shows what comes" test "$(awk '{print $1}' "$scratch/out" | tail -n 2 | xargs)" = "1202 1203"
start_imad FAKE_GROW=1
run measurements follow --json=pretty
ok "each entry is a line of JSON, and the error too" test "$(python3 -c '
import json, sys
print([json.loads(line).get("number") for line in open(sys.argv[1])][-4:])' "$scratch/out")" = "[1201, 1202, 1203, None]"

start_imad FAKE_STATUS=match
run measurements verify
ok "a match is exit code 0" code_is 0
for status in diverged:6 list-ahead:6 pcr-ahead:6 other-boot:6 no-tpm:8 bank-unsupported:8 unknown:1; do
  start_imad FAKE_STATUS="${status%:*}"
  run measurements verify --json=short
  ok "${status%:*} is exit code ${status#*:}" code_is "${status#*:}"
  ok "${status%:*} is a result, not an error" json_is "v['status'] == '${status%:*}'"
done

for condition in list-absent:3 list-denied:5 tpm-denied:5 list-malformed:9 list-unreadable:1; do
  start_imad FAKE_STATUS=unknown FAKE_CONDITION="${condition%:*}"
  run measurements verify
  ok "${condition%:*} is exit code ${condition#*:}" code_is "${condition#*:}"
  ok "${condition%:*} is said" out_has "${condition%:*}"
done

errors=(org.imad1.Error.InvalidOption:2 org.imad1.Error.NotFound:3 org.imad1.Error.PolicyInvalid:4
  org.imad1.Error.AuthorizationFailed:5 org.imad1.Error.InteractiveAuthorizationRequired:5
  org.imad1.Error.NotSupported:8 org.imad1.Error.Busy:1 org.imad1.Error.LimitExceeded:1
  org.freedesktop.DBus.Error.AccessDenied:5 org.freedesktop.DBus.Error.NoReply:7
  org.freedesktop.DBus.Error.Spawn.ExecFailed:7 org.freedesktop.systemd1.UnitMasked:7 a.b.C:1)
for error in "${errors[@]}"; do
  start_imad FAKE_ERROR="${error%:*}"
  run policy apply --json=short
  ok "${error%:*} is exit code ${error#*:}" code_is "${error#*:}"
  ok "${error%:*} gives pure JSON" is_pure_json
done
tap_end

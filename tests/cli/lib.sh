# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests that drive the built imactl: IMACTL is its path. Each check prints a line of TAP.
# shellcheck shell=bash

set -u

tap_count=0
tap_failed=0
cli_dir=$(dirname -- "${BASH_SOURCE[0]}")
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

# The worker that answers with $FAKE_ANSWER and ends with $FAKE_CODE.
export IMAD_LIBEXECDIR=$scratch/libexec
mkdir "$IMAD_LIBEXECDIR"
ln -s -- "$(realpath -- "$cli_dir/fake-worker")" "$IMAD_LIBEXECDIR/imad-worker"
export FAKE_ANSWER=$scratch/answer FAKE_LOG=$scratch/worker.log
export LC_ALL=C.UTF-8 TZ=UTC

# ok NAME COMMAND…: the command must succeed.
ok() {
  local name=$1
  shift
  tap_count=$((tap_count + 1))
  if "$@"; then
    printf 'ok %d - %s\n' "$tap_count" "$name"
  else
    printf 'not ok %d - %s\n' "$tap_count" "$name"
    [[ ! -e $scratch/out ]] || sed 's/^/# stdout: /' "$scratch/out"
    [[ ! -e $scratch/err ]] || sed 's/^/# stderr: /' "$scratch/err"
    tap_failed=$((tap_failed + 1))
  fi
}

tap_end() {
  printf '1..%d\n' "$tap_count"
  exit $((tap_failed > 0))
}

# run ARGUMENT…: runs imactl; leaves $code, $scratch/out and $scratch/err.
# shellcheck disable=SC2034
run() {
  "$IMACTL" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
  code=$?
}

# answer CODE TEXT: what the worker says next.
answer() {
  export FAKE_CODE=$1
  printf '%s' "$2" >"$FAKE_ANSWER"
}

# One JSON value and a newline, nothing else, is on stdout, and nothing is on stderr.
is_pure_json() {
  python3 -c '
import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
value = json.loads(text)
assert isinstance(value, dict) and text.endswith("\n")
' "$scratch/out" && [[ ! -s $scratch/err ]]
}

# json_is EXPRESSION: a Python expression over the value v of stdout.
json_is() {
  python3 -c '
import json, sys
v = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(0 if eval(sys.argv[2]) else 1)
' "$scratch/out" "$1"
}

out_has() { grep -qF -- "$1" "$scratch/out"; }
err_has() { grep -qF -- "$1" "$scratch/err"; }
out_is() { [[ $(<"$scratch/out") == "$1" ]]; }
out_is_empty() { [[ ! -s $scratch/out ]]; }
err_is_empty() { [[ ! -s $scratch/err ]]; }
code_is() { [[ $code -eq $1 ]]; }

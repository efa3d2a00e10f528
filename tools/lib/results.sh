# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Steps of a test run, their durations, and the count of passed and failed test cases.

passed=0
failed=0

# step TITLE FUNCTION [ARGUMENT…]: runs a step; the function counts test cases. A command that fails
# inside ends the whole run (set -e), counted as one failure by results_end.
step() {
  local start=$SECONDS failed_before=$failed passed_before=$passed
  current_step=$1
  shift
  printf '\n== %s\n' "$current_step"
  "$@"
  printf '== %s: %d passed, %d failed, %d s\n' "$current_step" $((passed - passed_before)) \
    $((failed - failed_before)) $((SECONDS - start))
  current_step=
}
current_step=

# count PASSED FAILED
count() {
  ((passed += $1, failed += $2)) || true
}

# meson_test DIR NAME [OPTION…]: runs tests of a build folder and counts their cases. Skipped ones
# are said, since only data of third parties may be missing.
meson_test() {
  local dir=$1 name=$2 rc=0 good bad skipped
  shift 2
  rm -f "$dir/meson-logs/$name.junit.xml"
  "${as_user[@]}" meson test -C "$dir" --logbase "$name" --print-errorlogs --quiet "$@" || rc=$?
  read -r good bad skipped < <("$imad_top/tools/lib/junit-count" "$dir/meson-logs/$name.junit.xml")
  if ((bad == 0 && (rc != 0 || good == 0))); then
    say "meson test failed or ran nothing in $dir ($*)"
    bad=1
  fi
  count "$good" "$bad"
  ((skipped == 0)) || printf '%d skipped\n' "$skipped"
}
as_user=()

# results_end: for the EXIT trap; prints the last line and gives the exit code.
results_end() {
  local rc=$?
  if [[ -n $current_step ]]; then
    printf '== %s: did not end\n' "$current_step"
    count 0 1
  fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((rc == 0 && failed == 0 && passed > 0)) || exit 1
}

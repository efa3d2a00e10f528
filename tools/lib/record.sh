# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Benchmarks and the block of figures that is kept in docs/VERIFIED.md.

bench_dir=$imad_top/build-test/bench

# step_bench: Meson's benchmarks of an optimised build; figures of the machine are in record_print.
step_bench() {
  build_folder "$bench_dir" "$imad_top" -Dmode=release -Dbuildtype=release -Db_lto=true -Dman=disabled
  quietly meson test -C "$bench_dir" --benchmark --no-rebuild --logbase=benchmarklog
  record_benchmarks
}

# record_benchmarks: what each benchmark printed and how long it ran.
record_benchmarks() {
  local log=$bench_dir/meson-logs/benchmarklog.json
  [[ -n $bench && -f $log ]] || return 0
  jq -r '"- benchmark \(.name): \(.duration * 100 | round / 100) s",
    ((.stdout // "") | split("\n")[] | select(length > 0) | "  " + .)' "$log"
}

# record_print OPTION…: date, commit, counts and figures, ready to be pasted.
record_print() {
  local results=$imad_top/build-test/machine/results.json
  printf '\n### %s, commit %s\n\n' "$(date -u +%F)" \
    "$(git -C "$imad_top" describe --always --dirty 2>/dev/null || echo unknown)"
  printf -- '- `tools/test %s` in %d s on %d cores: %d passed, %d failed\n' "$*" "$SECONDS" \
    "$(nproc)" "$passed" "$failed"
  record_benchmarks
  if [[ -z $quick && -f $results ]]; then
    jq -r '.scenarios[] | "- machine \(.name): \(.passed) passed, \(.failures | length) failed; "
      + ([.boots | to_entries[] | "\(.key) \(.value | round) s"] | join(", ")),
      (.figures | to_entries[] | "  - \(.key): \(.value)")' "$results"
  fi
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Helpers for the stages, which run as root inside the machine. Results go to descriptor 3, one
# line per check; "# " lines explain a failure.

ima=/sys/kernel/security/ima
payload=${payload:-/run/imadtest/payload}
work=/var/lib/imadtest # survives from one boot of a scenario to the next
mkdir -p "$work"

ok() {
  echo "ok - $1" >&3
}

# not_ok NAME [DETAIL…]
not_ok() {
  echo "not ok - $1" >&3
  shift
  [[ $# -eq 0 ]] || note "$@"
}

# note TEXT…: explains; every line is marked.
note() {
  printf '%s\n' "$@" | head -n 40 | sed 's/^/# /' >&3
}

# figure NAME VALUE UNIT: a number worth keeping; the host collects them.
figure() {
  echo "figure $1 $2 $3" >&3
}

# is GOT EXPECTED NAME
is() {
  if [[ $1 == "$2" ]]; then ok "$3"; else not_ok "$3" "got:      $1" "expected: $2"; fi
}

# like GOT REGEX NAME
like() {
  if [[ $1 =~ $2 ]]; then ok "$3"; else not_ok "$3" "got:   $1" "regex: $2"; fi
}

# unlike GOT REGEX NAME
unlike() {
  if [[ $1 =~ $2 ]]; then not_ok "$3" "got:          $1" "unwanted: $2"; else ok "$3"; fi
}

# at_most NUMBER LIMIT NAME
at_most() {
  if (($1 <= $2)); then ok "$3"; else not_ok "$3" "got $1, limit $2"; fi
}

# works NAME COMMAND…: exit code 0.
works() {
  exits 0 "$@"
}

# exits CODE NAME COMMAND…: runs COMMAND, keeps its output in $out, and checks the exit code.
exits() {
  local want=$1 name=$2 got=0
  shift 2
  out=$("$@" 2>&1) || got=$?
  if ((got == want)); then ok "$name"; else not_ok "$name" "exit code $got, not $want: $*" "$out"; fi
}

# json FILTER NAME EXPECTED: a value of the JSON text in $json.
json() {
  is "$(jq -c -r "$1" <<<"$json" 2>&1)" "$3" "$2"
}

# measured PATH: whether the kernel's list has an entry for the file.
measured() {
  grep -qF " $1" "$ima/ascii_runtime_measurements"
}

# pcr ALGORITHM: PCR 10 as the TPM itself tells it, lower-case hex.
pcr() {
  tpm2_pcrread -T device:/dev/tpmrm0 "$1:10" | sed -n 's/^ *10 *: *0x//p' | tr A-F a-f
}

# came_up NAME [FAILED-UNIT…]: the boot ended well, but for the units that are expected to fail.
came_up() {
  local name=$1 failed
  shift
  failed=$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }' | sort | paste -sd' ')
  is "$failed" "$(printf '%s\n' "$@" | sort | paste -sd' ')" "$name: failed units"
  is "$(systemctl is-active default.target)" active "$name: default.target is reached"
}

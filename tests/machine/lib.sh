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
  judged
  failed=$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }' | sort | paste -sd' ')
  is "$failed" "$(printf '%s\n' "$@" | sort | paste -sd' ')" "$name: failed units"
  is "$(systemctl is-active default.target)" active "$name: default.target is reached"
}

# judged: waits until imad-bless.service has had its say about this boot.
judged() {
  while systemctl list-jobs --no-legend | grep -qE 'imad-bless|boot-complete'; do sleep 1; done
}

# boot_result KEY: what imad-load has recorded for this boot.
boot_result() {
  jq -r ".$1" /run/imad/boot.json 2>&1
}

# file_by_uid PATH UID: a program that belongs to a user of its own, since IMA cannot match paths.
file_by_uid() {
  cp /bin/true "$1"
  chown "$2" "$1"
}

# enable_verity: lets the root file system have fs-verity, a bit of s_feature_ro_compat; the superblock in
# use lies in the device's page cache.
enable_verity() {
  local features
  features=$(od -An -tu1 -j1125 -N1 /dev/nvme0n1)
  printf '%b' "\\x$(printf %02x $((features | 0x80)))" |
    dd of=/dev/nvme0n1 bs=1 seek=1125 conv=notrunc status=none
}

# put_fragments: the fragments of the three folders as the scenarios use them.
put_fragments() {
  mkdir -p /usr/lib/imad/policy.d /run/imad/policy.d /etc/imad/policy.d
  cp "$payload"/data/vendor/*.yaml /usr/lib/imad/policy.d
  cp "$payload"/data/run/*.yaml /run/imad/policy.d
  cp "$payload"/data/etc/*.yaml /etc/imad/policy.d
  ln -sfn /dev/null /etc/imad/policy.d/10-nothing.yaml
}

# put_programs: one program that the fragments measure, one that they exclude, and a file that is
# measured when it is read.
put_programs() {
  file_by_uid /usr/local/bin/imadtest-seen 0
  file_by_uid /usr/local/bin/imadtest-hidden 4712
  echo data >/usr/local/share/imadtest-data
  chown 4713 /usr/local/share/imadtest-data
}

# check_effect: the fragments of put_fragments are in force.
check_effect() {
  imadtest-seen
  imadtest-hidden
  cat /usr/local/share/imadtest-data >/dev/null
  works 'a program that the policy names is measured' measured /usr/local/bin/imadtest-seen
  exits 1 'a program that the policy excludes is not' measured /usr/local/bin/imadtest-hidden
  works "a file of /run's fragment is measured when it is read" measured \
    /usr/local/share/imadtest-data
}

# guarded: whether the guardian runs.
guarded() {
  grep -qsa '^@imad-guardian' /proc/[0-9]*/cmdline
}

# try_policy NAME FOWNER OPTION…: applies, for a trial, a policy that refuses programs of one user.
try_policy() {
  local name=$1 owner=$2
  shift 2
  printf '%s\n' 'policy: 1' 'rules:' "  - {id: user-$owner, action: appraise, func: BPRM_CHECK," \
    "     fowner: $owner, appraise_type: imasig}" >/etc/imad/policy.d/50-trial.yaml
  works "$name" imactl policy apply --trial --force=keys,coverage \
    --reason='no file has this owner' "$@"
}

# history_of NUMBER: state of a generation in policy log.
history_of() {
  imactl policy log --json=short | jq -r ".generations[] | select(.number == $1) | .state"
}

# fresh_status: puts into $json what the daemon knows after it has read the list to its end. The
# first start of a tool makes an entry of its own, so all are started once before.
fresh_status() {
  pcr sha256 | tr -d '\n' >/dev/null
  jq -n 1 >/dev/null
  imactl measurements verify >/dev/null
  imactl measurements verify >/dev/null
  json=$(imactl status --json=short)
}

# bank_values: for every bank its name and PCR 10, as the kernel and as the TPM itself tells it.
bank_values() {
  local file algorithm
  for file in /sys/class/tpm/tpm0/pcr-*/10; do
    algorithm=${file%/10}
    algorithm=${algorithm##*/pcr-}
    echo "$algorithm $(tr A-F a-f <"$file") $(pcr "$algorithm")"
  done
}

# check_banks: imactl, the kernel's files and the TPM itself tell the same about every bank of PCR 10.
check_banks() {
  local algorithm kernel tpm
  bank_values >"$work/banks"
  fresh_status
  bank_values >"$work/banks"
  while read -r algorithm kernel tpm; do
    is "$kernel" "$tpm" "$algorithm: kernel and TPM tell the same PCR 10"
    json ".measurements.banks[] | select(.algorithm == \"$algorithm\") | .value" \
      "$algorithm: imactl shows it" "$tpm"
    json ".measurements.banks[] | select(.algorithm == \"$algorithm\") | .replayed" \
      "$algorithm: the replayed list gives it" "$tpm"
    json ".measurements.banks[] | select(.algorithm == \"$algorithm\") | .verdict" \
      "$algorithm: the verdict" match
  done <"$work/banks"
  works 'there are banks to compare' test -s "$work/banks"
}

# check_counts: entries and violations are the kernel's own.
check_counts() {
  local count
  fresh_status
  count=$(cat "$ima/runtime_measurements_count")
  json .measurements.entries 'imactl counts the entries of the list' "$count"
  json .measurements.violations 'imactl counts the violations' "$(cat "$ima/violations")"
}

# check_loaded GENERATION: imad-load has loaded this generation in this boot, and everybody says so.
check_loaded() {
  is "$(boot_result outcome)" loaded 'imad-load has loaded the policy'
  is "$(boot_result generation)" "$1" "it is generation $1"
  is "$(boot_result release)" "$(uname -r)" 'it is the text for this kernel'
  works 'the policy is announced to other units' test -e /run/imad/policy-loaded
  is "$(systemctl is-active imad-policy.target)" active 'imad-policy.target is reached'
  json=$(imactl status --json=short)
  json .policy.state 'imactl: the policy is loaded' loaded
  json .policy.generation "imactl: generation $1 is in force" "$1"
}

# tell TEXT: a sentence for who watches tools/demo.
tell() {
  printf '>\n> %s\n>\n' "$1" >&3
}

# show COMMAND…: runs it before the eyes of who watches tools/demo.
show() {
  echo "> # ${*@Q}" | sed "s/'\([A-Za-z0-9_.:/=-]*\)'/\1/g" >&3
  "$@" 2>&1 | sed 's/^/> /' >&3
  [[ ${PIPESTATUS[0]} -eq 0 ]] || not_ok "$*"
}

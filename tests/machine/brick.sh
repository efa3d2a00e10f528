# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages that make the machine unusable on purpose: each boot after one such checks that it is
# back, and prepares the next.

force=('--force=compile,keys,coverage,filesystems' --reason='to see the machine come back')
fragment=/etc/imad/policy.d/50-brick.yaml

# put_on_trial NAME [PRESET…]: the fragment on standard input, if any, or presets.
put_on_trial() {
  local name=$1 preset
  shift
  mkdir -p /etc/imad/policy.d
  rm -f /etc/imad/policy.d/*
  if [[ $# -eq 0 ]]; then cat >"$fragment"; fi
  for preset; do imactl preset enable "$preset" >/dev/null; done
  works "$name is put on trial" imactl policy apply --trial --auto "${force[@]}"
}

# deny_owner NAME USER HOOKS PATH…: a policy that denies these files.
deny_owner() {
  local name=$1 user=$2 hooks=$3
  shift 3
  chown "$user" "$@"
  put_on_trial "$name" <<END
policy: 1
rules:
  - {id: files, action: appraise, func: [$hooks], fowner: $user, appraise_type: imasig}
END
}

# is_back NAME REGEX: the machine has come up without policy, and says what happened.
is_back() {
  came_up "after $1"
  is "$(boot_result outcome)" none-intended 'no policy is in force'
  json=$(imactl status --json=short)
  like "$(jq -r .policy.alarm.message <<<"$json")" "$2" 'the alarm says what happened'
  works 'status too' imactl status
  like "$out" 'Alarm: ' 'it has the alarm'
  is "$(imactl policy log --json=short | jq -r '[.generations[] | select(.state == "failed")] | length > 0')" \
    true 'policy log has the failure'
  works 'the alarm is acknowledged' imactl policy confirm
}

# not_loaded NAME OUTCOME: imad-load has seen it coming.
not_loaded() {
  came_up "after $1" imad-load.service
  like "$(boot_result outcome)" "$2" 'the policy was not loaded'
  note "$(cat /run/imad/boot.json)"
  json=$(imactl status --json=short)
  like "$(jq -r .policy.alarm.message <<<"$json")" 'generation' 'the alarm says so'
  works 'the alarm is acknowledged' imactl policy confirm
}

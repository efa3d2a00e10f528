#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# COMPLETIONS is the directory of the built completions. They offer every verb and option, and
# never run anything.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

table() {
  python3 -c '
import json, sys
help = json.load(sys.stdin)
for verb in help["verbs"]:
    print(verb["name"])
for option in help["options"]:
    if option["name"]:
        print(option["name"])
' < <("$IMACTL" help --json=short)
}

holds_every_word() {
  local word
  while read -r word; do
    grep -qE -- "(^|[^a-z-])(--)?$word([^a-z-]|\$)" "$1" || {
      printf '# %s lacks %s\n' "$1" "$word"
      return 1
    }
  done < <(table)
}

# complete_bash WORD…: what bash offers for the last word.
complete_bash() {
  # shellcheck disable=SC2016
  bash --norc -c '
    . "$1"
    shift
    compopt() { :; }
    COMP_WORDS=(imactl "$@") COMP_CWORD=$#
    _imactl
    printf "%s\n" "${COMPREPLY[@]}"
  ' bash "$COMPLETIONS/imactl" "$@" 2>"$scratch/err" | sort | paste -sd' '
}

offers() { # offers EXPECTED WORD…
  local expected=$1
  shift
  [[ $(complete_bash "$@") == "$expected" ]] || {
    printf '# offered: %s\n' "$(complete_bash "$@")"
    return 1
  }
}

for file in imactl _imactl imactl.fish; do
  ok "$file holds every verb and option" holds_every_word "$COMPLETIONS/$file"
done
ok "bash parses its file" bash -n "$COMPLETIONS/imactl"
if command -v zsh >/dev/null; then
  ok "zsh parses its file" zsh -n "$COMPLETIONS/_imactl"
fi
if command -v fish >/dev/null; then
  ok "fish parses its file" fish -n "$COMPLETIONS/imactl.fish"
fi

ok "bash completes a verb" offers "policy preset" p
ok "bash completes codes of diagnostics" offers "E140 E141 E142 E143 E144" explain E14
ok "bash completes a second word" offers "apply" policy a
ok "bash looks past options" offers "apply check compile confirm diff import log off rollback simulate" --no-pager policy ''
ok "bash completes an option of the verb" offers "--dry-run" policy apply --dr
ok "bash offers no option of another verb" offers "" status --dr
ok "bash completes a value behind =" offers "pretty" --json = p
touch "$scratch/my fragment.yaml"
cd "$scratch" || exit 1
ok "bash completes file names with blanks" offers "my fragment.yaml" policy check my

presets=$scratch/presets
mkdir "$presets"
touch "$presets/20-tcb.yaml" "$presets/30-measure.yaml" "$presets/README"
sed "s|[^ ]*/imad/presets|$presets|" "$COMPLETIONS/imactl" >"$scratch/imactl"
COMPLETIONS=$scratch ok "bash completes presets as people call them" offers "measure tcb" preset enable ''

mkdir "$scratch/targets"
touch "$scratch/targets/debian-12.target" "$scratch/targets/rhel-9.target"
sed "s|[^ ]*/imad/targets|$scratch/targets|" "$COMPLETIONS/imactl" >"$scratch/imactl"
COMPLETIONS=$scratch ok "bash completes targets, and the running one" offers "rhel-9 running" \
  policy check --target = r

# Nothing that these files do may start a program, least of all one that wakes the daemon.
runs_nothing() { ! grep -qE '(\$\(|`|\()(imactl|busctl|dbus-send|gdbus)' "$1"; }
for file in imactl _imactl imactl.fish; do
  ok "$file runs no client" runs_nothing "$COMPLETIONS/$file"
done
tap_end

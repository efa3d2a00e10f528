#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad input, end to end: imactl and the real imad-worker over a root directory with a policy that
# was applied. Whatever lies among the fragments is told with its code, within bounded memory, and
# the policy stays as it was, byte for byte.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

IMAD_LIBEXECDIR=$(dirname -- "$IMAD_WORKER")
root=$scratch/root
fragments=$root/etc/imad/policy.d
bad=$fragments/60-bad.yaml
memory_max=262144 # KiB of addresses; the worker's own limit is four times that

# limited ARGUMENT…: imactl with little memory; shadow memory of sanitizers needs more than any.
limited() {
  (
    [[ -n ${SANITIZED-} ]] || ulimit -v "$memory_max"
    exec "$IMACTL" "$@"
  ) >"$scratch/out" 2>"$scratch/err" </dev/null
  code=$?
}

store_is_untouched() { diff -r "$scratch/store" "$root/var/lib/imad"; }
told() { err_has "[$1]" && err_has "60-bad.yaml"; }

# refused NAME CODE: what stands at $bad is told by check and apply, and changes nothing.
refused() {
  limited policy check --root="$root"
  ok "$1: check fails with exit code 4" code_is 4
  ok "$1: check tells $2" told "$2"
  limited policy apply --root="$root"
  ok "$1: apply fails with exit code 4" code_is 4
  ok "$1: apply tells $2" told "$2"
  ok "$1: the policy stays as it was" store_is_untouched
  rm -rf "$bad"
}

mkdir -p "$root/lib/modules/6.1.0" "$root/lib/modules/6.12.0" "$fragments"
printf 'policy: 1\nrules:\n  - {id: programs, action: measure, func: BPRM_CHECK}\n' >"$fragments/50-good.yaml"
limited policy apply --root="$root"
ok "a good policy is applied" code_is 0
cp -a "$root/var/lib/imad" "$scratch/store"

printf 'policy: 1\nrules:\n  - {id: a, action: mesure}\n' >"$bad"
run policy check --root="$root" --json=short
ok "the worker's diagnostics reach imactl whole" json_is \
  '[(d["line"], d["column"], d["end_column"], d["excerpt"], d["fix"][0]["text"], d["fix"][0]["old"]) for d in v["diagnostics"]] == [(3, 21, 27, "  - {id: a, action: mesure}", "measure", "mesure")]'
run policy check --root="$root"
ok "and are shown with the line" err_has '    3 |   - {id: a, action: mesure}'
printf 'policy: 1\nrules: [a, {b\n' >"$bad"
refused "malformed YAML" E101
printf 'policy: 1\nrules:\n\t- {id: a, action: measure}\n' >"$bad"
refused "a tab" E101
printf 'policy: 1\nrules:\n  - id: a\n    action: measure\n    uid: >999\n' >"$bad"
refused "an unquoted range" E101
printf 'policy: 1\r\nrules: []\r\n' >"$bad"
refused "carriage returns" E102
printf '\xef\xbb\xbfpolicy: 1\n' >"$bad"
refused "a byte order mark" E102
printf 'policy: 1\n# \0\n' >"$bad"
refused "a NUL byte" E102
printf 'policy: 1\n# \xc3\x28\n' >"$bad"
refused "invalid UTF-8" E102
printf 'policy: 1\n# \xe2\x80\xa8rules: []\n' >"$bad"
refused "a line separator" E102
head -c 1000000 /dev/urandom >"$bad"
refused "random bytes" E102
printf 'policy: 1\ndefine:\n  a: &a [x, x, x, x, x, x, x, x, x]\n' >"$bad"
for name in b c d e f g h i; do
  printf '  %s: &%s [*p, *p, *p, *p, *p, *p, *p, *p, *p]\n' "$name" "$name" | sed "s/\*p/*${previous:-a}/g"
  previous=$name
done >>"$bad"
refused "a billion laughs" E103
{ printf 'policy: 1\nrules: ' && head -c 1000000 /dev/zero | tr '\0' '['; } >"$bad"
refused "a million brackets" E103
{ printf 'policy: 1\n"' && head -c 1000000 /dev/zero | tr '\0' 'k' && printf '": 1\n'; } >"$bad"
refused "a key of a million letters" E101
{ printf 'policy: 1\nrules:\n  - id: a\n    action: measure\n    fsname: "' && head -c 1000000 /dev/zero | tr '\0' ' ' && printf '"\n'; } >"$bad"
refused "a value of a million blanks" E124
{ printf 'policy: 1\nrules:\n' && yes '  - {action: mesure, fnc: x}' | head -n 35000; } >"$bad"
refused "35,000 rules with three mistakes each" E108
{ printf 'policy: 1\nrules:\n' && yes '  - {id: rule, action: measure}' | head -n 30000; } >"$bad"
refused "30,000 rules of one id" E111
{ printf 'policy: 1\ndefine:\n' && seq -f '  N%g: [a]' 200 && printf 'rules:\n' && seq -f '  - {id: r%g, action: measure, fsname: [$N1, $N2, $N3]}' 15000; } >"$bad"
refused "malformed names with 45,000 uses" E113
{ printf 'policy: 1\nrules:\n  - {id: a, action: measure, func: CRITICAL_DATA, label: [' &&
  seq -s ', ' 2000 | sed 's/$/]}/'; } >"$bad"
refused "a list of 2,000 values" E103
printf 'policy: 1\nrules:\n  - {id: a, action: measure, func: CRITICAL_DATA, label: %s}\n' \
  "$(head -c 5000 /dev/zero | tr '\0' 'l')" >"$bad"
refused "a rule longer than the kernel's lines" E136
truncate -s 100M "$bad"
refused "a file of 100 MB" E013
mkdir "$bad"
refused "a directory" E012
mkfifo "$bad"
refused "a FIFO" E012
python3 -c 'import os, socket, sys; os.chdir(os.path.dirname(sys.argv[1])); socket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))' "$bad"
refused "a socket" E012
ln -s 60-bad.yaml "$bad"
refused "a link to itself" E011
ln -s 61-bad.yaml "$bad" && ln -s 60-bad.yaml "$fragments/61-bad.yaml"
refused "a loop of two links" E011
rm "$fragments/61-bad.yaml"
ln -s /nowhere "$bad"
refused "a dangling link" E011
if [[ $EUID -ne 0 ]]; then
  printf 'policy: 1\n' >"$bad" && chmod 0 "$bad"
  refused "an unreadable file" E011
fi

# Much is not bad: it takes memory in proportion.
memory_max=409600
mkdir -p "$scratch/many/lib/modules/6.12.0" "$scratch/many/etc/imad/policy.d"
for i in {100..199}; do
  { printf 'policy: 1\nrules:\n' &&
    seq 1000 | sed "s/.*/  - {id: r&, action: measure, func: FILE_CHECK, mask: ^MAY_READ, fowner: $i, fgroup: &}/"; } \
    >"$scratch/many/etc/imad/policy.d/$i-many.yaml"
done
limited policy check --root="$scratch/many"
ok "100,000 rules are checked below 400 MB" out_has "100 fragments make 100000 kernel rules"

tap_end

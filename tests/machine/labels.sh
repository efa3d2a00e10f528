# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the stages about labels: programs whose labels are good, or bad each in its own way. Those in
# "plain" belong to a user whose programs need any good label, those in "imasig" to one whose programs
# need a signature. For each the kernel's verdict is compared with a table and with imad's.

keys=$payload/labels
folder=$work/labels
policy=$work/labels.policy
certificates=(--cert="$keys/rsa.der" --cert="$keys/rsa4096.der" --cert="$keys/p256.der" --cert="$keys/p384.der")
declare -A imad verified

has_algorithm() { grep -qE "^name +: $1\$" /proc/crypto; }
has_keyring() { grep -q " \\.$1:" /proc/keys; }

# trust ima|evm: where this kernel looks for keys: .ima, or _ima in the keyrings of who first executes
# something under the policy.
trust() {
  local ring="%keyring:.$1" key
  has_keyring "$1" || ring=$(keyctl newring "_$1" @s)
  for key in rsa rsa4096 p256 p384; do
    [[ $key != p* ]] || has_algorithm "ecdsa-nist-$key" || continue
    works "the kernel takes the key $key for $1" sh -c \
      "keyctl padd asymmetric '' $ring <$keys/$key.der >/dev/null"
  done
}

# choose CASE…: sets paths to their programs under both rules.
choose() {
  paths=("${@/#/$folder/plain/}" "${@/#/$folder/imasig/}")
}

# put CASE…: a program for each, without label.
put() {
  local -a paths
  choose "$@"
  mkdir -p "$folder"/{plain,imasig}
  tee "${paths[@]}" </bin/true >/dev/null
  chmod 0755 "${paths[@]}"
  chown 5001:5001 "${@/#/$folder/plain/}"
  chown 5002:5002 "${@/#/$folder/imasig/}"
}

# sign KEY [OPTION…] -- CASE…
sign() {
  local -a options=() paths
  local key=$1
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  choose "$@"
  works "imactl signs with $key ${options[*]-}" imactl sign --key="$keys/$key.pem" \
    --cert="$keys/$key.der" "${options[@]}" "${paths[@]}"
}

# spoil ima|evm CASE…: changes those labels as the name of the case says, see programs/spoil-label.c.
spoil() {
  local attribute=$1 name
  shift
  works "labels of $attribute are spoilt" "$payload/programs/spoil-label" "$attribute" < <(
    for name; do printf '%s %s\n' "$name" "$folder/plain/$name" "$name" "$folder/imasig/$name"; done
  )
}

# kernel_says FILE: sets verdict; EACCES is exit code 126 of the shell.
kernel_says() {
  local code=0
  "$1" >/dev/null 2>&1 || code=$?
  case $code in
    0) verdict=allowed ;;
    126) verdict=denied ;;
    *) verdict="exit code $code" ;;
  esac
}

# imad_says USE FILE [OPTION…]: what inspect tells of one file.
imad_says() {
  local use=$1 file=$2
  shift 2
  imactl inspect --policy="$policy" "$@" --json=short "$file" |
    jq -r ".uses[] | select(.use == \"$use\") | .verdict"
}

# read_verdicts: what imad says of all files at once.
read_verdicts() {
  local path result
  imad=() verified=()
  while read -r path result; do imad[$path]=$result; done < <(
    imactl coverage --policy="$policy" "${certificates[@]}" --missing --json=short "$folder" |
      jq -r '.coverage.missing[] | "\(.path) \({"fails": "denied", "open": "unknown"}[.status])"'
  )
  while read -r path result; do verified[$path]=$result; done < <(
    imactl verify "${certificates[@]}" --json=short "$folder" | jq -r '.list[] | "\(.path) \(.result)"'
  )
}

# judge CASE PLAIN IMASIG VERIFY: what kernel and imad have to say under either rule (KERNEL/IMAD where imad
# cannot tell), and imactl verify whatever the rules are.
judge() {
  local kind expected file verdict
  for kind in plain imasig; do
    file=$folder/$kind/$1
    expected=$2
    [[ $kind == plain ]] || expected=$3
    kernel_says "$file"
    is "kernel $verdict, imad ${imad[$file]-allowed}" "kernel ${expected%/*}, imad ${expected#*/}" \
      "$1, $kind"
  done
  is "${verified[$file]-}" "$4" "$1: imactl verify"
}

# judge_all: the rows of standard input, less those that this kernel has no algorithm for.
judge_all() {
  local name plain imasig verify
  read_verdicts
  while read -r name plain imasig verify; do
    [[ ! -e $folder/plain/$name ]] || judge "$name" "$plain" "$imasig" "$verify"
  done
}

# enforce_labels RULE…: these and the rules for programs; everything else stays as it is.
enforce_labels() {
  printf '%s\n' 'appraise func=BPRM_CHECK fowner=5001' \
    'appraise func=BPRM_CHECK fowner=5002 appraise_type=imasig' "$@" >"$policy"
  works 'the policy is loaded' cp "$policy" "$ima/policy"
}

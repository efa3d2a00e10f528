# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the stages about labels: programs whose labels are good, or bad each in its own way. Those in
# "plain" belong to a user whose programs need any good label, those in "imasig" to one whose programs
# need a signature. For each the kernel's verdict is compared with a table and with imad's.

keys=$payload/labels
folder=$work/labels
policy=$work/labels.policy
certificates=(--cert="$keys/rsa.der" --cert="$keys/rsa4096.der" --cert="$keys/p256.der" --cert="$keys/p384.der")
declare -A owners=([plain]=5001 [imasig]=5002)

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

# files CASE…: their programs under both rules.
files() {
  local name
  for name; do printf '%s\n' "$folder/plain/$name" "$folder/imasig/$name"; done
}

# put CASE…: a program for each, without label.
put() {
  local kind name
  for kind in plain imasig; do
    mkdir -p "$folder/$kind"
    for name; do
      install -m 0755 -o "${owners[$kind]}" -g "${owners[$kind]}" /bin/true "$folder/$kind/$name"
    done
  done
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
  mapfile -t paths < <(files "$@")
  works "imactl signs with $key ${options[*]-}" imactl sign --key="$keys/$key.pem" \
    --cert="$keys/$key.der" "${options[@]}" "${paths[@]}"
}

# get_label FILE [ima|evm]: its bytes as hexadecimal digits; set_label FILE DIGITS [ima|evm].
get_label() {
  getfattr --absolute-names -e hex -n "security.${2-ima}" "$1" | sed -n 's/^security\.[a-z]*=0x//p'
}
set_label() { setfattr -n "security.${3-ima}" -v "0x$2" "$1"; }

# flip DIGITS: with the last bit changed.
flip() { printf '%s%02x' "${1%??}" $((0x${1: -2} ^ 1)); }

# kernel_says FILE: EACCES is exit code 126 of the shell.
kernel_says() {
  local code=0
  "$1" >/dev/null 2>&1 || code=$?
  case $code in
    0) echo allowed ;;
    126) echo denied ;;
    *) echo "exit code $code" ;;
  esac
}

# imad_says USE FILE [OPTION…]
imad_says() {
  local use=$1 file=$2
  shift 2
  imactl inspect --policy="$policy" "$@" --json=short "$file" |
    jq -r ".uses[] | select(.use == \"$use\") | .verdict"
}

# judge CASE PLAIN IMASIG VERIFY: what kernel and imad have to say under either rule, and imactl verify
# whatever the rules are.
judge() {
  local name=$1 kind expected file
  for kind in plain imasig; do
    file=$folder/$kind/$name
    expected=$2
    [[ $kind == plain ]] || expected=$3
    is "kernel $(kernel_says "$file"), imad $(imad_says execute "$file" "${certificates[@]}")" \
      "kernel $expected, imad $expected" "$name, $kind"
  done
  is "$(jq -r --arg path "$file" '.list[] | select(.path == $path) | .result' <<<"$verified")" "$4" \
    "$name: imactl verify"
}

# judge_all: the rows of standard input; the files are verified at once.
judge_all() {
  local name plain imasig verify
  verified=$(imactl verify "${certificates[@]}" --json=short "$folder")
  while read -r name plain imasig verify; do
    [[ ! -e $folder/plain/$name ]] || judge "$name" "$plain" "$imasig" "$verify"
  done
}

# enforce_labels: the rules; everything else stays as it is.
enforce_labels() {
  echo 'appraise func=BPRM_CHECK fowner=5001'
  echo 'appraise func=BPRM_CHECK fowner=5002 appraise_type=imasig'
  echo 'appraise func=MODULE_CHECK fowner=5004 appraise_type=imasig'
  if [[ -n ${1-} ]]; then printf '%s\n' "$@"; fi
}

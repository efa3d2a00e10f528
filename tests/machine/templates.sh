# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages about what the kernel's lists look like. Their rules measure files of certain owners
# only, so that the checks themselves add nothing to the list.

folder=$work/files
rm -rf "$folder" # the same names in each boot
mkdir -p "$folder"

# load_rules: a policy from standard input.
load_rules() {
  cat >"$work/rules"
  works 'the kernel takes the rules' bash -c "echo '$work/rules' >'$ima/policy'"
}

# read_file NAME UID: makes a file of this owner and reads it.
read_file() {
  echo "$1" >"$folder/$1"
  chown "$2" "$folder/$1"
  cat "$folder/$1" >/dev/null
}

# violate UID: a file that is written while it is read, and one that is read while it is written.
violate() {
  local before
  before=$(cat "$ima/violations")
  read_file written "$1"
  exec 7<"$folder/written"
  echo more >>"$folder/written"
  exec 7<&-
  read_file writer "$1"
  exec 7>>"$folder/writer"
  cat "$folder/writer" >/dev/null
  exec 7>&-
  is "$(($(cat "$ima/violations") - before))" 2 'both ways to violate are in the list'
}

# load_kernel COMMAND-LINE: the kernel that runs, for kexec.
load_kernel() {
  # 320 is kexec_file_load(), 4 KEXEC_FILE_NO_INITRAMFS.
  perl -e 'open(my $kernel, "<", $ARGV[0]) or die "$!\n";
    my $line = "$ARGV[1]\0";
    syscall(320, fileno($kernel), -1, length($line), $line, 4) == 0 or die "$!\n"' \
    /usr/lib/imadtest/vmlinuz "$1"
}

# check_live: imactl finds list and TPM equal in every bank and PCR.
check_live() {
  local algorithm kernel tpm
  works 'the running system is verified' imactl measurements verify
  json=$(imactl measurements verify --json=short)
  json .status 'the list as it is matches' match
  json .entries 'every entry was read' "$(cat "$ima/runtime_measurements_count")"
  json .violations 'every violation was counted' "$(cat "$ima/violations")"
  json .bad_digests 'every template digest fits' '[]'
  json .boot_aggregate.verdict 'boot_aggregate is that of the boot PCRs' match
  json '[.banks[].verdict] | unique' 'every bank and PCR matches' '["match"]'
  while read -r algorithm kernel tpm; do
    json ".banks[] | select(.algorithm == \"$algorithm\" and .pcr == 10) | .replayed" \
      "$algorithm: the replay is what the TPM tells" "$tpm"
  done < <(bank_values)
}

# check_copies FORM…: so do copies of each of the kernel's files of this form.
check_copies() {
  local form file
  tpm2_pcrread -T device:/dev/tpmrm0 >"$work/pcrs"
  for form; do
    for file in "$ima/${form}_runtime_measurements"*; do
      cat "$file" >"$work/copy"
      works "a copy of ${file##*/} matches" imactl measurements verify --list="$work/copy" \
        --pcrs="$work/pcrs"
    done
  done
}

# check_tampered: a change in the last entry is found there, and by the TPM where the list is
# replayed as it was changed.
check_tampered() {
  local count file="$work/copy"
  count=$(cat "$ima/runtime_measurements_count")
  head -c -1 "$ima/binary_runtime_measurements" >"$file"
  printf '\177' >>"$file"
  exits 6 'a changed copy is a mismatch' imactl measurements verify --list="$file" \
    --pcrs="$work/pcrs"
  json=$(imactl measurements verify --list="$file" --pcrs="$work/pcrs" --json=short)
  json .bad_digests 'the changed entry is named' "[$count]"
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the stages that hold the simulator against the kernel: a thousand things that tasks do with
# prepared files under a random policy that is enforced.

judge=$payload/programs/judge-simulate
decided=$work/decided # words of the grammar that have decided something, over the boots

# have_firmware: the driver that asks for firmware, where Debian's kernel has it.
have_firmware() {
  local name modules
  modules=$payload/modules/$(uname -r)
  [[ -d $modules ]] || return 0
  for name in comedi comedi_pci jr3_pci; do insmod "$modules/$name.ko" || true; done
  echo 1234 11e8 >/sys/bus/pci/drivers/jr3_pci/new_id
  works 'a driver asks for firmware' test -e /sys/bus/pci/drivers/jr3_pci/bind
}

# judge_tasks NAME SEED: what the kernel did to the tasks is what the simulator says.
judge_tasks() {
  local folder=$work/$1 seed=$2 uuid
  mkdir -p "$folder"/{disk,tmpfs,ramfs}
  mount -t tmpfs -o mode=0755 tmpfs "$folder/tmpfs"
  mount -t ramfs -o mode=0755 ramfs "$folder/ramfs"
  enable_verity
  have_firmware
  uuid=$(blkid -s UUID -o value /dev/nvme0n1)
  "$judge" policy "$seed" "$uuid" >"$folder/policy"
  note "seed $seed, $(wc -l <"$folder/policy") rules"
  works 'the tasks were simulated' "$judge" run "$seed" "$uuid" "$folder/policy" \
    "$payload/data/simulate-key.der" "$folder/disk" "$folder/tmpfs" "$folder/ramfs" "$decided"
  echo "$out" >&3
  # The rules that differences name.
  grep -o '; .*' <<<"$out" | grep -oE ' [1-9][0-9]*' | sort -nu | head -n 40 | while read -r line; do
    note "rule $line: $(sed -n "${line}p" "$folder/policy")"
  done
}

# prove_absence WHEN: words of undecided.tsv that cannot decide on this kernel, as it says itself: before
# the load it refuses a rule with them, behind it a path that they need is not there.
prove_absence() {
  local word proof subject reason
  while IFS=$'\t' read -r word proof subject reason; do
    case $1-$proof in
      before-refused) "$judge" refused "$subject" || continue ;;
      behind-absent) [[ ! -e $subject ]] || continue ;;
      *) continue ;;
    esac
    echo "$word $reason" >>"$work/absent"
  done < <(grep -v '^#' "$payload/data/undecided.tsv")
}

# check_words: every keyword and every hook has decided in one of the boots, unless this kernel lacks it.
check_words() {
  local word reason
  while read -r word; do
    reason=$(sed -n "s/^$word //p" "$work/absent")
    case $(grep -cx "$word" "$decided")-$reason in
      0-) not_ok "$word decides" 'it never did, and the kernel does not say that it lacks it' ;;
      0-*) ok "$word cannot decide here: $reason" ;;
      *-) ok "$word decides" ;;
      *) not_ok "$word cannot decide here: $reason" 'but it did' ;;
    esac
  done < <("$judge" words)
}

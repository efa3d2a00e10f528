#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook of kernel packages, with the real imad-worker over a fake root.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

export DPKG_ROOT=$scratch/root
root=$DPKG_ROOT
running=$(uname -r)
kept=$root/etc/default/grub.d/imad.cfg

hook() {
  code=0
  IMAD_LIBEXECDIR=${IMAD_WORKER%/*} sh "$KERNEL_HOOK" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
}
is_silent() { [[ ! -s $scratch/out && ! -s $scratch/err ]]; }
intended() { grep -o '"intended":[0-9a-z]*' "$root/var/lib/imad/state.json"; }
intended_is() { [[ $(intended) == "\"intended\":$1" ]]; }
worker() { "$IMAD_WORKER" --root="$root" "$@" >/dev/null; }
put_kernel() { mkdir -p "$root/lib/modules/$1" && : >"$root/lib/modules/$1/modules.dep"; }
put_fragment() {
  mkdir -p "$root/etc/imad/policy.d"
  printf 'policy: 1\nrules:\n  - {id: a, action: %s}\n' "$1" >"$root/etc/imad/policy.d/50-test.yaml"
}

mkdir -p "$root/boot/grub" "$root/proc/sys/kernel"
echo "$running" >"$root/proc/sys/kernel/osrelease"
cat >"$root/boot/grub/grub.cfg" <<END
menuentry 'Debian GNU/Linux' --class debian \$menuentry_id_option 'gnulinux-simple-1234' {
submenu 'Advanced options for Debian GNU/Linux' \$menuentry_id_option 'gnulinux-advanced-1234' {
	menuentry 'Debian GNU/Linux, with Linux $running' \$menuentry_id_option 'gnulinux-$running-advanced-1234' {
END
put_kernel 6.1.0

hook 6.2.0
ok "without a policy there is nothing to do" code_is 0
ok "in silence" is_silent

put_fragment 'measure, func: BPRM_CHECK'
worker policy-apply
put_kernel 6.2.0
hook 6.2.0
ok "a policy that measures is made for the new kernel" intended_is 2
ok "in silence, too" is_silent
hook 6.2.0
ok "once" intended_is 2

put_fragment 'measure, func: MMAP_CHECK'
put_kernel 6.3.0
hook 6.3.0
ok "what was changed meanwhile is not applied" intended_is 2
ok "the kernel is installed all the same" code_is 0
ok "with a warning" err_has "cannot be made for Linux 6.3.0"
ok "and the running kernel stays the default" grep -qF \
  "GRUB_DEFAULT=\"gnulinux-advanced-1234>gnulinux-$running-advanced-1234\"" "$kept"

put_fragment 'measure, func: BPRM_CHECK'
hook 6.3.0
ok "when nothing stands against it any more it is made" intended_is 3
ok "and the newest kernel is the default again" test ! -e "$kept"

put_fragment 'appraise, func: BPRM_CHECK, fowner: 4711, appraise_type: imasig'
worker --trial --auto --force=keys,coverage --reason=test policy-apply
put_kernel 6.4.0
hook 6.4.0
ok "a policy that refuses files meets the gates" intended_is 4
ok "which say no" err_has "cannot be made for Linux 6.4.0"
rm "$root/boot/grub/grub.cfg" "$kept"
hook 6.4.0
ok "without GRUB it says what to boot" err_has "boot Linux $running until then"
tap_end

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

# Both helpers are where they are installed.
libexec=$scratch/helpers
mkdir "$libexec"
ln -s "$IMAD_WORKER" "${IMAD_WORKER%/*/*}/imad-load/imad-load" "$libexec"

hook() {
  code=0
  IMAD_LIBEXECDIR=$libexec sh "$KERNEL_HOOK" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
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

doctor_has() { "$IMAD_WORKER" --root="$root" doctor | grep -qF -- "$1"; }
doctor_lacks() { ! doctor_has "$@"; }

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
ok "and what to do then" err_has "40-imad 6.3.0 && update-grub"
hook 6.2.0
ok "it stays so when another kernel is covered" grep -qF "# Linux 6.3.0 has no policy" "$kept"
ok "doctor says nothing yet" doctor_lacks "still boots"

worker policy-apply
ok "doctor tells that the file has outlived its cause" doctor_has "GRUB still boots"
put_fragment 'measure, func: BPRM_CHECK'
worker policy-apply
hook 6.3.0
ok "when nothing stands against it any more the newest kernel is the default again" test ! -e "$kept"

put_fragment 'measure, func: MMAP_CHECK'
put_kernel 6.3.1
put_kernel 6.3.2
hook 6.3.1
hook 6.3.2
ok "each kernel without a policy is named once" test "$(grep -c 'has no policy' "$kept")" -eq 2
rm -r "$root/lib/modules/6.3.1" "$root/lib/modules/6.3.2"
hook 6.3.0
ok "the kernels that were removed need no policy" test ! -e "$kept"

sed -i '/submenu/d' "$root/boot/grub/grub.cfg"
put_kernel 6.3.3
hook 6.3.3
ok "without submenus the entry stands alone" grep -qxF \
  "GRUB_DEFAULT=\"gnulinux-$running-advanced-1234\"" "$kept"

mkdir -p "$root/etc/imad"
printf '[Policy]\nBootPlacement=initrd\n' >"$root/etc/imad/imad.conf"
put_fragment 'measure, func: BPRM_CHECK'
hook 6.3.3
ok "what the other initrds hold is old now" err_has "make the initrds of the other kernels anew"
hook 6.3.3
ok "which is not said again" is_silent
rm "$root/etc/imad/imad.conf"

put_fragment 'appraise, func: BPRM_CHECK, fowner: 4711, appraise_type: imasig'
worker --trial --auto --force=keys,coverage --reason=test policy-apply
put_kernel 6.4.0
hook 6.4.0
ok "a policy that refuses files meets the gates" intended_is 6
ok "which say no" err_has "cannot be made for Linux 6.4.0"
rm "$root/boot/grub/grub.cfg" "$kept"
hook 6.4.0
ok "without GRUB it says what to boot" err_has "boot Linux $running until then"
tap_end

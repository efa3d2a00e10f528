# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages whose policy is loaded in the initrd; /boot/initrd.test is what the next boots use.

# make_initrd [dracut]
make_initrd() {
  local release
  release=$(uname -r)
  if [[ ${1-} == dracut ]]; then
    works 'dracut makes an initrd' dracut --force --no-hostonly --gzip --kver "$release" \
      --omit 'kernel-modules kernel-modules-extra qemu lvm dm crypt mdraid multipath' /boot/initrd.test
  else
    printf '%s\n' MODULES=list COMPRESS=gzip >/etc/initramfs-tools/conf.d/imadtest
    works 'initramfs-tools makes an initrd' mkinitramfs -o /boot/initrd.test "$release"
  fi
  note "$(du -k /boot/initrd.test)" "$out"
}

# in_initrd GENERATION: this boot's policy was loaded there, and works.
in_initrd() {
  check_loaded "$1"
  note "$(cat /run/imad/boot.json)"
  is "$(boot_result placement)" initrd 'the initrd has done it'
  like "$(journalctl -b -k)" 'imad-load: loaded: .*in the initrd' "the kernel's log has it"
  # PID 1 begins to log after its own exec; the kernel's line is older. An initrd may have had a systemd, too.
  is "$(journalctl -b -o short-monotonic --no-hostname |
    grep -oE 'imad-load: loaded|systemd\[1\]: systemd [0-9]+' | tail -n 2 | head -n 1)" 'imad-load: loaded' \
    "it was before the real root's init said a word"
  works 'a control program without signature is there' cp /usr/bin/true /usr/local/bin/imadtest-unsigned
  denied 'the control program' imadtest-unsigned
  works 'the package manager works' dpkg --configure -a
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The root file system of the virtual machine and the disk images made from it.

# rootfs_sources: apt sources for Debian 12 from the mirrors that this machine uses.
rootfs_sources() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(COMPONENT)' \
    'Created-By: Packages' |
    awk -v keyring=$keyring '$1 == "Debian" && $2 ~ /^bookworm(-updates|-security)?$/ {
      print "deb [signed-by=" keyring "] " $3 " " $2 " " $4 }' | sort -u
}

# rootfs_key KERNEL…: what the tree depends on: package versions, kernels, the files added to it.
rootfs_key() {
  local -a names
  mapfile -t names < <(packages_list guest)
  {
    apt-cache show --no-all-versions "${names[@]}" | grep -E '^(Package|Version):'
    cat "${@/%//release}"
    hash_of tools/lib/rootfs.sh tests/machine/guest
  } | hash_text
}

# rootfs_entry RET KERNEL…: the tree, without imad; KERNEL are entries of kernels.sh, which are
# "installed" in it.
rootfs_entry() {
  local rootfs_ret=$1
  shift
  [[ -n $(rootfs_sources) ]] || packages_update
  cache_entry "$rootfs_ret" rootfs "$(rootfs_key "$@")" rootfs_make "$@"
}

rootfs_make() {
  local new=$1 kernel
  shift
  say "Making the root file system of the virtual machine (about a minute)"
  rootfs_sources >"$new/sources.list"
  quietly mmdebstrap --mode=root --variant=apt --format=directory \
    --include="$(packages_list guest | paste -sd,)" \
    --aptopt='Acquire::Retries "5"' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    bookworm "$new/tree" "$new/sources.list"
  for kernel; do rootfs_add_kernel "$new/tree" "$kernel"; done
  rootfs_configure "$new/tree"
}

# rootfs_add_kernel TREE KERNEL: only what tells that the kernel is installed; it boots from outside
# and nothing in the machine needs a module.
rootfs_add_kernel() {
  local release
  release=$(cat "$2/release")
  install -D -m 0644 "$2/config" "$1/boot/config-$release"
  install -d -m 0755 "$1/lib/modules/$release"
  install -m 0644 -t "$1/lib/modules/$release" "$2"/modules.*
  chroot "$1" depmod "$release"
}

# rootfs_mask UNITS: takes away what hangs up the console, runs on its own time, or only makes the
# emulated boot slower.
rootfs_mask() {
  local name
  for name in serial-getty@ttyS0.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer ldconfig.service systemd-networkd.service \
    systemd-timesyncd.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-modules-load.service systemd-sysusers.service modprobe@.service \
    proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount; do
    ln -sfn /dev/null "$1/$name"
  done
}

rootfs_configure() {
  local tree=$1 units=$1/etc/systemd/system
  echo imad-test >"$tree/etc/hostname"
  echo '127.0.0.1 localhost imad-test' >"$tree/etc/hosts"
  echo '/dev/nvme0n1 / ext4 rw,relatime 0 1' >"$tree/etc/fstab"
  # Not empty: a first boot would apply presets to every unit.
  echo 3b5c09b8e3f14a0e9a7f0d1f6c1d2a55 >"$tree/etc/machine-id"
  chroot "$tree" passwd -d root >/dev/null
  rootfs_mask "$units"
  cp -r --no-preserve=ownership "$imad_top/tests/machine/guest/." "$tree/"
  chroot "$tree" systemctl -q enable imadtest.service imadtest-shell.service \
    imadtest-no-securityfs.service
}

# image_base RET ROOTFS: an entry with disk.img, the tree as it is.
image_base() {
  cache_entry "$1" image-base "$(basename "$2" | hash_text)" image_make "$2/tree"
}

# image_imad RET ROOTFS DEB: an entry with disk.img, the tree with the package installed.
image_imad() {
  cache_entry "$1" image-imad "$({ basename "$2" && sha256sum <"$3"; } | hash_text)" \
    image_install "$2/tree" "$3"
}

# image_signed RET ROOTFS DEB KEY: like image_imad, with everything in it signed that can be executed or
# mapped; KEY is an entry of signing_key.
image_signed() {
  cache_entry "$1" image-signed "$({ basename "$2" "$4" && sha256sum <"$3"; } | hash_text)" \
    image_install "$2/tree" "$3" "$4/ima.key"
}

# signing_key RET: an entry with ima.key and its own certificate, ima.der.
signing_key() {
  cache_entry "$1" signing-key "$(hash_of tools/lib/rootfs.sh)" signing_key_make
}

signing_key_make() {
  quietly openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj '/CN=imad test signer' \
    -addext keyUsage=critical,digitalSignature -outform DER -keyout "$1/ima.key" -out "$1/ima.der"
}

# image_sign TREE KEY: needs root and a file system with extended attributes, but no IMA.
image_sign() {
  local list
  list=$(mktemp)
  say "Signing programs and libraries in the virtual machine's root file system"
  find "$1" -xdev -type f \( -perm /111 -o -name '*.so' -o -name '*.so.*' \) -print0 >"$list"
  quietly xargs -0 -a "$list" -P 2 -I {} evmctl ima_sign --hashalgo sha256 --key "$2" {}
  rm "$list"
}

image_install() {
  say "Installing $(basename "$3") in the virtual machine's root file system"
  cp -a "$2" "$1/tree"
  cp "$3" "$1/tree/imad.deb"
  if ! quietly chroot "$1/tree" dpkg -i /imad.deb; then
    die "the package does not install; a missing dependency goes into tools/packages, group guest"
  fi
  rm "$1/tree/imad.deb"
  [[ -z ${4-} ]] || image_sign "$1/tree" "$4"
  image_make "$1" "$1/tree"
  rm -rf --one-file-system "$1/tree"
}

# image_make DIR TREE: DIR/disk.img, an ext4 file system without a partition table.
image_make() {
  truncate -s 1536M "$1/disk.img"
  quietly mke2fs -q -t ext4 -L imad-root -E lazy_itable_init=1,lazy_journal_init=1 \
    -d "$2" "$1/disk.img"
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The kernels of the virtual machine: Debian's cloud kernels, unpacked from their packages, and the
# third one with every IMA and EVM option.

# kernel_package SERIES: the newest package of Debian 12 that holds a kernel of that series.
kernel_package() {
  local pattern
  case $1 in
    6.1) pattern='^linux-image-6\.1\.[0-9.-]*-cloud-amd64$' ;;
    6.12) pattern='^linux-image-6\.12\.[0-9.]*[+]deb12-cloud-amd64$' ;;
    *) die "no Debian kernel package is known for series $1" ;;
  esac
  apt-cache pkgnames linux-image-6. | grep -E "$pattern" | sort -V | tail -n 1
}

# Of the cloud kernels' drivers one asks for firmware without hardware of its own: that of a robot's
# sensor, jr3_pci, takes any PCI device with enough memory, like qemu's "edu".
kernel_modules=(comedi comedi_pci jr3_pci)

# kernel_entry RET SERIES: the cache entry of a Debian kernel: vmlinuz, config, release, modules.*, and
# modules/NAME.ko of kernel_modules.
kernel_entry() {
  local -n kernel_ret=$1
  local package version path
  package=$(kernel_package "$2")
  if [[ -z $package ]]; then
    packages_update
    package=$(kernel_package "$2")
  fi
  [[ -n $package ]] || die "apt knows no cloud kernel $2; are bookworm-security's lists there?"
  version=$(apt-cache show --no-all-versions "$package" | awk '$1 == "Version:" { print $2 }')
  cache_entry path "kernel-$2" "$(hash_text <<<"$package=$version ${kernel_modules[*]}")" \
    kernel_fetch "$package=$version"
  if ! (cd "$path" && sha256sum --quiet -c SHA256SUMS) >/dev/null 2>&1; then
    say "The cached kernel $2 is damaged; fetching it again"
    cache_remove "$path"
    cache_entry path "kernel-$2" "${path##*-}" kernel_fetch "$package=$version"
  fi
  kernel_ret=$path
}

# kernel_fetch DIR PACKAGE=VERSION: apt verifies the archive against its signed index.
kernel_fetch() (
  say "Downloading kernel ${2%%=*}"
  mkdir "$1/.deb" && cd "$1/.deb"
  chmod 0777 . # apt downloads as its own user
  if ! quietly apt-get -q -o Acquire::Retries=5 download "$2"; then
    packages_update
    quietly apt-get -q -o Acquire::Retries=5 download "$2"
  fi
  dpkg-deb -x ./*.deb tree
  cd ..
  release=$(basename .deb/tree/boot/vmlinuz-*)
  release=${release#vmlinuz-}
  printf '%s\n' "$release" >release
  cp ".deb/tree/boot/vmlinuz-$release" vmlinuz
  cp ".deb/tree/boot/config-$release" config
  cp ".deb/tree/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} .
  kernel_take_modules ".deb/tree/lib/modules/$release"
  rm -rf .deb
  sha256sum -- vmlinuz config release modules.* modules/*.ko >SHA256SUMS
)

kernel_take_modules() {
  local name path
  mkdir modules
  for name in "${kernel_modules[@]}"; do
    path=$(find "$1/kernel" -name "$name.ko*")
    case $path in
      *.xz) xz -dc "$path" >"modules/$name.ko" ;;
      *) cp "$path" "modules/$name.ko" ;;
    esac
  done
}

# kernel_third RET: the kernel with every option; taken from beside the tree when somebody has put
# one there, else built from Debian's source. Sets kernel_ca to an array: certificate and key of the CA
# that it trusts.
kernel_third() {
  local -n kernel_ret=$1
  local path ready
  ready=$(find "$imad_top/../shared/kernels" -maxdepth 1 -name 'bzImage-*' 2>/dev/null |
    sort -V | tail -n 1)
  if [[ -n $ready ]]; then
    cache_entry path kernel-third "$(sha256sum "$ready" | cut -c1-20)" kernel_take "$ready"
    kernel_ca=("${ready%/*}/test-ca.pem" "${ready%/*}/test-ca-key.der")
  else
    packages_install kernel
    cache_entry path kernel-third "$(hash_of tests/machine/kernel.config)" kernel_build
    kernel_ca=("$path/test-ca.pem" "$path/test-ca.key")
  fi
  kernel_ret=$path
}

kernel_take() {
  cp "$2" "$1/vmlinuz"
  cp "$imad_top/tests/machine/kernel.config" "$1/config"
  : >"$1/modules.builtin"
  : >"$1/modules.builtin.modinfo"
  : >"$1/modules.order"
  # The boot header holds the offset of the version string at 0x20e (Documentation/arch/x86/boot.rst).
  python3 -c 'import sys
image = open(sys.argv[1], "rb").read()
start = int.from_bytes(image[0x20e:0x210], "little") + 0x200
print(image[start:start + 200].split(b"\0")[0].split()[0].decode())' "$2" >"$1/release"
}

kernel_build() (
  say "Building the third test kernel from Debian's source (about 10 minutes)"
  mkdir "$1/.src" && cd "$1/.src"
  chmod 0777 .
  package=$(apt-cache pkgnames linux-source-6.12 | sort -V | tail -n 1)
  quietly apt-get -q -o Acquire::Retries=5 download "${package:-linux-source-6.12}"
  dpkg-deb -x ./*.deb tree
  tar -xf tree/usr/src/linux-source-6.12.tar.xz
  cd linux-source-6.12
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=imad test CA" \
    -keyout "$1/test-ca.key" -out certs/test-ca.pem 2>/dev/null
  cp certs/test-ca.pem "$1"
  quietly make ARCH=x86_64 tinyconfig
  quietly ./scripts/kconfig/merge_config.sh -m .config "$imad_top/tests/machine/kernel.config"
  quietly make ARCH=x86_64 olddefconfig
  quietly make ARCH=x86_64 -j"$(nproc)" bzImage
  cp arch/x86/boot/bzImage "$1/.image"
  cp .config "$1/.config"
  cd "$1"
  rm -rf .src
  kernel_take "$1" .image
  mv .config config
  rm .image
)

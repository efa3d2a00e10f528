/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/digest.h"
#include "fixture-root.h"
#include "system/kernel-hashes.h"

#define RELEASE "6.1.0-1"
#define MODULES "/lib/modules/" RELEASE
#define BIT(n) (1U << (n))

static void write_modules(const FixtureRoot *root)
{
        fixture_root_write(root, MODULES "/modules.alias",
                        "# Aliases\nalias crypto-sha512 sha512_ssse3\nalias crypto-sha512 "
                        "sha512_generic\nalias sha512 sha512_generic\nalias crypto-sha384 "
                        "sha512_generic\nalias crypto-md4 md4\nalias crypto-wp512 wp512\nalias "
                        "crypto-sm3 absent\nalias pci:v1 crypto-sm3");
        fixture_root_write(root, MODULES "/modules.dep",
                        "kernel/arch/x86/crypto/sha512-ssse3.ko: kernel/crypto/sha512_generic.ko\n"
                        "kernel/crypto/sha512_generic.ko:\nkernel/crypto/md4.ko:\n"
                        "kernel/crypto/wp512.ko.xz: kernel/crypto/needed.ko.xz\n");
}

static uint32_t find(const FixtureRoot *root, unsigned sources, const Kconfig *config)
{
        uint32_t hashes = 0;

        cr_assert_eq(kernel_hashes_find(root->fd, RELEASE, sources, config, &hashes), 0);
        return hashes;
}

Test(kernel_hashes, registered_ones_are_offered)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/proc/crypto",
                        "name         : sha256\ndriver       : sha256-generic\n\nname         : "
                        "md5\ndriver : sha1\nname : sha256-x\nname         : ecb(aes)\n");
        cr_expect_eq(find(&root, KERNEL_HASHES_REGISTERED, NULL), BIT(HASH_SHA256) | BIT(HASH_MD5));
}

Test(kernel_hashes, modules_count_when_their_files_exist)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/proc/crypto", "name         : sha1\n");
        write_modules(&root);
        cr_expect_eq(find(&root, KERNEL_HASHES_REGISTERED | KERNEL_HASHES_LOADABLE, NULL),
                        BIT(HASH_SHA1), "depmod lists them, and no file is there");
        fixture_root_write(&root, MODULES "/kernel/crypto/sha512_generic.ko", "x");
        fixture_root_write(&root, MODULES "/kernel/crypto/wp512.ko.xz", "x");
        cr_expect_eq(find(&root, KERNEL_HASHES_REGISTERED | KERNEL_HASHES_LOADABLE, NULL),
                        BIT(HASH_SHA1) | BIT(HASH_SHA384) | BIT(HASH_SHA512),
                        "wp512 lacks what it needs");
        cr_expect_eq(find(&root, KERNEL_HASHES_REGISTERED, NULL), BIT(HASH_SHA1));
}

Test(kernel_hashes, other_kernels_follow_their_configuration)
{
        static const char text[] = "CONFIG_CRYPTO_SHA256=y\nCONFIG_CRYPTO_SHA512=m\n";
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        uint32_t hashes;

        cr_assert_eq(kconfig_parse(text, strlen(text), &config), 0);
        fixture_root_write(&root, "/proc/crypto", "name         : md5\n");
        cr_expect_eq(find(&root, KERNEL_HASHES_LOADABLE, config),
                        BIT(HASH_SHA256) | BIT(HASH_SHA224), "nothing to load is there");
        cr_expect_eq(kernel_hashes_find(root.fd, RELEASE, KERNEL_HASHES_LOADABLE, NULL, &hashes),
                        -ENODATA);
}

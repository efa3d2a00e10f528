/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/keyring.h"

Test(keyring, integrity_keyrings_are_picked_out)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_keyrings_ KeyringList list = { 0 };

        fixture_root_write(&root, "/proc/keys",
                        "009a2028 I--Q---     3 perm 3f010000  1000  1000 user      .ima: 9\n"
                        "0fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .ima: 2\n"
                        "1806c4ba I--Q---     2 perm 3f030000  1000    -1 keyring   _uid.1000: 2\n"
                        "2fc1b3a8 I--Q---     1 perm 3f010000   999    -1 keyring   _ima: empty\n"
                        "nonsense\n"
                        "3fc1b3a8 I--Q--- keyring\n");
        cr_assert_eq(keyring_list_load(root.fd, &list), 0);
        cr_assert_eq(list.count, 2);
        cr_assert_eq(keyring_list_find(&list, ".ima")->id, 0x0fc1b3a8);
        cr_assert_eq(keyring_list_find(&list, ".ima")->n_keys, 2);
        cr_assert_eq(keyring_list_find(&list, ".ima")->permissions, 0x1f0b0000);
        cr_assert_eq(keyring_list_find(&list, "_ima")->n_keys, 0);
        cr_assert_eq(keyring_list_find(&list, "_ima")->uid, 999);
        cr_assert_null(keyring_list_find(&list, ".evm"));
}

Test(keyring, no_keys_file_is_enoent)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        KeyringList list;

        cr_assert_eq(keyring_list_load(root.fd, &list), -ENOENT);
}

Test(keyring, ids_of_asymmetric_keys)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ uint32_t *ids = NULL;
        size_t n;

        fixture_root_write(&root, "/proc/keys",
                        "0fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .ima: 2\n"
                        "1fc1b3a8 I------     1 perm 1f030000     0     0 asymmetri CA [x]: 6c: "
                        "X509.rsa bb419ea1 []\n"
                        "2fc1b3a8 I------     1 perm 1f030000     0     0 asymmetri B: X509.ecdsa "
                        "00000001 []\n"
                        "3fc1b3a8 I------     1 perm 1f030000     0     0 user      x: y "
                        "00000002 []\n"
                        "4fc1b3a8 I------     1 perm 1f030000     0     0 asymmetri short []\n"
                        " asymmetri [");
        cr_assert_eq(keyring_load_key_ids(root.fd, &ids, &n), 0);
        cr_assert_eq(n, 2);
        cr_expect_eq(ids[0], 0xbb419ea1);
        cr_expect_eq(ids[1], 1);
}

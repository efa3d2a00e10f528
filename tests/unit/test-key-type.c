/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-type.h"

#include <criterion/criterion.h>

Test(key_type, names_go_both_ways_and_each_is_of_one_kind)
{
        for (int i = 0; i < KEY_TYPE_MAX; i++) {
                KeyType type = key_type_from_string(key_type_to_string((KeyType) i));

                cr_expect_eq(type, i);
                cr_expect_neq(key_type_get_rsa_bits(type) > 0, key_type_get_curve(type) != NULL);
        }
        cr_expect_eq(key_type_from_string("rsa-1024"), KEY_TYPE_INVALID);
        cr_expect_null(key_type_to_string(KEY_TYPE_INVALID));
}

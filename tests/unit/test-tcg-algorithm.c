/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/tcg-algorithm.h"

Test(tcg_algorithm, ids_and_hashes_belong_together)
{
        cr_assert_eq(tcg_algorithm_from_hash(HASH_SHA256), 0x000b);
        cr_assert_eq(tcg_algorithm_to_hash(0x000b), HASH_SHA256);
        for (HashAlgorithm i = 0; i < HASH_ALGORITHM_MAX; i++) {
                uint16_t id = tcg_algorithm_from_hash(i);

                if (id != TCG_ALGORITHM_ERROR)
                        cr_assert_eq(tcg_algorithm_to_hash(id), i);
        }
}

Test(tcg_algorithm, what_is_no_hash_of_a_tpm_has_no_id)
{
        cr_assert_eq(tcg_algorithm_from_hash(HASH_MD5), TCG_ALGORITHM_ERROR);
        cr_assert_eq(tcg_algorithm_to_hash(0x0010), HASH_ALGORITHM_INVALID);
        cr_assert_eq(tcg_algorithm_to_hash(TCG_ALGORITHM_ERROR), HASH_ALGORITHM_INVALID);
}

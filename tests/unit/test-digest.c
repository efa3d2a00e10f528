/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/digest.h"
#include "base/strings.h"

/* FIPS 180-2 and 202 examples for "abc". */
static const struct {
        HashAlgorithm algorithm;
        const char *name;
        const char *digest;
} vectors[] = {
        {HASH_SHA1,      "sha1",     "a9993e364706816aba3e25717850c26c9cd0d89d"},
        { HASH_SHA256,   "sha256",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"    },
        { HASH_SHA3_256, "sha3-256",
         "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"    },
};

Test(digest, known_answers_and_kernel_names)
{
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                char text[2 * DIGEST_SIZE_MAX + 1];
                Digest digest;

                cr_assert_eq(hash_algorithm_from_string(vectors[i].name), vectors[i].algorithm);
                cr_assert_eq(digest_compute(vectors[i].algorithm, "abc", 3, &digest), 0);
                hex_encode(digest.bytes, digest.size, text);
                cr_assert_str_eq(text, vectors[i].digest);
        }
}

Test(digest, unknown_names_and_ids)
{
        cr_assert_eq(hash_algorithm_from_string("SHA256"), HASH_ALGORITHM_INVALID);
        cr_assert_eq(hash_algorithm_from_string("sha"), HASH_ALGORITHM_INVALID);
        cr_assert_eq(hash_algorithm_size(HASH_ALGORITHM_MAX), 0);
        cr_assert_null(hash_algorithm_to_string(HASH_ALGORITHM_INVALID));
}

Test(digest, what_openssl_lacks_is_said_so)
{
        Digest digest;

        cr_assert_eq(digest_compute(HASH_TGR192, "abc", 3, &digest), -EOPNOTSUPP);
}

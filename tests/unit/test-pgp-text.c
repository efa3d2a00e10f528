/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/provenance/pgp-text.h"

#define HEAD "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
#define TAIL "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"

static int split(const char *text, Buffer *content, Buffer *signature)
{
        return pgp_text_split_signed(text, strlen(text), content, signature);
}

Test(pgp_text, text_and_signature_are_parted)
{
        _cleanup_buffer_ Buffer content = { 0 }, signature = { 0 };

        cr_assert_eq(split(HEAD "A: 1  \n- -----x\n\nB\n" TAIL, &content, &signature), 0);
        cr_expect_str_eq(content.data, "A: 1\n-----x\n\nB");
        cr_expect_str_eq(signature.data, TAIL);
}

/* What is not signed must not be taken for what is. */
Test(pgp_text, anything_beside_the_one_message_is_refused)
{
        static const char *const texts[] = {
                "",
                "A: 1\n" HEAD "B: 2\n" TAIL,
                HEAD "B: 2\n" TAIL "A: 1\n",
                HEAD "B: 2\n" TAIL HEAD "B: 2\n" TAIL,
                HEAD "B: 2\n",
                HEAD "B: 2\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n",
                HEAD TAIL,
                HEAD "B: 2\n-----BEGIN PGP SIGNED MESSAGE-----\n" TAIL,
                "-----BEGIN PGP SIGNED MESSAGE-----\nA: 1\n\nB: 2\n" TAIL,
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n",
                HEAD "B: 2\n-----BEGIN PGP SIGNATURE-----\n-----x\n-----END PGP SIGNATURE-----\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_buffer_ Buffer content = { 0 }, signature = { 0 };

                cr_expect_eq(split(texts[i], &content, &signature), -EBADMSG, "%s", texts[i]);
        }
}

Test(pgp_text, armored_keys_are_decoded_one_behind_the_other)
{
        static const char text[] = "comment\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n\n"
                                   "AQIDBAUG\nBwg=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
                                   "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nCQ==\n"
                                   "-----END PGP PUBLIC KEY BLOCK-----\n";
        _cleanup_buffer_ Buffer keys = { 0 };

        cr_assert(pgp_text_is_armored(text, strlen(text)));
        cr_assert_eq(pgp_text_decode_keys(text, strlen(text), &keys), 0);
        cr_assert_eq(keys.size, 9);
        cr_expect_arr_eq(keys.data, "\1\2\3\4\5\6\7\10\11", 9);
}

Test(pgp_text, malformed_keys_are_refused)
{
        static const char *const texts[] = {
                "",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAQID\n",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n????\n-----END PGP PUBLIC KEY "
                "BLOCK-----\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_buffer_ Buffer keys = { 0 };

                cr_expect_eq(pgp_text_decode_keys(texts[i], strlen(texts[i]), &keys), -EBADMSG);
        }
}

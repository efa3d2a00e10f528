/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-file.h"

#include <openssl/crypto.h>

#include "base/strings.h"
#include "core/signature/signing-key.h"
#include "fixture-key.h"

Test(key_file, keys_are_of_the_type_and_survive_being_written)
{
        for (int i = 0; i < KEY_TYPE_MAX; i++) {
                _cleanup_signing_key_ SigningKey parsed = { 0 };
                char type[KEY_TYPE_TEXT_MAX], *text;
                EVP_PKEY *key = NULL;
                size_t size;

                if (i == KEY_TYPE_RSA_4096) /* some seconds */
                        continue;
                cr_assert_eq(key_file_generate((KeyType) i, &key), 0);
                cr_expect_str_eq(key_type_describe(key, type), key_type_to_string((KeyType) i));
                cr_assert_eq(key_file_format(key, NULL, &text, &size), 0);
                cr_assert_eq(signing_key_parse_pem(text, size, NULL, &parsed), 0);
                cr_expect_eq(EVP_PKEY_eq(parsed.key, key), 1);
                OPENSSL_secure_clear_free(text, size);
                EVP_PKEY_free(key);
        }
}

Test(key_file, with_a_passphrase_they_are_encrypted)
{
        _cleanup_signing_key_ SigningKey parsed = { 0 };
        EVP_PKEY *key = NULL;
        char *text;
        size_t size;

        cr_assert_eq(key_file_generate(KEY_TYPE_P_256, &key), 0);
        cr_assert_eq(key_file_format(key, "secret", &text, &size), 0);
        cr_expect_eq(signing_key_parse_pem(text, size, NULL, &parsed), -ENOKEY);
        cr_expect_eq(signing_key_parse_pem(text, size, "wrong", &parsed), -EKEYREJECTED);
        cr_expect_eq(signing_key_parse_pem(text, size, "secret", &parsed), 0);
        OPENSSL_secure_clear_free(text, size);
        EVP_PKEY_free(key);
}

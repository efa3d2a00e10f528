/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of a token that SoftHSM emulates, as they are named to --key=. */
#include "fixture-root.h"
#include "fixture-signing.h"
#include "system/key-source.h"
#include "system/pkcs11-key.h"

#define PIN "5678"
#define TOKEN "pkcs11:token=imad-test"
#define KEY TOKEN ";object=one"

static FixtureRoot root;

static void setup(void)
{
        _cleanup_free_ char *text = NULL, *configuration = NULL;

        root = fixture_root_new();
        cr_assert_geq(asprintf(&text, "directories.tokendir = %s/tokens\nlog.level = ERROR\n",
                                      root.path),
                        0);
        cr_assert_geq(asprintf(&configuration, "%s/softhsm2.conf", root.path), 0);
        fixture_root_write(&root, "/tokens/none", "");
        fixture_root_write(&root, "/softhsm2.conf", text);
        cr_assert_eq(setenv("SOFTHSM2_CONF", configuration, 1), 0);
        /* NOLINTNEXTLINE(cert-env33-c): the command is our own */
        cr_assert_eq(system(SOFTHSM " --init-token --free --label imad-test --so-pin 1234 "
                                    "--pin " PIN " >/dev/null"),
                        0);
}

static void teardown(void)
{
        fixture_root_done(&root);
}

TestSuite(pkcs11_key_emulated, .init = setup, .fini = teardown, .timeout = 60);

static int open_key(const char *name, const char *pin, SigningKey *ret_key)
{
        return key_source_open(&(KeySource){ root.fd, name, pin, NULL }, ret_key);
}

Test(pkcs11_key_emulated, signatures_verify)
{
        static const KeyType types[] = { KEY_TYPE_RSA_2048, KEY_TYPE_P_256, KEY_TYPE_P_384 };
        static const HashAlgorithm hashes[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                _cleanup_signing_key_ SigningKey key = { 0 };
                _cleanup_free_ char *name = NULL;

                cr_assert_geq(asprintf(&name, TOKEN ";object=key-%zu", i), 0);
                cr_assert_eq(pkcs11_key_create(name, PIN, types[i]), 0);
                cr_assert_eq(open_key(name, PIN, &key), 0);
                for (size_t j = 0; j < ELEMENTSOF(hashes); j++)
                        fixture_signing_expect_good(&key, hashes[j]);
        }
}

Test(pkcs11_key_emulated, a_key_is_not_made_twice)
{
        cr_expect_eq(pkcs11_key_create(KEY, PIN, KEY_TYPE_P_256), 0);
        cr_expect_eq(pkcs11_key_create(KEY, PIN, KEY_TYPE_P_256), -EEXIST);
        cr_expect_eq(pkcs11_key_create(TOKEN, PIN, KEY_TYPE_P_256), -EINVAL);
}

static void expect(const char *name, const char *pin, int error)
{
        SigningKey key;

        cr_expect_eq(open_key(name, pin, &key), error, "%s", name);
        cr_expect_not_null(key_source_explain(name, error), "%s: %d", name, error);
}

Test(pkcs11_key_emulated, what_is_wrong_with_token_pin_or_key_is_told_apart)
{
        cr_assert_eq(pkcs11_key_create(KEY, PIN, KEY_TYPE_P_256), 0);
        cr_assert_eq(pkcs11_key_create(TOKEN ";object=two", PIN, KEY_TYPE_P_256), 0);
        expect(KEY, NULL, -ENOKEY);
        expect(KEY, "0000", -EKEYREJECTED);
        expect(TOKEN ";object=three", PIN, -ENOENT);
        expect(TOKEN, PIN, -ENOTUNIQ);
        expect("pkcs11:token=absent;object=one", PIN, -ENODEV);
        expect("pkcs11:nonsense", PIN, -EINVAL);
}

Test(pkcs11_key_emulated, uris_hold_neither_pins_nor_code)
{
        expect(KEY "?pin-value=" PIN, NULL, -EPERM);
        expect(KEY "?pin-source=file:/etc/pin", NULL, -EPERM);
        expect(KEY "?module-path=/tmp/module.so", PIN, -EPERM);
}

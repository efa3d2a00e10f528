/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of an emulated TPM, as they are named to --key=. */
#include "fixture-signing.h"
#include "fixture-swtpm.h"
#include "system/key-source.h"
#include "system/tpm-key.h"

#define HANDLE "handle:0x81000010"

static FixtureSwtpm swtpm;

static void setup(void)
{
        swtpm = fixture_swtpm_new();
}

static void teardown(void)
{
        fixture_swtpm_done(&swtpm);
}

TestSuite(tpm_key_emulated, .init = setup, .fini = teardown, .timeout = 60);

static int open_key(const char *name, const char *auth, SigningKey *ret_key)
{
        return key_source_open(&(KeySource){ swtpm.root.fd, name, auth, swtpm.tcti }, ret_key);
}

/* Makes a key in the file /key.pem. */
static void create(KeyType type, const char *auth)
{
        _cleanup_free_ char *text = NULL;
        Tss2Key file;

        cr_assert_eq(tpm_key_create(swtpm.root.fd, swtpm.tcti, type, auth, &file), 0, "%s",
                        key_type_to_string(type));
        cr_assert_eq(tss2_key_format_pem(&file, &text), 0);
        fixture_root_write(&swtpm.root, "/key.pem", text);
}

Test(tpm_key_emulated, signatures_of_keys_in_files_verify)
{
        static const KeyType types[] = { KEY_TYPE_RSA_2048, KEY_TYPE_P_256, KEY_TYPE_P_384 };
        static const HashAlgorithm hashes[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                _cleanup_signing_key_ SigningKey key = { 0 };

                create(types[i], NULL);
                cr_assert_eq(open_key("/key.pem", NULL, &key), 0);
                for (size_t j = 0; j < ELEMENTSOF(hashes); j++)
                        fixture_signing_expect_good(&key, hashes[j]);
        }
}

Test(tpm_key_emulated, a_persistent_key_signs_by_its_handle)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        _cleanup_tpm_key_ TpmKey *loaded = NULL;
        Tss2Key file;

        cr_assert_eq(tpm_key_create(swtpm.root.fd, swtpm.tcti, KEY_TYPE_P_256, NULL, &file), 0);
        cr_assert_eq(tpm_key_open_file(swtpm.root.fd, swtpm.tcti, &file, NULL, &loaded), 0);
        cr_assert_eq(tpm_key_persist(loaded, 0x81000010), 0);
        cr_expect_eq(tpm_key_persist(loaded, 0x81000010), -EEXIST);
        tpm_key_free(TAKE_PTR(loaded));
        cr_assert_eq(open_key(HANDLE, NULL, &key), 0);
        fixture_signing_expect_good(&key, HASH_SHA256);
}

static int sign_once(const char *auth)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        _cleanup_signer_ Signer *signer = NULL;
        _cleanup_free_ uint8_t *value = NULL;
        Digest digest;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA256, "a", 1, &digest), 0);
        cr_assert_eq(open_key("/key.pem", auth, &key), 0);
        cr_assert_eq(signer_new(&key, HASH_SHA256, &signer), 0);
        return signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &digest, &value, &size);
}

Test(tpm_key_emulated, authorization_values_are_asked_for_and_guessing_locks)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        int r = -EKEYREJECTED;

        create(KEY_TYPE_P_256, "right");
        cr_expect_eq(open_key("/key.pem", NULL, &key), -ENOKEY);
        cr_expect_eq(sign_once("right"), 0);
        for (int i = 0; i < 40 && r == -EKEYREJECTED; i++)
                r = sign_once("wrong");
        cr_expect_eq(r, -EAGAIN);
        cr_expect_eq(sign_once("right"), -EAGAIN);
        cr_expect_not_null(strstr(key_source_explain("/key.pem", -EAGAIN)->hint, "lockout"));
}

Test(tpm_key_emulated, what_this_tpm_did_not_make_is_refused)
{
        _cleanup_free_ char *text = NULL;
        SigningKey key;
        Tss2Key file;

        cr_assert_eq(tpm_key_create(swtpm.root.fd, swtpm.tcti, KEY_TYPE_P_256, NULL, &file), 0);
        file.private[file.private_size - 1] ^= 1;
        cr_assert_eq(tss2_key_format_pem(&file, &text), 0);
        fixture_root_write(&swtpm.root, "/key.pem", text);
        cr_expect_eq(open_key("/key.pem", NULL, &key), -EBADF);
}

Test(tpm_key_emulated, handles_without_key_and_machines_without_tpm)
{
        const KeySource absent = { swtpm.root.fd, HANDLE, NULL, "device:/dev/tpmrm0" };
        SigningKey key;

        cr_expect_eq(open_key(HANDLE, NULL, &key), -ENOENT);
        cr_expect_eq(open_key("handle:0x40000001", NULL, &key), -EINVAL);
        cr_expect_eq(open_key("handle:81000010", NULL, &key), -EINVAL);
        cr_expect_eq(key_source_open(&absent, &key), -ENODEV);
        cr_expect_not_null(key_source_explain(HANDLE, -ENODEV));
}

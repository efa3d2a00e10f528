/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against the kernel that runs the tests, which may be any; the machine's stages judge the rest. */
#include "system/kernel-key.h"

#include "fixture-key.h"

typedef struct Fixture {
        EVP_PKEY *key;
        unsigned char *der;
        size_t size;
        Digest digest;
        uint8_t bytes[512];
        size_t n_bytes;
} Fixture;

static Fixture set_up(void)
{
        Fixture f = { .key = fixture_key("rsa"), .n_bytes = sizeof(f.bytes) };
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(f.key, NULL);
        X509 *x509 = fixture_certificate_make(f.key, &(FixtureCertificate){ 0 });

        f.size = (size_t) i2d_X509(x509, &f.der);
        cr_assert_eq(digest_compute(HASH_SHA256, "proof", 5, &f.digest), 0);
        cr_assert_eq(EVP_PKEY_sign_init(context), 1);
        cr_assert_eq(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
        cr_assert_eq(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()), 1);
        cr_assert_eq(EVP_PKEY_sign(context, f.bytes, &f.n_bytes, f.digest.bytes, f.digest.size), 1);
        EVP_PKEY_CTX_free(context);
        X509_free(x509);
        return f;
}

static void tear_down(Fixture *f)
{
        EVP_PKEY_free(f->key);
        OPENSSL_free(f->der);
}

static KernelKeyProof prove(const Fixture *f, KeyTrust trust)
{
        return kernel_key_prove(trust, f->der, f->size,
                        &(KernelKeySignature){ false, &f->digest, f->bytes, f->n_bytes });
}

/* Containers often have no keyrings, and small kernels no certificates. */
static bool is_able(void)
{
        Fixture f = set_up();
        KernelKeyProof proof = prove(&f, KEY_TRUST_NONE);

        tear_down(&f);
        return !kernel_key_is_unknown(&proof) && proof.error != -ENODEV;
}

Test(kernel_key, the_kernel_verifies_what_the_key_signed)
{
        Fixture f = set_up();

        if (is_able())
                cr_expect_eq(prove(&f, KEY_TRUST_NONE).error, 0);
        tear_down(&f);
}

Test(kernel_key, another_signature_is_no_proof)
{
        Fixture f = set_up();
        KernelKeyProof proof;

        f.bytes[20] ^= 1;
        proof = prove(&f, KEY_TRUST_NONE);
        cr_expect_lt(proof.error, 0);
        if (is_able())
                cr_expect_eq(proof.step, KERNEL_KEY_STEP_VERIFY);
        tear_down(&f);
}

Test(kernel_key, what_nobody_vouches_for_enters_no_restricted_keyring)
{
        Fixture f = set_up();
        KernelKeyProof proof = prove(&f, KEY_TRUST_BUILTIN);

        cr_expect_lt(proof.error, 0);
        if (is_able() && proof.step != KERNEL_KEY_STEP_KEYRING)
                cr_expect_eq(proof.error, -ENOKEY);
        tear_down(&f);
}

Test(kernel_key, what_is_no_certificate_is_refused)
{
        int32_t keyring, key;

        if (kernel_key_new_keyring(KEY_TRUST_NONE, &keyring) < 0)
                return;
        cr_expect_lt(kernel_key_add(keyring, "no certificate", 14, &key), 0);
        kernel_key_drop_keyring(keyring);
        cr_expect_lt(kernel_key_add(keyring, "no certificate", 14, &key), 0);
}

Test(kernel_key, refusals_are_told_in_words)
{
        static const struct {
                KernelKeyStep step;
                int error;
                const char *word;
        } cases[] = {
                {KERNEL_KEY_STEP_ADD,     -ENOENT,       "lacks the algorithm"},
                { KERNEL_KEY_STEP_ADD,    -ENOKEY,       "trusts"             },
                { KERNEL_KEY_STEP_ADD,    -EBADMSG,      "parse"              },
                { KERNEL_KEY_STEP_ADD,    -EKEYREJECTED, "blacklisted"        },
                { KERNEL_KEY_STEP_VERIFY, -EKEYREJECTED, "not made by"        },
                { KERNEL_KEY_STEP_VERIFY, -EIO,          "error"              },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                KernelKeyExplanation e = kernel_key_explain(cases[i].step, cases[i].error);

                cr_expect_not_null(strstr(e.reason, cases[i].word), "%zu: %s", i, e.reason);
        }
}

Test(kernel_key, a_question_that_cannot_be_asked_is_no_refusal)
{
        cr_expect(kernel_key_is_unknown(&(KernelKeyProof){ KERNEL_KEY_STEP_KEYRING, -EPERM }));
        cr_expect(kernel_key_is_unknown(&(KernelKeyProof){ KERNEL_KEY_STEP_VERIFY, -EOPNOTSUPP }));
        cr_expect_not(kernel_key_is_unknown(&(KernelKeyProof){ KERNEL_KEY_STEP_ADD, -ENOKEY }));
        cr_expect_not(kernel_key_is_unknown(&(KernelKeyProof){ KERNEL_KEY_STEP_VERIFY, 0 }));
}

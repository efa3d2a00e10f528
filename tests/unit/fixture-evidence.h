/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence made without a TPM: an attestation key of OpenSSL, and the structures that a TPM would
 * give out, over a measurement list made to order. Banks are sha1 and sha256.
 */
#pragma once

#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "core/attest/attest-key.h"
#include "core/attest/evidence.h"
#include "core/measurements/boot-aggregate.h"
#include "fixture-list.h"

#define FIXTURE_NONCE "nonce of the verifier"
#define FIXTURE_RESTRICTED 0x00050472U
#define FIXTURE_UNRESTRICTED 0x00040472U

typedef struct FixtureEvidence {
        EVP_PKEY *key;
        uint32_t attributes;
        const char *nonce;
        uint32_t pcrs; /* in the selection */
        PcrValueList values;
        Evidence evidence;
        Buffer list;
} FixtureEvidence;

static inline void fixture_evidence_done(FixtureEvidence *f)
{
        EVP_PKEY_free(f->key);
        evidence_done(&f->evidence);
        buffer_done(&f->list);
}

#define _cleanup_fixture_evidence_ _cleanup_(fixture_evidence_done)

static inline void fixture_append_be(Buffer *b, uint64_t value, size_t size)
{
        uint64_t raw = htobe64(value);

        cr_assert_eq(buffer_append(b, (const char *) &raw + 8 - size, size), 0);
}

/* TPM2B_…: 16 bits of size, and the bytes. */
static inline void fixture_append_sized(Buffer *b, const void *bytes, size_t size)
{
        fixture_append_be(b, size, 2);
        cr_assert_eq(buffer_append(b, bytes, size), 0);
}

static inline void fixture_set_part(
                FixtureEvidence *f, EvidencePart part, const void *bytes, size_t size)
{
        cr_assert_eq(evidence_set(&f->evidence, part, bytes, size), 0);
}

/* TPM2B_PUBLIC of a P-256 key that signs with ECDSA and SHA-256. */
static inline void fixture_append_public(Buffer *b, EVP_PKEY *key, uint32_t attributes)
{
        _cleanup_buffer_ Buffer area = { 0 };
        unsigned char point[65];
        size_t size;

        cr_assert_eq(EVP_PKEY_get_octet_string_param(
                                     key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size),
                        1);
        cr_assert_eq(size, sizeof(point));
        fixture_append_be(&area, 0x0023, 2); /* ECC */
        fixture_append_be(&area, 0x000b, 2); /* SHA-256 names */
        fixture_append_be(&area, attributes, 4);
        fixture_append_sized(&area, "", 0);  /* no policy */
        fixture_append_be(&area, 0x0010, 2); /* no symmetric algorithm */
        fixture_append_be(&area, 0x0018000b, 4);
        fixture_append_be(&area, 0x0003, 2); /* P-256 */
        fixture_append_be(&area, 0x0010, 2); /* no key derivation */
        fixture_append_sized(&area, point + 1, 32);
        fixture_append_sized(&area, point + 33, 32);
        fixture_append_sized(b, area.data, area.size);
}

/* TPMT_SIGNATURE */
static inline void fixture_append_signature(
                Buffer *b, EVP_PKEY *key, const void *message, size_t message_size)
{
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        unsigned char der[80], number[32];
        const unsigned char *at = der;
        size_t size = sizeof(der);
        ECDSA_SIG *pair;

        cr_assert_eq(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
        cr_assert_eq(EVP_DigestSign(context, der, &size, message, message_size), 1);
        pair = d2i_ECDSA_SIG(NULL, &at, (long) size);
        cr_assert_not_null(pair);
        fixture_append_be(b, 0x0018000b, 4);
        cr_assert_eq(BN_bn2binpad(ECDSA_SIG_get0_r(pair), number, 32), 32);
        fixture_append_sized(b, number, 32);
        cr_assert_eq(BN_bn2binpad(ECDSA_SIG_get0_s(pair), number, 32), 32);
        fixture_append_sized(b, number, 32);
        ECDSA_SIG_free(pair);
        EVP_MD_CTX_free(context);
}

static inline void fixture_append_quote(
                Buffer *b, const FixtureEvidence *f, const void *name, size_t name_size)
{
        _cleanup_buffer_ Buffer values = { 0 };
        Digest digest;

        fixture_append_be(b, 0xff544347, 4);
        fixture_append_be(b, 0x8018, 2);
        fixture_append_sized(b, name, name_size);
        fixture_append_sized(b, f->nonce, strlen(f->nonce));
        fixture_append_be(b, 123456, 8);
        fixture_append_be(b, 7, 4);
        fixture_append_be(b, 0, 4);
        fixture_append_be(b, 1, 1);
        fixture_append_be(b, 1, 8);
        fixture_append_be(b, 2, 4);
        for (size_t i = 0; i < 2; i++) {
                fixture_append_be(b, i == 0 ? 0x0004 : 0x000b, 2);
                fixture_append_be(b, 3, 1);
                for (size_t j = 0; j < 3; j++)
                        fixture_append_be(b, f->pcrs >> 8 * j & 0xff, 1);
                for (uint32_t pcr = 0; pcr < 24; pcr++) {
                        const Digest *value = pcr_value_list_find(
                                        &f->values, i == 0 ? HASH_SHA1 : HASH_SHA256, pcr);

                        if (f->pcrs & (UINT32_C(1) << pcr))
                                cr_assert_eq(buffer_append(&values, value->bytes, value->size), 0);
                }
        }
        cr_assert_eq(digest_compute(HASH_SHA256, values.data, values.size, &digest), 0);
        fixture_append_sized(b, digest.bytes, digest.size);
}

static inline void fixture_add_value(FixtureEvidence *f, uint32_t pcr, const Digest *digest)
{
        PcrValue value = { .pcr = pcr, .value = *digest };

        cr_assert_eq(pcr_value_list_add(&f->values, &value), 0);
}

/* Values of the boot PCRs, all different. */
static inline void fixture_set_boot(FixtureEvidence *f)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };

        for (size_t i = 0; i < 2; i++)
                for (uint32_t pcr = 0; pcr < 10; pcr++) {
                        Digest digest;

                        cr_assert_eq(digest_compute(banks[i], &pcr, sizeof(pcr), &digest), 0);
                        fixture_add_value(f, pcr, &digest);
                }
}

/* PCR 10 as the list gives it. */
static inline void fixture_set_ima(FixtureEvidence *f)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };
        _cleanup_replay_ Replay *replay = NULL;

        cr_assert_eq(replay_new(banks, 2, &replay), 0);
        (void) fixture_replay(replay, f->list.data, f->list.size, 20);
        for (size_t i = 0; i < 2; i++) {
                Digest digest;

                cr_assert_eq(replay_get_pcr(replay, banks[i], 10, &digest), 0);
                fixture_add_value(f, 10, &digest);
        }
}

/* An ima-sig entry. */
static inline void fixture_append_sig(
                Buffer *list, const Digest *digest, const char *name, const void *sig, size_t size)
{
        _cleanup_buffer_ Buffer data = { 0 }, field = { 0 };

        cr_assert_eq(buffer_append_format(
                                     &field, "%s:", hash_algorithm_to_string(digest->algorithm)),
                        0);
        cr_assert_eq(buffer_append(&field, "", 1), 0);
        cr_assert_eq(buffer_append(&field, digest->bytes, digest->size), 0);
        fixture_append_field(&data, field.data, field.size, false);
        fixture_append_field(&data, name, strlen(name) + 1, false);
        fixture_append_field(&data, sig, size, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-sig", &data, false);
}

/* What every list begins with. */
static inline void fixture_append_boot_aggregate(FixtureEvidence *f)
{
        Digest aggregate;

        cr_assert_eq(boot_aggregate_compute(HASH_SHA256, &f->values, NULL, &aggregate), 0);
        fixture_append_sig(&f->list, &aggregate, "boot_aggregate", "", 0);
}

/* Signs what is set by now, and makes the parts of it. */
static inline void fixture_evidence_sign(FixtureEvidence *f)
{
        _cleanup_buffer_ Buffer public = { 0 }, quote = { 0 }, signature = { 0 }, values = { 0 };
        uint8_t name[ATTEST_NAME_MAX];
        size_t size;

        fixture_append_public(&public, f->key, f->attributes);
        cr_assert_eq(attest_key_compute_name(public.data, public.size, name, &size), 0);
        fixture_append_quote(&quote, f, name, size);
        fixture_append_signature(&signature, f->key, quote.data, quote.size);
        for (size_t i = 0; i < 2; i++)
                for (uint32_t pcr = 0; pcr < 11; pcr++) {
                        const Digest *value = pcr_value_list_find(
                                        &f->values, i == 0 ? HASH_SHA1 : HASH_SHA256, pcr);

                        if (f->pcrs & (UINT32_C(1) << pcr))
                                cr_assert_eq(buffer_append(&values, value->bytes, value->size), 0);
                }
        cr_assert_eq(evidence_set_manifest(&f->evidence, "test"), 0);
        fixture_set_part(f, EVIDENCE_KEY, public.data, public.size);
        fixture_set_part(f, EVIDENCE_QUOTE, quote.data, quote.size);
        fixture_set_part(f, EVIDENCE_SIGNATURE, signature.data, signature.size);
        fixture_set_part(f, EVIDENCE_PCR_VALUES, values.data, values.size);
}

/* Not signed yet: key, boot PCRs, and a list with boot_aggregate and no more. */
static inline FixtureEvidence fixture_evidence_begin(void)
{
        FixtureEvidence f = {
                .key = EVP_EC_gen("P-256"),
                .attributes = FIXTURE_RESTRICTED,
                .nonce = FIXTURE_NONCE,
                .pcrs = EVIDENCE_PCRS,
        };

        cr_assert_not_null(f.key);
        fixture_set_boot(&f);
        fixture_append_boot_aggregate(&f);
        return f;
}

/* Complete, with the files /bin/a and /bin/b in the list. */
static inline FixtureEvidence fixture_evidence_new(void)
{
        FixtureEvidence f = fixture_evidence_begin();
        Digest digest;

        cr_assert_eq(digest_compute(HASH_SHA256, "a", 1, &digest), 0);
        fixture_append_sig(&f.list, &digest, "/bin/a", "", 0);
        cr_assert_eq(digest_compute(HASH_SHA256, "b", 1, &digest), 0);
        fixture_append_sig(&f.list, &digest, "/bin/b", "", 0);
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        return f;
}

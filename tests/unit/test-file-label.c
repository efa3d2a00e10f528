/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/file-label.h"

#include <criterion/criterion.h>

#include "base/json.h"
#include "base/strings.h"

/* Labels that kernels took, see tests/data/kernel-verdicts/xattr-cases.tsv, of "payload\n". */
#define SHORT_SHA256 "d4e4877bac978b7952f0d544fc52ebff5411d351d129f1f056fa43f11da9af"
#define MD5_LABEL "01249c850f62ea50feb918b095fc56d763"
#define SHA1_LABEL "01997e49bbf4ad5ee847d0e77aa30648c70c71323c"
#define SHA256_LABEL "0404d4e4877bac978b7952f0d544fc52ebff5411d351d129f1f056fa43f11da9af2b"

typedef struct Value {
        uint8_t bytes[512];
        size_t size;
} Value;

static Value decode(const char *hex)
{
        Value value;

        cr_assert_eq(hex_decode(hex, value.bytes, sizeof(value.bytes), &value.size), 0);
        return value;
}

static void expect_kind(FileLabelAttribute attribute, const char *hex, const char *kind,
                const char *hash, const char *key_id)
{
        Value value = decode(hex);
        _cleanup_json_ json_t *json = NULL;
        FileLabel label;

        cr_assert_eq(file_label_parse(attribute, value.bytes, value.size, &label), 0, "%s", hex);
        json = file_label_to_json(&label);
        cr_assert_not_null(json);
        cr_expect_str_eq(json_string_value(json_object_get(json, "kind")), kind, "%s", hex);
        if (hash)
                cr_expect_str_eq(json_string_value(json_object_get(json, "hash")), hash, "%s", hex);
        if (key_id)
                cr_expect_str_eq(json_string_value(json_object_get(json, "key_id")), key_id, "%s",
                                hex);
}

static void expect_malformed(FileLabelAttribute attribute, const char *hex)
{
        Value value = decode(hex);
        FileLabel label;

        cr_expect_eq(file_label_parse(attribute, value.bytes, value.size, &label), -EBADMSG, "%s",
                        hex);
}

Test(file_label, digests_of_either_form_parse)
{
        expect_kind(FILE_LABEL_IMA, MD5_LABEL, "hash", "md5", NULL);
        expect_kind(FILE_LABEL_IMA, MD5_LABEL "00000000", "hash", "md5", NULL);
        expect_kind(FILE_LABEL_IMA, SHA1_LABEL, "hash", "sha1", NULL);
        expect_kind(FILE_LABEL_IMA, SHA256_LABEL, "hash", "sha256", NULL);
        expect_kind(FILE_LABEL_IMA, SHA256_LABEL "7a7a", "hash", "sha256", NULL);
}

Test(file_label, signatures_parse_in_every_version)
{
        expect_kind(FILE_LABEL_IMA, "030204deadbeef0002ffff", "signature", "sha256", "deadbeef");
        expect_kind(FILE_LABEL_IMA, "060306deadbeef0002ffff", "verity-signature", "sha512",
                        "deadbeef");
        expect_kind(FILE_LABEL_EVM, "050204deadbeef0002ffff", "portable-signature", "sha256",
                        "deadbeef");
        expect_kind(FILE_LABEL_EVM, "050304deadbeef0002ffff", "portable-signature", "sha256",
                        "deadbeef");
        expect_kind(FILE_LABEL_EVM, "030204deadbeef0002ffff", "signature", "sha256", "deadbeef");
        expect_kind(FILE_LABEL_EVM, "030304deadbeef0002ffff", "immutable-signature", "sha256",
                        "deadbeef");
        expect_kind(FILE_LABEL_IMA, "03010000000000", "signature-v1", NULL, NULL);
}

Test(file_label, the_kernels_hmac_parses)
{
        expect_kind(FILE_LABEL_EVM, "02e3c04d65b3f586b9e897a3f0c62ba3da98f0839d", "hmac", "sha1",
                        NULL);
}

Test(file_label, what_the_kernel_refuses_is_malformed)
{
        static const char *const ima[] = { "", "00", "01", "0100", "04", "0404", "0417",
                "0404" SHORT_SHA256, "020000", "050204deadbeef0002ffff", "030204deadbeef0003ffff",
                "030204deadbeef0001ffff", "030204deadbeef0000", "030304deadbeef0002ffff",
                "060204deadbeef0002ffff", "030217deadbeef0002ffff" };
        static const char *const evm[] = { "", "02", SHA1_LABEL, SHA256_LABEL,
                "02e3c04d65b3f586b9e897a3f0c62ba3da98f0839d00", "060304deadbeef0002ffff" };

        for (size_t i = 0; i < ELEMENTSOF(ima); i++)
                expect_malformed(FILE_LABEL_IMA, ima[i]);
        for (size_t i = 0; i < ELEMENTSOF(evm); i++)
                expect_malformed(FILE_LABEL_EVM, evm[i]);
}

Test(file_label, digests_are_formatted_as_the_kernel_writes_them)
{
        static const struct {
                HashAlgorithm algorithm;
                const char *label;
        } cases[] = {
                {HASH_MD5,     MD5_LABEL   },
                { HASH_SHA1,   SHA1_LABEL  },
                { HASH_SHA256, SHA256_LABEL},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ uint8_t *value = NULL;
                char hex[2 * DIGEST_SIZE_MAX + 8];
                Digest digest;
                size_t size;

                cr_assert_eq(digest_compute(cases[i].algorithm, "payload\n", 8, &digest), 0);
                cr_assert_eq(file_label_format_digest(&digest, &value, &size), 0);
                hex_encode(value, size, hex);
                cr_expect_str_eq(hex, cases[i].label);
        }
}

Test(file_label, weak_hashes_are_told)
{
        Value value = decode(SHA1_LABEL);
        _cleanup_json_ json_t *json = NULL;
        FileLabel label;

        cr_assert_eq(file_label_parse(FILE_LABEL_IMA, value.bytes, value.size, &label), 0);
        json = file_label_to_json(&label);
        cr_expect(json_is_true(json_object_get(json, "weak")));
}

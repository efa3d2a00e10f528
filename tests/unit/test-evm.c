/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/evm.h"

#include <criterion/criterion.h>

#include "base/strings.h"
#include "core/signature/file-label.h"
#include "fixture-policy.h"

#define ATTRIBUTES_MAX 8
#define FIELDS 10
#define UUID "8bcbe3944f134144be8e5aa9ea2ce2f6"

typedef struct Row {
        char *fields[FIELDS];
        uint8_t bytes[ATTRIBUTES_MAX][512];
        EvmAttribute attributes[ATTRIBUTES_MAX];
        EvmFile file;
} Row;

static uint64_t number(const char *text, int base)
{
        char *end;
        uint64_t value = strtoull(text, &end, base);

        cr_assert_eq(*end, '\0', "%s", text);
        return value;
}

static void parse_attributes(Row *row, char *text)
{
        char *state;

        for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
                char *value = strchr(word, '=');
                size_t n = row->file.n_attributes++;

                cr_assert_not_null(value);
                cr_assert_lt(n, ATTRIBUTES_MAX);
                *value++ = '\0';
                row->attributes[n].name = word;
                row->attributes[n].value = row->bytes[n];
                cr_assert_eq(hex_decode(value, row->bytes[n], sizeof(row->bytes[n]),
                                             &row->attributes[n].size),
                                0);
        }
}

static void parse_row(char *text, Row *row)
{
        size_t size;

        *row = (Row){ 0 };
        for (size_t i = 0; i < FIELDS; i++)
                cr_assert_not_null((row->fields[i] = strsep(&text, "\t")));
        row->file = (EvmFile){
                .attributes = row->attributes,
                .inode = number(row->fields[2], 10),
                .generation = (uint32_t) number(row->fields[3], 10),
                .uid = (uint32_t) number(row->fields[4], 10),
                .gid = (uint32_t) number(row->fields[5], 10),
                .mode = (uint16_t) number(row->fields[6], 8),
                .has_uuid = true,
        };
        cr_assert_eq(hex_decode(UUID, row->file.uuid, EVM_UUID_SIZE, &size), 0);
        parse_attributes(row, row->fields[7]);
}

Test(evm, hmacs_are_those_that_the_kernel_computed)
{
        size_t size, rows = 0;
        _cleanup_free_ char *path = fixture_path("%s/signature/evm-hmac.tsv", getenv("TEST_DATA")),
                            *text = fixture_read(path, &size);
        char *rest = text, *line;

        while ((line = strsep(&rest, "\n"))) {
                uint8_t key[128], expected[1 + FILE_LABEL_HMAC_SIZE];
                size_t key_size, expected_size;
                static Row row;
                Digest hmac;

                if (line[0] == '#' || line[0] == '\0')
                        continue;
                parse_row(line, &row);
                cr_assert_eq(hex_decode(row.fields[0], key, sizeof(key), &key_size), 0);
                cr_assert_eq(hex_decode(row.fields[8], expected, sizeof(expected), &expected_size),
                                0);
                cr_assert_eq(evm_compute_hmac(&row.file, key, key_size, &hmac), 0);
                cr_expect_eq(memcmp(hmac.bytes, expected + 1, FILE_LABEL_HMAC_SIZE), 0, "%s",
                                row.fields[9]);
                rows++;
        }
        cr_expect_gt(rows, 0);
}

static EvmFile file_with(const EvmAttribute *attribute)
{
        return (EvmFile){ .attributes = attribute, .n_attributes = 1, .mode = S_IFREG | 0644 };
}

Test(evm, portable_digests_forget_inode_and_file_system)
{
        const EvmAttribute ima = { "security.ima", "x", 1 };
        EvmFile here = file_with(&ima), there = file_with(&ima);
        Digest a, b;

        there.inode = 1;
        there.generation = 2;
        there.has_uuid = true;
        cr_assert_eq(evm_compute_digest(&here, SIGNATURE_TYPE_PORTABLE, HASH_SHA256, &a), 0);
        cr_assert_eq(evm_compute_digest(&there, SIGNATURE_TYPE_PORTABLE, HASH_SHA256, &b), 0);
        cr_expect(digest_equal(&a, &b));
        cr_assert_eq(evm_compute_digest(&here, SIGNATURE_TYPE_DIGSIG, HASH_SHA256, &a), 0);
        cr_assert_eq(evm_compute_digest(&there, SIGNATURE_TYPE_DIGSIG, HASH_SHA256, &b), 0);
        cr_expect_not(digest_equal(&a, &b));
}

Test(evm, owner_and_mode_are_part_of_every_digest)
{
        const EvmAttribute ima = { "security.ima", "x", 1 };
        EvmFile file = file_with(&ima), others[3] = { file, file, file };
        Digest digest, other;

        others[0].mode |= S_ISUID;
        others[1].uid = 1;
        others[2].gid = 1;
        cr_assert_eq(evm_compute_digest(&file, SIGNATURE_TYPE_PORTABLE, HASH_SHA256, &digest), 0);
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                cr_assert_eq(evm_compute_digest(&others[i], SIGNATURE_TYPE_PORTABLE, HASH_SHA256,
                                             &other),
                                0);
                cr_expect_not(digest_equal(&digest, &other));
        }
}

Test(evm, portable_digests_need_security_ima)
{
        const EvmAttribute selinux = { "security.selinux", "x", 1 };
        EvmFile file = file_with(&selinux);
        Digest digest;

        cr_expect_eq(evm_compute_digest(&file, SIGNATURE_TYPE_PORTABLE, HASH_SHA256, &digest),
                        -ENODATA);
        cr_expect_eq(evm_compute_digest(&file, SIGNATURE_TYPE_DIGSIG, HASH_SHA256, &digest), 0);
}

Test(evm, a_signature_that_is_bound_to_its_place_is_checked_there_only)
{
        static const uint8_t value[] = { SIGNATURE_TYPE_DIGSIG, 2, 4, 1, 2, 3, 4, 0, 1, 0 };
        const EvmAttribute ima = { "security.ima", "x", 1 };
        const CertificateList none = { NULL, 0 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        EvmFile file = file_with(&ima);

        cr_assert_eq(signature_verifier_new(&none, &verifier), 0);
        cr_expect_eq(evm_check(&file, value, sizeof(value), verifier), SIGNATURE_VERDICT_UNCHECKED);
        file.is_local = true;
        cr_expect_eq(evm_check(&file, value, sizeof(value), verifier),
                        SIGNATURE_VERDICT_UNKNOWN_KEY);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/checker.h"

#include "fixture-certificate.h"
#include "fixture-list.h"

#define FILES_MAX 4
#define VALUE_MAX 512

/* A file that evmctl has signed. */
typedef struct PortableFile {
        uint32_t uid, gid;
        uint16_t mode;
        size_t sizes[3]; /* security.ima, security.capability, security.evm; 0: not there */
        uint8_t values[3][VALUE_MAX];
} PortableFile;

static PortableFile parse_file(char *line)
{
        char *words[6], *next = NULL;
        PortableFile f = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                words[i] = strtok_r(i == 0 ? line : NULL, "\t", &next);
                cr_assert_not_null(words[i]);
        }
        f.uid = (uint32_t) strtoul(words[0], NULL, 10);
        f.gid = (uint32_t) strtoul(words[1], NULL, 10);
        f.mode = (uint16_t) strtoul(words[2], NULL, 16);
        for (size_t i = 0; i < ELEMENTSOF(f.values); i++)
                if (!string_equal(words[3 + i], "-"))
                        cr_assert_eq(hex_decode(words[3 + i], f.values[i], VALUE_MAX, &f.sizes[i]),
                                        0);
        return f;
}

static size_t load_files(PortableFile *files)
{
        size_t size, count = 0;
        _cleanup_free_ char *text = fixture_signature_file("evm-portable.tsv", &size);
        char *next;

        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
                if (*line != '#') {
                        cr_assert_lt(count, FILES_MAX);
                        files[count++] = parse_file(line);
                }
        return count;
}

/* As ima_eventinodexattrnames_init() and its neighbours write it. */
static void append_evm_sig(Buffer *list, const PortableFile *f)
{
        const char *names = f->sizes[1] > 0 ? "security.ima|security.capability" : "security.ima";
        const uint32_t lengths[] = { htole32((uint32_t) f->sizes[0]),
                htole32((uint32_t) f->sizes[1]) };
        const uint32_t uid = htole32(f->uid), gid = htole32(f->gid);
        const uint16_t mode = htole16(f->mode);
        _cleanup_buffer_ Buffer data = { 0 }, values = { 0 };
        uint8_t digest[8 + 32] = "sha256:";

        memcpy(digest + 8, f->values[0] + 2, 32);
        cr_assert_eq(buffer_append(&values, f->values[0], f->sizes[0]), 0);
        cr_assert_eq(buffer_append(&values, f->values[1], f->sizes[1]), 0);
        fixture_append_field(&data, digest, sizeof(digest), false);
        fixture_append_field(&data, "/f", sizeof("/f"), false);
        fixture_append_field(&data, f->values[2], f->sizes[2], false);
        fixture_append_field(&data, names, strlen(names), false);
        fixture_append_field(&data, lengths, f->sizes[1] > 0 ? 8 : 4, false);
        fixture_append_field(&data, values.data, values.size, false);
        fixture_append_field(&data, &uid, sizeof(uid), false);
        fixture_append_field(&data, &gid, sizeof(gid), false);
        fixture_append_field(&data, &mode, sizeof(mode), false);
        fixture_append_entry(list, 10, HASH_SHA1, "evm-sig", &data, false);
}

static SignatureVerdict check(const PortableFile *file, const char *certificate)
{
        static const HashAlgorithm bank = HASH_SHA256;
        _cleanup_(certificate_list_done) CertificateList certificates = { 0 };
        _cleanup_measurement_checker_ MeasurementChecker *checker = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        MeasurementCheck result;
        Measurement m;

        fixture_add_certificate(&certificates, certificate);
        append_evm_sig(&list, file);
        cr_assert_eq(replay_new(&bank, 1, &replay), 0);
        cr_assert_eq(measurement_checker_new(replay, &certificates, &checker), 0);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list.data, list.size), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(measurement_checker_check(checker, &m, &result), 0);
        cr_assert(result.digests.fits);
        return result.signature;
}

Test(checker, portable_signatures_are_checked_over_what_the_entry_says_of_the_file)
{
        PortableFile files[FILES_MAX] = { 0 };
        size_t count = load_files(files);

        cr_assert_gt(count, 1);
        for (size_t i = 0; i < count; i++)
                cr_expect_eq(check(&files[i], "cert-evm.pem"), SIGNATURE_VERDICT_GOOD, "%zu", i);
}

Test(checker, a_portable_signature_of_other_metadata_is_bad)
{
        PortableFile files[FILES_MAX] = { 0 };
        size_t count = load_files(files);

        for (size_t i = 0; i < count; i++) {
                PortableFile owner = files[i], mode = files[i], content = files[i];

                owner.uid ^= 1;
                mode.mode ^= 04000;
                content.values[0][20] ^= 1;
                cr_expect_eq(check(&owner, "cert-evm.pem"), SIGNATURE_VERDICT_BAD);
                cr_expect_eq(check(&mode, "cert-evm.pem"), SIGNATURE_VERDICT_BAD);
                cr_expect_eq(check(&content, "cert-evm.pem"), SIGNATURE_VERDICT_BAD);
        }
}

Test(checker, a_portable_signature_of_an_unknown_key_is_told_from_a_bad_one)
{
        PortableFile files[FILES_MAX] = { 0 };

        (void) load_files(files);
        cr_expect_eq(check(&files[0], "cert-rsa.pem"), SIGNATURE_VERDICT_UNKNOWN_KEY);
}

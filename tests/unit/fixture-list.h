/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Measurement lists for tests: recorded ones (tests/data/measurements: "HEX name bytes" lines,
 * "PCR bank number value" lines, and the kernel's own ASCII list), and entries made to order.
 */
#pragma once

#include <criterion/criterion.h>
#include <endian.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "core/measurements/list.h"
#include "core/measurements/replay.h"
#include "core/measurements/report.h"

typedef struct FixtureBinary {
        char name[64];
        size_t digest_size;
        uint8_t *bytes;
        size_t size;
} FixtureBinary;

typedef struct FixtureList {
        size_t n_binaries;
        FixtureBinary binaries[4];
        StringList ascii;
        size_t n_pcrs;
        PcrValue pcrs[96];
} FixtureList;

static const char *const fixture_lists[] = {
        "6.1-ima-sig-tpm_sha1_sha256.txt",
        "6.12-ima-sig-tpm_sha1_sha256.txt",
        "6.12-per-rule-pcr-and-template.txt",
        "6.12-template_ima-hash_sha1.txt",
        "modsig.txt",
};

static inline void fixture_list_done(FixtureList *list)
{
        for (size_t i = 0; i < list->n_binaries; i++)
                free(list->binaries[i].bytes);
        string_list_done(&list->ascii);
}

#define _cleanup_fixture_list_ _cleanup_(fixture_list_done)

static inline void fixture_list_add_binary(FixtureList *list, const char *name, const char *hex)
{
        FixtureBinary *b = &list->binaries[list->n_binaries++];

        cr_assert_leq(list->n_binaries, ELEMENTSOF(list->binaries));
        cr_assert_lt(strlen(name), sizeof(b->name));
        strcpy(b->name, name);
        b->digest_size = strstr(name, "_sha256") ? 32 : 20;
        b->bytes = malloc(strlen(hex) / 2 + 1);
        cr_assert_not_null(b->bytes);
        cr_assert_eq(hex_decode(hex, b->bytes, strlen(hex) / 2, &b->size), 0);
}

static inline void fixture_list_add_pcr(
                FixtureList *list, const char *bank, const char *number, const char *hex)
{
        PcrValue *pcr = &list->pcrs[list->n_pcrs++];

        cr_assert_leq(list->n_pcrs, ELEMENTSOF(list->pcrs));
        pcr->pcr = (uint32_t) atoi(number);
        pcr->value.algorithm = hash_algorithm_from_string(bank);
        cr_assert_eq(hex_decode(hex, pcr->value.bytes, DIGEST_SIZE_MAX, &pcr->value.size), 0);
        cr_assert_eq(pcr->value.size, hash_algorithm_size(pcr->value.algorithm));
}

static inline FixtureList fixture_list_load(const char *name)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = fs_open_root(getenv("TEST_DATA"));
        char path[128], *next;
        FixtureList list = { 0 };
        size_t size;
        bool ascii = false;

        (void) snprintf(path, sizeof(path), "measurements/%s", name);
        cr_assert_eq(fs_read_file(fd, path, 1 << 20, &text, &size), 0, "%s", path);
        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
                char *save = NULL;

                if (string_equal(line, "ASCII")) {
                        ascii = true;
                } else if (string_equal(line, "ENDASCII")) {
                        ascii = false;
                } else if (ascii) {
                        cr_assert_eq(string_list_add(&list.ascii, line), 0);
                } else if (line[0] != '#') {
                        const char *kind = strtok_r(line, " ", &save);
                        const char *first = strtok_r(NULL, " ", &save);
                        const char *second = strtok_r(NULL, " ", &save);

                        if (string_equal(kind, "HEX"))
                                fixture_list_add_binary(&list, first, second);
                        else
                                fixture_list_add_pcr(
                                                &list, first, second, strtok_r(NULL, " ", &save));
                }
        }
        cr_assert_gt(list.n_binaries, 0);
        return list;
}

static inline void fixture_append_u32(Buffer *b, uint32_t value, bool big_endian)
{
        uint32_t raw = big_endian ? htobe32(value) : htole32(value);

        cr_assert_eq(buffer_append(b, &raw, sizeof(raw)), 0);
}

/* One field of template data: length and bytes. */
static inline void fixture_append_field(Buffer *b, const void *bytes, size_t size, bool big_endian)
{
        fixture_append_u32(b, (uint32_t) size, big_endian);
        cr_assert_eq(buffer_append(b, bytes, size), 0);
}

/* Everything of an entry but its data; `hashed` is what the template digest covers. */
static inline void fixture_append_header(Buffer *list, uint32_t pcr, HashAlgorithm hash,
                const char *template, const Buffer *hashed, bool big_endian)
{
        Digest digest = { .size = hash_algorithm_size(hash) };

        if (hashed)
                cr_assert_eq(digest_compute(hash, hashed->data, hashed->size, &digest), 0);
        fixture_append_u32(list, pcr, big_endian);
        cr_assert_eq(buffer_append(list, digest.bytes, digest.size), 0);
        fixture_append_field(list, template, strlen(template), big_endian);
}

/* An entry with right template digest. */
static inline void fixture_append_entry(Buffer *list, uint32_t pcr, HashAlgorithm hash,
                const char *template, const Buffer *data, bool big_endian)
{
        fixture_append_header(list, pcr, hash, template, data, big_endian);
        fixture_append_field(list, data->data, data->size, big_endian);
}

/* struct ima_kexec_hdr */
static inline void fixture_append_kexec_header(
                Buffer *list, uint64_t size, uint64_t count, bool big_endian)
{
        uint16_t halves[] = { big_endian ? htobe16(1) : htole16(1), 0 };
        uint64_t words[] = { big_endian ? htobe64(size) : htole64(size),
                big_endian ? htobe64(count) : htole64(count) };

        cr_assert_eq(buffer_append(list, halves, sizeof(halves)), 0);
        fixture_append_u32(list, 0, big_endian);
        cr_assert_eq(buffer_append(list, words, sizeof(words)), 0);
}

/* An ima-ng entry of a made-up digest and this name. */
static inline void fixture_append_ng(Buffer *list, uint32_t pcr, const char *name)
{
        _cleanup_buffer_ Buffer data = { 0 };
        char digest[8 + 32] = "sha256:";

        memset(digest + 8, name[0], 32);
        fixture_append_field(&data, digest, sizeof(digest), false);
        fixture_append_field(&data, name, strlen(name) + 1, false);
        fixture_append_entry(list, pcr, HASH_SHA1, "ima-ng", &data, false);
}

/* The first entry of a list, of a boot in which PCR 0 to 9 were not extended. */
static inline void fixture_append_boot(Buffer *list)
{
        static const uint8_t pcrs[10 * 32];
        _cleanup_buffer_ Buffer data = { 0 };
        uint8_t digest[8 + 32] = "sha256:";
        Digest aggregate;

        cr_assert_eq(digest_compute(HASH_SHA256, pcrs, sizeof(pcrs), &aggregate), 0);
        memcpy(digest + 8, aggregate.bytes, 32);
        fixture_append_field(&data, digest, sizeof(digest), false);
        fixture_append_field(&data, "boot_aggregate", 15, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-ng", &data, false);
}

/* An ima-sig entry with a signature of this key id that nothing verifies; 0: without. */
static inline void fixture_append_keyed(Buffer *list, const char *name, uint32_t key_id)
{
        const uint8_t signature[] = { 0x03, 0x02, 0x04, (uint8_t) (key_id >> 24),
                (uint8_t) (key_id >> 16), (uint8_t) (key_id >> 8), (uint8_t) key_id, 0x00, 0x01,
                0x55 };
        _cleanup_buffer_ Buffer data = { 0 };
        char digest[8 + 32] = "sha256:";

        fixture_append_field(&data, digest, sizeof(digest), false);
        fixture_append_field(&data, name, strlen(name) + 1, false);
        fixture_append_field(&data, signature, key_id > 0 ? sizeof(signature) : 0, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-sig", &data, false);
}

/* Replays a whole list; returns how many entries it has before its end or its first fault. */
static inline uint64_t fixture_replay(
                Replay *replay, const void *bytes, size_t size, size_t digest_size)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        cr_assert_eq(measurement_reader_new(digest_size, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, bytes, size), 0);
        while (measurement_reader_next(reader, &m) > 0)
                cr_assert_geq(replay_add(replay, &m), 0);
        return replay_get_counts(replay)->entries;
}

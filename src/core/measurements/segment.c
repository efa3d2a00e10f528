/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/segment.h"

#include "base/json.h"
#include "base/strings.h"

#define IMA_PCR 10U

static json_t *digest_to_json(const Digest *digest)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];

        if (digest->size == 0)
                return json_null();
        hex_encode(digest->bytes, digest->size, hex);
        return json_string(hex);
}

static json_t *pcrs_to_json(const Replay *replay)
{
        size_t n_banks;
        const HashAlgorithm *banks = replay_get_banks(replay, &n_banks);
        json_t *object = json_object();

        for (size_t i = 0; i < n_banks; i++) {
                char key[64];
                Digest value;

                if (replay_get_pcr(replay, banks[i], IMA_PCR, &value) < 0)
                        continue;
                (void) snprintf(key, sizeof(key), "%s:%u", hash_algorithm_to_string(banks[i]),
                                IMA_PCR);
                (void) json_object_set_new(object, key, digest_to_json(&value));
        }
        return object;
}

int segment_format(const Segment *segment, const Replay *replay, char **ret_line)
{
        _cleanup_json_ json_t *json = json_pack(
                        "{s:i, s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:b, s:o}", "format",
                        SEGMENT_FORMAT, "boot_id", segment->boot_id, "segment",
                        (json_int_t) segment->number, "first_entry",
                        (json_int_t) segment->first_entry, "entries", (json_int_t) segment->entries,
                        "contents", digest_to_json(&segment->contents), "previous",
                        digest_to_json(&segment->previous), "digest_size",
                        (json_int_t) segment->list.digest_size, "big_endian",
                        segment->list.big_endian, "pcrs", pcrs_to_json(replay));

        return json ? json_format(json, ret_line) : -ENOMEM;
}

static int get_number(const json_t *json, const char *key, uint64_t *ret_number)
{
        const json_t *value = json_object_get(json, key);

        if (!json_is_integer(value) || json_integer_value(value) < 0)
                return -EBADMSG;
        *ret_number = (uint64_t) json_integer_value(value);
        return 0;
}

/* Size 0 for null. */
static int get_digest(const json_t *json, const char *key, Digest *ret_digest)
{
        const json_t *value = json_object_get(json, key);
        Digest digest = { .algorithm = HASH_SHA256 };

        if (json_is_string(value) && (hex_decode(json_string_value(value), digest.bytes,
                                                      sizeof(digest.bytes), &digest.size) < 0 ||
                                                     digest.size != 32))
                return -EBADMSG;
        if (!json_is_string(value) && !json_is_null(value))
                return -EBADMSG;
        *ret_digest = digest;
        return 0;
}

int segment_parse(const char *line, size_t size, Segment *ret_segment)
{
        _cleanup_json_ json_t *json = NULL;
        const json_t *big_endian;
        Segment segment = { 0 };
        uint64_t format, digest_size;
        const char *boot_id;

        if (size > SEGMENT_LINE_MAX || json_parse(line, size, &json) < 0)
                return -EBADMSG;
        boot_id = json_string_value(json_object_get(json, "boot_id"));
        big_endian = json_object_get(json, "big_endian");
        if (get_number(json, "format", &format) < 0 || format != SEGMENT_FORMAT || !boot_id ||
                        strlen(boot_id) >= sizeof(segment.boot_id) ||
                        !json_is_boolean(big_endian) ||
                        get_number(json, "segment", &segment.number) < 0 ||
                        get_number(json, "first_entry", &segment.first_entry) < 0 ||
                        get_number(json, "entries", &segment.entries) < 0 ||
                        get_number(json, "digest_size", &digest_size) < 0 || digest_size > 64 ||
                        get_digest(json, "contents", &segment.contents) < 0 ||
                        segment.contents.size == 0 ||
                        get_digest(json, "previous", &segment.previous) < 0)
                return -EBADMSG;
        (void) strcpy(segment.boot_id, boot_id);
        segment.list.digest_size = (size_t) digest_size;
        segment.list.big_endian = json_is_true(big_endian);
        *ret_segment = segment;
        return 0;
}

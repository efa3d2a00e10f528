/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/json.h"
#include "core/measurements/cel.h"
#include "fixture-list.h"

/* PCR 10 := hash(PCR 10, digest), by the digests of the records alone. */
static void extend(const json_t *record, HashAlgorithm bank, uint8_t *pcr)
{
        uint8_t joined[2 * DIGEST_SIZE_MAX];
        size_t size = hash_algorithm_size(bank), i, length;
        const json_t *digests = json_object_get(record, "digests"), *item;
        Digest digest;

        json_array_foreach (digests, i, item) {
                if (!string_equal(json_string_value(json_object_get(item, "hashAlg")),
                                    hash_algorithm_to_string(bank)))
                        continue;
                memcpy(joined, pcr, size);
                cr_assert_eq(hex_decode(json_string_value(json_object_get(item, "digest")),
                                             joined + size, size, &length),
                                0);
                cr_assert_eq(length, size);
                cr_assert_eq(digest_compute(bank, joined, 2 * size, &digest), 0);
                memcpy(pcr, digest.bytes, size);
        }
}

static json_t *format(const FixtureBinary *binary)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_replay_hasher_ ReplayHasher *hasher = NULL;
        json_t *records = json_array();
        Measurement m;

        cr_assert_eq(cel_hasher_new(&hasher), 0);
        cr_assert_eq(measurement_reader_new(binary->digest_size, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, binary->bytes, binary->size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                _cleanup_buffer_ Buffer text = { 0 };
                json_t *record;

                cr_assert_eq(cel_format_record(hasher, &m, json_array_size(records), &text), 0);
                cr_assert_eq(json_parse(text.data, text.size, &record), 0);
                cr_assert_eq(json_array_append_new(records, record), 0);
        }
        return records;
}

/* Violations are among the recorded entries. */
Test(cel, the_digests_give_the_pcrs_of_the_machine)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                _cleanup_json_ json_t *records = format(&list.binaries[0]);

                for (size_t j = 0; j < list.n_pcrs; j++) {
                        const PcrValue *value = &list.pcrs[j];
                        uint8_t pcr[DIGEST_SIZE_MAX] = { 0 };
                        const json_t *record;
                        size_t k;

                        if (value->pcr != 10)
                                continue;
                        json_array_foreach (records, k, record)
                                if (json_integer_value(json_object_get(record, "pcr")) == 10)
                                        extend(record, value->value.algorithm, pcr);
                        cr_assert_arr_eq(pcr, value->value.bytes, value->value.size, "%s %s",
                                        fixture_lists[i],
                                        hash_algorithm_to_string(value->value.algorithm));
                }
        }
}

Test(cel, records_are_numbered_and_hold_the_template)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[1]);
        _cleanup_json_ json_t *records = format(&list.binaries[0]);
        const json_t *record, *content;
        size_t i;

        cr_assert_gt(json_array_size(records), 1);
        json_array_foreach (records, i, record) {
                cr_assert_eq(json_integer_value(json_object_get(record, "recnum")), (json_int_t) i);
                cr_assert_str_eq(json_string_value(json_object_get(record, "content_type")),
                                "ima_template");
                content = json_object_get(record, "content");
                cr_assert(json_is_string(json_object_get(content, "template_name")));
                cr_assert(json_is_string(json_object_get(content, "template_data")));
        }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/cel.h"

#include "base/json.h"
#include "base/strings.h"

/* In the order in which a hasher without further banks has them. */
static const HashAlgorithm hashes[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

int cel_hasher_new(ReplayHasher **ret_hasher)
{
        return replay_hasher_new(hashes, ELEMENTSOF(hashes), ret_hasher);
}

static json_t *digests_to_json(const Measurement *m, const ReplayDigests *digests)
{
        _cleanup_json_ json_t *array = json_array();
        uint8_t ones[DIGEST_SIZE_MAX];

        memset(ones, 0xff, sizeof(ones));
        for (size_t i = 0; i < ELEMENTSOF(hashes); i++) {
                const uint8_t *value = m->violation ? ones : digests->values[i];

                if (!m->violation && !(digests->known & (UINT32_C(1) << i)))
                        continue;
                if (json_array_append_new(array,
                                    json_pack("{s:s, s:o}", "hashAlg",
                                                    hash_algorithm_to_string(hashes[i]), "digest",
                                                    json_hex(value, hash_algorithm_size(
                                                                                    hashes[i])))) <
                                0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

static json_t *record_to_json(const Measurement *m, uint64_t recnum, const ReplayDigests *digests)
{
        _cleanup_json_ json_t *record = json_pack("{s:I, s:I, s:o}", "recnum", (json_int_t) recnum,
                        "pcr", (json_int_t) m->pcr, "digests", digests_to_json(m, digests));

        if (!record || m->opaque)
                return TAKE_PTR(record);
        if (json_object_set_new(record, "content_type", json_string("ima_template")) < 0 ||
                        json_object_set_new(record, "content",
                                        json_pack("{s:s%, s:o}", "template_name", m->template_name,
                                                        m->template_name_size, "template_data",
                                                        json_hex(m->data, m->data_size))) < 0)
                return NULL;
        return TAKE_PTR(record);
}

int cel_format_record(ReplayHasher *hasher, const Measurement *m, uint64_t recnum, Buffer *buffer)
{
        _cleanup_json_ json_t *record = NULL;
        _cleanup_free_ char *text = NULL;
        ReplayDigests digests;
        int r = replay_hasher_hash(hasher, m, &digests);

        if (r < 0)
                return r;
        record = record_to_json(m, recnum, &digests);
        text = record ? json_dumps(record, JSON_COMPACT) : NULL;
        return text ? buffer_append_string(buffer, text) : -ENOMEM;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of label journals. The checksum is put right, so that what is behind it is reached; what
 * is parsed comes out of the formatter as it was.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/signature/label-record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const LabelRecord *record)
{
        _cleanup_buffer_ Buffer first = { 0 }, second = { 0 };
        LabelRecord again;
        size_t size;

        if (label_record_format(record, &first) < 0 ||
                        label_record_parse(first.data, first.size, &again, &size) < 0 ||
                        size != first.size || label_record_format(&again, &second) < 0 ||
                        second.size != first.size ||
                        memcmp(first.data, second.data, first.size) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ uint8_t *copy = malloc(size + 16);
        uint32_t body;
        LabelRecord record;
        size_t length;
        Digest digest;

        if (!copy)
                return 0;
        memcpy(copy, data, size);
        if (label_record_parse(copy, size, &record, &length) >= 0)
                check_again(&record);
        if (size < 5)
                return 0;
        body = htole32((uint32_t) (size - 5));
        memcpy(copy, &body, sizeof(body));
        if (digest_compute(HASH_SHA256, copy, size, &digest) < 0)
                return 0;
        memcpy(copy + size, digest.bytes, 8);
        if (label_record_parse(copy, size + 8, &record, &length) >= 0)
                check_again(&record);
        return 0;
}

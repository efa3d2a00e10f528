/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caches of good labels; the checksum is put right, so that what is behind it is reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/signature/label-cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const LabelCacheFile file = { .device = 1, .inode = 2 };
        _cleanup_label_cache_ LabelCache *cache = NULL, *again = NULL;
        _cleanup_buffer_ Buffer buffer = { 0 };
        Digest owner = { HASH_SHA256, 32, { 0 } }, digest;
        uint8_t *copy = malloc(size + 1);
        size_t length;
        char *bytes;

        if (!copy)
                return 0;
        memcpy(copy, data, size);
        if (size >= 80) {
                memcpy(owner.bytes, data + 16, 32);
                if (digest_compute(HASH_SHA256, copy, size - 32, &digest) >= 0)
                        memcpy(copy + size - 32, digest.bytes, 32);
        }
        if (label_cache_parse(&owner, copy, size, &cache) < 0)
                return 0;
        (void) label_cache_has(cache, &file);
        if (label_cache_add(cache, &file) < 0 || label_cache_format(cache, &buffer) < 0 ||
                        buffer_take(&buffer, &bytes, &length) < 0)
                return 0;
        if (label_cache_parse(&owner, (uint8_t *) bytes, length, &again) < 0 ||
                        !label_cache_has(again, &file))
                abort();
        return 0;
}

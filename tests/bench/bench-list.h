/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measurement lists of any length for the benches. */
#pragma once

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "core/measurements/replay.h"

static inline void bench_fail(const char *what)
{
        perror(what);
        exit(EXIT_FAILURE);
}

static inline void bench_append_field(Buffer *b, const void *bytes, size_t size)
{
        uint32_t raw = htole32((uint32_t) size);

        if (buffer_append(b, &raw, sizeof(raw)) < 0 || buffer_append(b, bytes, size) < 0)
                bench_fail("list");
}

/* An ima-sig entry of about 285 bytes, whose signature is as long as one of RSA-1024. */
static inline void bench_write_entry(FILE *file, size_t number, Replay *replay)
{
        _cleanup_buffer_ Buffer data = { 0 }, entry = { 0 };
        uint8_t digest[8 + 32] = "sha256:", signature[9 + 128] = { 3, 2, 4, 1, 2, 3, 4, 0, 128 };
        uint32_t pcr = htole32(10);
        char name[96];
        Digest own;

        memcpy(digest + 8, &number, sizeof(number));
        memcpy(signature + 9, &number, sizeof(number));
        (void) snprintf(name, sizeof(name), "/usr/lib/x86_64-linux-gnu/package-%06zu/libexample.so",
                        number);
        bench_append_field(&data, digest, sizeof(digest));
        bench_append_field(&data, name, strlen(name) + 1);
        bench_append_field(&data, signature, sizeof(signature));
        if (digest_compute(HASH_SHA1, data.data, data.size, &own) < 0 ||
                        buffer_append(&entry, &pcr, sizeof(pcr)) < 0 ||
                        buffer_append(&entry, own.bytes, own.size) < 0)
                bench_fail("list");
        bench_append_field(&entry, "ima-sig", 7);
        bench_append_field(&entry, data.data, data.size);
        if (fwrite(entry.data, entry.size, 1, file) != 1 ||
                        replay_add(replay, &(Measurement){
                                                           .pcr = 10,
                                                           .template_digest = own.bytes,
                                                           .template_digest_size = own.size,
                                                           .data = (uint8_t *) data.data,
                                                           .data_size = data.size,
                                           }) < 0)
                bench_fail("list");
}

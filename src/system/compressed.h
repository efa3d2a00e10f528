/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that may be compressed: gzip, bzip2, xz, lzma, lz4, zstd, told by their first bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A negative errno ends the reading. */
typedef int CompressedSink(void *userdata, const void *bytes, size_t size);

/*
 * Hands the contents over piece by piece, from the position of the descriptor on. -E2BIG above
 * limit bytes, -EBADMSG for what is cut off or damaged, errors of read(2) and of the sink.
 */
int compressed_read(int fd, uint64_t limit, CompressedSink *sink, void *userdata);

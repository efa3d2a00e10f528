/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/compressed.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/cleanup.h"

#define BLOCK_SIZE 65536U

static void reader_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_read_free(*archive);
}

static int fail(struct archive *archive)
{
        int error = archive_errno(archive);

        return error == EIO || error == ENOMEM || error == EISDIR ? -error : -EBADMSG;
}

/* What libarchive does itself; it would start programs for others. */
static int open_reader(int fd, struct archive *archive)
{
        static int (*const supports[])(struct archive *) = {
                archive_read_support_filter_gzip,
                archive_read_support_filter_bzip2,
                archive_read_support_filter_xz,
                archive_read_support_filter_lzma,
                archive_read_support_filter_lz4,
                archive_read_support_filter_zstd,
                archive_read_support_format_raw,
                archive_read_support_format_empty,
        };

        for (size_t i = 0; i < ELEMENTSOF(supports); i++)
                if (supports[i](archive) != ARCHIVE_OK)
                        return -EOPNOTSUPP;
        return archive_read_open_fd(archive, fd, BLOCK_SIZE) == ARCHIVE_OK ? 0 : fail(archive);
}

static int read_data(struct archive *archive, uint64_t limit, CompressedSink *sink, void *userdata)
{
        uint64_t total = 0;
        const void *bytes;
        la_int64_t offset;
        size_t size;
        int r;

        while ((r = archive_read_data_block(archive, &bytes, &size, &offset)) == ARCHIVE_OK) {
                total += size;
                if (total > limit)
                        return -E2BIG;
                r = sink(userdata, bytes, size);
                if (r < 0)
                        return r;
        }
        return r == ARCHIVE_EOF ? 0 : fail(archive);
}

int compressed_read(int fd, uint64_t limit, CompressedSink *sink, void *userdata)
{
        _cleanup_(reader_freep) struct archive *archive = archive_read_new();
        struct archive_entry *entry;
        int r = archive ? open_reader(fd, archive) : -ENOMEM;

        if (r < 0)
                return r;
        r = archive_read_next_header(archive, &entry);
        if (r == ARCHIVE_EOF)
                return 0;
        return r == ARCHIVE_OK ? read_data(archive, limit, sink, userdata) : fail(archive);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of its own: libarchive and all that it depends on is not for imad-load and the daemon. */
#include <archive.h>
#include <archive_entry.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "system/kernel.h"

#define CHUNK_SIZE 65536U

static void archive_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_read_free(*archive);
}

static int read_archive(struct archive *archive, char **ret_text, size_t *ret_size)
{
        _cleanup_buffer_ Buffer buffer = { 0 };

        for (;;) {
                la_ssize_t n;
                int r = buffer_reserve(&buffer, CHUNK_SIZE);

                if (r < 0)
                        return r;
                n = archive_read_data(archive, buffer.data + buffer.size, CHUNK_SIZE);
                if (n < 0)
                        return -EBADMSG;
                if (n == 0)
                        break;
                buffer.size += (size_t) n;
                buffer.data[buffer.size] = '\0';
                if (buffer.size > KERNEL_CONFIG_MAX)
                        return -EFBIG;
        }
        return buffer_take(&buffer, ret_text, ret_size);
}

static int read_gzip(int root_fd, const char *path, char **ret_text, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
        _cleanup_(archive_freep) struct archive *archive = NULL;
        struct archive_entry *entry;

        if (fd < 0)
                return fd;
        archive = archive_read_new();
        if (!archive)
                return -ENOMEM;
        if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
                        archive_read_support_format_raw(archive) != ARCHIVE_OK ||
                        archive_read_open_fd(archive, fd, CHUNK_SIZE) != ARCHIVE_OK ||
                        archive_read_next_header(archive, &entry) != ARCHIVE_OK ||
                        archive_filter_code(archive, 0) != ARCHIVE_FILTER_GZIP)
                return -EBADMSG;
        return read_archive(archive, ret_text, ret_size);
}

static int read_running_config(int root_fd, const char *release, char **ret_text, size_t *ret_size,
                char **ret_path)
{
        _cleanup_free_ char *running = NULL, *path = NULL;
        int r;

        if (kernel_get_release(root_fd, &running) < 0 || !string_equal(running, release))
                return -ENOENT;
        path = strdup("/proc/config.gz");
        if (!path)
                return -ENOMEM;
        r = read_gzip(root_fd, path, ret_text, ret_size);
        if (r >= 0)
                *ret_path = TAKE_PTR(path);
        return r;
}

int kernel_read_config(int root_fd, const char *release, char **ret_text, size_t *ret_size,
                char **ret_path)
{
        int r = kernel_read_config_file(root_fd, release, ret_text, ret_size, ret_path);

        if (r != -ENOENT)
                return r;
        return read_running_config(root_fd, release, ret_text, ret_size, ret_path);
}

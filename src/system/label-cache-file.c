/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-cache-file.h"

#include "base/fs.h"

static int read_bytes(int root_fd, const char *path, uint8_t **ret_bytes, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        struct stat st;
        char *text;
        int r;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
                        (st.st_mode & 022) != 0)
                return -EPERM;
        r = fs_read_fd(fd, LABEL_CACHE_SIZE_MAX, &text, ret_size);
        if (r >= 0)
                *ret_bytes = (uint8_t *) text;
        return r;
}

int label_cache_file_load(
                int root_fd, const char *path, const Digest *owner, LabelCache **ret_cache)
{
        uint8_t *bytes = NULL;
        size_t size = 0;
        int r = read_bytes(root_fd, path, &bytes, &size);

        if (r >= 0)
                r = label_cache_parse(owner, bytes, size, ret_cache);
        return r < 0 && r != -ENOMEM ? label_cache_new(owner, ret_cache) : r;
}

int label_cache_file_store(int root_fd, const char *path, LabelCache *cache)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        _cleanup_free_ char *directory = strdup(path);
        char *slash = directory ? strrchr(directory, '/') : NULL;
        int r = directory ? 0 : -ENOMEM;

        if (!label_cache_is_changed(cache))
                return 0;
        if (slash && slash != directory) {
                *slash = '\0';
                r = fs_make_directories(root_fd, directory, 0755);
        }
        if (r >= 0)
                r = label_cache_format(cache, &buffer);
        return r < 0 ? r : fs_replace_file(root_fd, path, buffer.data, buffer.size, 0600);
}

LabelCacheFile label_cache_file_from_stat(const struct stat *st)
{
        return (LabelCacheFile){
                .device = st->st_dev,
                .inode = st->st_ino,
                .size = (uint64_t) st->st_size,
                .ctime_sec = st->st_ctim.tv_sec,
                .mtime_sec = st->st_mtim.tv_sec,
                .ctime_nsec = (uint32_t) st->st_ctim.tv_nsec,
                .mtime_nsec = (uint32_t) st->st_mtim.tv_nsec,
        };
}

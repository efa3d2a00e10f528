/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"

#include <attr/error_context.h>
#include <attr/libattr.h>
#include <errno.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "base/buffer.h"

#define READ_CHUNK 65536
#define PATH_TEXT_MAX 4096
#define TREE_DEPTH_MAX 64
#define RESTART_MAX 16

int fs_open_root(const char *root)
{
        int fd = open(root && *root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

bool fs_root_is_host(int root_fd)
{
        struct stat root, host;

        return fstat(root_fd, &root) >= 0 && stat("/", &host) >= 0 && root.st_dev == host.st_dev &&
               root.st_ino == host.st_ino;
}

int fs_open(int root_fd, const char *path, int flags, mode_t mode)
{
        struct open_how how = {
                .flags = (uint64_t) (flags | O_CLOEXEC),
                .mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };

        /* openat2() answers EAGAIN when a rename elsewhere made the resolution unsure. */
        for (int i = 0; i < RESTART_MAX; i++) {
                long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

                if (fd >= 0)
                        return (int) fd;
                if (errno != EAGAIN && errno != EINTR)
                        return -errno;
        }
        return -EAGAIN;
}

int fs_read_fd(int fd, size_t limit, char **ret_text, size_t *ret_size)
{
        _cleanup_buffer_ Buffer buffer = { 0 };

        for (;;) {
                ssize_t n;
                int r = buffer_reserve(&buffer, READ_CHUNK);

                if (r < 0)
                        return r;
                n = read(fd, buffer.data + buffer.size, READ_CHUNK);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                buffer.size += (size_t) n;
                buffer.data[buffer.size] = '\0';
                if (buffer.size > limit)
                        return -EFBIG;
        }
        return buffer_take(&buffer, ret_text, ret_size);
}

int fs_read_file(int root_fd, const char *path, size_t limit, char **ret_text, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        /* The size is no measure: sysfs gives every attribute that of a page. */
        return fs_read_fd(fd, limit, ret_text, ret_size);
}

int fs_write_all(int fd, const void *bytes, size_t size)
{
        const char *p = bytes;

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                p += n;
                size -= (size_t) n;
        }
        return 0;
}

int fs_open_parent(int root_fd, const char *path, const char **ret_name)
{
        const char *slash = strrchr(path, '/');
        char parent[PATH_TEXT_MAX];
        int fd;

        if (!slash || slash == path)
                (void) strcpy(parent, slash ? "/" : ".");
        else if ((size_t) (slash - path) >= sizeof(parent))
                return -ENAMETOOLONG;
        else
                *((char *) mempcpy(parent, path, (size_t) (slash - path))) = '\0';
        fd = fs_open(root_fd, parent, O_RDONLY | O_DIRECTORY, 0);
        if (fd >= 0)
                *ret_name = slash ? slash + 1 : path;
        return fd;
}

/* Labels of the old bytes would be wrong on the new ones. */
static int copies_attribute(const char *name, struct error_context *context)
{
        return !string_equal(name, "security.ima") && !string_equal(name, "security.evm");
}

/* Quiet copy of attributes: a file system without them is no failure. */
static void copy_attributes(int from_fd, int to_fd)
{
        (void) attr_copy_fd("", from_fd, "", to_fd, copies_attribute, NULL);
}

static int write_beside(int dir_fd, const char *name, const char *temporary, FsWriter *write,
                void *userdata, mode_t mode)
{
        _cleanup_close_ int fd = -EBADF, old_fd = -EBADF;
        int r;

        fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = write(fd, userdata);
        if (r < 0)
                return r;
        old_fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (old_fd >= 0)
                copy_attributes(old_fd, fd);
        if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
                return -errno;
        return 0;
}

int fs_replace_file_by(int root_fd, const char *path, FsWriter *write, void *userdata, mode_t mode)
{
        _cleanup_close_ int dir_fd = -EBADF;
        char temporary[NAME_MAX + 1];
        const char *name;
        uint32_t salt;
        int r;

        dir_fd = fs_open_parent(root_fd, path, &name);
        if (dir_fd < 0)
                return dir_fd;
        if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
                return -EIO;
        r = snprintf(temporary, sizeof(temporary), ".%.200s.%08x", name, salt);
        if (r < 0 || (size_t) r >= sizeof(temporary))
                return -ENAMETOOLONG;
        r = write_beside(dir_fd, name, temporary, write, userdata, mode);
        if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
                r = -errno;
        if (r < 0) {
                (void) unlinkat(dir_fd, temporary, 0);
                return r;
        }
        return fsync(dir_fd) < 0 ? -errno : 0;
}

typedef struct FileBytes {
        const void *bytes;
        size_t size;
} FileBytes;

static int write_bytes(int fd, void *userdata)
{
        const FileBytes *file = userdata;

        return fs_write_all(fd, file->bytes, file->size);
}

int fs_replace_file(int root_fd, const char *path, const void *bytes, size_t size, mode_t mode)
{
        FileBytes file = { bytes, size };

        return fs_replace_file_by(root_fd, path, write_bytes, &file, mode);
}

static int make_directory(int root_fd, const char *path, mode_t mode)
{
        const char *name;
        _cleanup_close_ int dir_fd = fs_open_parent(root_fd, path, &name);

        if (dir_fd < 0)
                return dir_fd;
        if (mkdirat(dir_fd, name, mode) < 0)
                return errno == EEXIST ? 0 : -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}

int fs_make_directories(int root_fd, const char *path, mode_t mode)
{
        char partial[PATH_TEXT_MAX];
        size_t length = strlen(path);
        _cleanup_close_ int fd = -EBADF;

        if (length >= sizeof(partial))
                return -ENAMETOOLONG;
        for (size_t i = 1; i <= length; i++) {
                int r;

                if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
                        continue;
                *((char *) mempcpy(partial, path, i)) = '\0';
                r = make_directory(root_fd, partial, mode);
                if (r < 0)
                        return r;
        }
        fd = fs_open(root_fd, path, O_RDONLY | O_DIRECTORY, 0);
        return fd < 0 ? fd : 0;
}

int fs_create_file(int root_fd, const char *path, const void *bytes, size_t size, mode_t mode)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        int r;

        if (fd < 0)
                return fd;
        r = fs_write_all(fd, bytes, size);
        if (r < 0)
                return r;
        return fchmod(fd, mode) < 0 || fsync(fd) < 0 ? -errno : 0;
}

int fs_rename(int root_fd, const char *from, const char *to)
{
        const char *from_name, *to_name;
        _cleanup_close_ int from_fd = fs_open_parent(root_fd, from, &from_name), to_fd = -EBADF;

        if (from_fd < 0)
                return from_fd;
        to_fd = fs_open_parent(root_fd, to, &to_name);
        if (to_fd < 0)
                return to_fd;
        if (renameat(from_fd, from_name, to_fd, to_name) < 0)
                return -errno;
        return fsync(to_fd) < 0 ? -errno : 0;
}

int fs_sync(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK, 0);

        if (fd < 0)
                return fd;
        return fsync(fd) < 0 ? -errno : 0;
}

static int remove_at(int dir_fd, const char *name, unsigned depth);

static int remove_children(int dir_fd, unsigned depth)
{
        _cleanup_closedir_ DIR *dir = NULL;
        const struct dirent *entry;
        int copy = dup(dir_fd);

        dir = copy < 0 ? NULL : fdopendir(copy);
        if (!dir)
                return -errno;
        while ((errno = 0, entry = readdir(dir))) {
                int r;

                if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
                        continue;
                r = remove_at(dir_fd, entry->d_name, depth + 1);
                if (r < 0)
                        return r;
        }
        return -errno;
}

static int remove_at(int dir_fd, const char *name, unsigned depth)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (unlinkat(dir_fd, name, 0) >= 0)
                return 0;
        if (errno != EISDIR && errno != EPERM)
                return -errno;
        if (depth > TREE_DEPTH_MAX)
                return -ELOOP;
        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = remove_children(fd, depth);
        if (r < 0)
                return r;
        return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int fs_remove_tree(int root_fd, const char *path)
{
        const char *name;
        _cleanup_close_ int dir_fd = fs_open_parent(root_fd, path, &name);

        return dir_fd < 0 ? dir_fd : remove_at(dir_fd, name, 0);
}

bool fs_exists(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_PATH, 0);

        return fd >= 0;
}

int fs_list_directory(int root_fd, const char *path, size_t limit, StringList *ret_names)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_closedir_ DIR *dir = NULL;
        const struct dirent *entry;
        int fd = fs_open(root_fd, path, O_RDONLY | O_DIRECTORY, 0);

        if (fd < 0)
                return fd;
        dir = fdopendir(fd);
        if (!dir) {
                (void) close(fd);
                return -errno;
        }
        while ((errno = 0, entry = readdir(dir))) {
                int r;

                if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
                        continue;
                if (names.count >= limit)
                        return -E2BIG;
                r = string_list_add(&names, entry->d_name);
                if (r < 0)
                        return r;
        }
        if (errno != 0)
                return -errno;
        string_list_sort(&names);
        *ret_names = TAKE_STRUCT(names);
        return 0;
}

int fs_read_link(int root_fd, const char *path, char **ret_target)
{
        const char *name;
        _cleanup_close_ int dir_fd = fs_open_parent(root_fd, path, &name);
        char target[PATH_TEXT_MAX];
        ssize_t n;

        if (dir_fd < 0)
                return dir_fd;
        n = readlinkat(dir_fd, name, target, sizeof(target) - 1);
        if (n < 0)
                return -errno;
        if ((size_t) n >= sizeof(target) - 1)
                return -ENAMETOOLONG;
        target[n] = '\0';
        *ret_target = strdup(target);
        return *ret_target ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/tree.h"

#include "base/fs.h"
#include "base/strings.h"

typedef struct Walk {
        bool cross_mounts;
        TreeVisitor visit;
        void *userdata;
        TreeStatistics *statistics;
        uint64_t mount_id;
} Walk;

static char *join(const char *directory, const char *name)
{
        char *path;

        return asprintf(&path, "%s%s%s", directory, string_ends_with(directory, "/") ? "" : "/",
                               name) < 0
                               ? NULL
                               : path;
}

static int visit_file(const Walk *w, int dir_fd, const char *directory, const char *name)
{
        _cleanup_free_ char *path = join(directory, name);
        _cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

        if (!path)
                return -ENOMEM;
        if (fd < 0) {
                w->statistics->unreadable++;
                return 0;
        }
        w->statistics->files++;
        return w->visit(w->userdata, path, fd);
}

/* The type from the directory, or from the file where that does not tell. */
static unsigned char entry_type(int dir_fd, const struct dirent *entry)
{
        struct statx stx;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type;
        if (statx(dir_fd, entry->d_name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) <
                        0)
                return DT_UNKNOWN;
        return S_ISREG(stx.stx_mode) ? DT_REG : S_ISDIR(stx.stx_mode) ? DT_DIR : DT_UNKNOWN;
}

static int read_directory(const Walk *w, DIR *dir, const char *path, StringList *directories)
{
        const struct dirent *entry;

        while ((errno = 0, entry = readdir(dir))) {
                unsigned char type = entry_type(dirfd(dir), entry);
                int r = 0;

                if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
                        continue;
                if (type == DT_REG)
                        r = visit_file(w, dirfd(dir), path, entry->d_name);
                else if (type == DT_DIR)
                        r = string_list_add(directories, entry->d_name);
                if (r < 0)
                        return r;
        }
        w->statistics->unreadable += errno != 0;
        return 0;
}

static bool enters(const Walk *w, int dir_fd, const char *name)
{
        struct statx stx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0) {
                w->statistics->unreadable++;
                return false;
        }
        if ((stx.stx_attributes & STATX_ATTR_AUTOMOUNT) ||
                        (stx.stx_mnt_id != w->mount_id && !w->cross_mounts)) {
                w->statistics->skipped_mounts++;
                return false;
        }
        return true;
}

/* Takes over the descriptor. Recursion ends at TREE_DEPTH_LIMIT. */
static int walk_directory(const Walk *w, int fd, const char *path, unsigned depth)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_closedir_ DIR *dir = fdopendir(fd);
        int r;

        if (!dir) {
                (void) close(fd);
                return -ENOMEM;
        }
        w->statistics->directories++;
        r = read_directory(w, dir, path, &names);
        string_list_sort(&names);
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *below = join(path, names.items[i]);
                int child;

                if (!below)
                        return -ENOMEM;
                if (!enters(w, dirfd(dir), names.items[i]))
                        continue;
                child = openat(dirfd(dir), names.items[i],
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (child >= 0 && depth < TREE_DEPTH_LIMIT) {
                        r = walk_directory(w, child, below, depth + 1);
                        continue;
                }
                w->statistics->unreadable++;
                if (child >= 0)
                        (void) close(child);
        }
        return r;
}

int tree_walk_at(int dir_fd, const char *path, bool cross_mounts, TreeVisitor visit, void *userdata,
                TreeStatistics *statistics)
{
        Walk w = { cross_mounts, visit, userdata, statistics, 0 };
        int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct statx stx;

        if (fd < 0)
                return -errno;
        if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0) {
                int r = -errno;

                (void) close(fd);
                return r;
        }
        w.mount_id = stx.stx_mnt_id;
        return walk_directory(&w, fd, path, 0);
}

int tree_walk(int root_fd, const char *path, bool cross_mounts, TreeVisitor visit, void *userdata,
                TreeStatistics *statistics)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_PATH | O_DIRECTORY, 0);

        return fd < 0 ? fd : tree_walk_at(fd, path, cross_mounts, visit, userdata, statistics);
}

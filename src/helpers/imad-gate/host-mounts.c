/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/host-mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/strings.h"
#include "system/mounts.h"

void host_mounts_done(HostMounts *mounts)
{
        for (size_t i = 0; i < mounts->count; i++) {
                cleanup_closep(&mounts->items[i].fd);
                free(mounts->items[i].path);
        }
        mounts->count = 0;
}

const HostMount *host_mounts_find(const HostMounts *mounts, dev_t device)
{
        for (size_t i = 0; i < mounts->count; i++)
                if (mounts->items[i].device == device)
                        return &mounts->items[i];
        return NULL;
}

/* The copy may have been made of a mount that is read-only, as that of a service with a sandbox. */
static int clone_mount(const char *path)
{
        struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
        _cleanup_close_ int fd = open_tree(
                        AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT);
        int top_fd;

        if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &writable, sizeof(writable)) < 0)
                return -errno;
        /* open_by_handle_at() takes no descriptor of O_PATH. */
        top_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return top_fd < 0 ? -errno : top_fd;
}

int host_mounts_add(HostMounts *mounts, const char *path)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *copy = NULL;
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (host_mounts_find(mounts, st.st_dev))
                return 0;
        if (mounts->count == HOST_MOUNTS_MAX)
                return -E2BIG;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        fd = clone_mount(path);
        if (fd < 0)
                return fd;
        mounts->items[mounts->count++] = (HostMount){ st.st_dev, TAKE_FD(fd), TAKE_PTR(copy) };
        return 0;
}

/* Local ones that hold security.ima and give out file handles. */
static bool is_eligible(const Mount *mount)
{
        static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs",
                "tmpfs" };
        struct statvfs fs;

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (string_equal(types[i], mount->type))
                        return statvfs(mount->path, &fs) >= 0;
        return false;
}

/* A mount that is hidden below another one, or vanishes, is no reason to give up. */
static bool is_serious(int error)
{
        return error == -EPERM || error == -ENOMEM || error == -ENOSYS;
}

int host_mounts_open(HostMounts *ret_mounts)
{
        _cleanup_host_mounts_ HostMounts mounts = { .count = 0 };
        _cleanup_mount_table_ MountTable table = { 0 };
        int r = mounts_load(&table);

        for (size_t i = 0; r >= 0 && i < table.list.count; i++) {
                if (!is_eligible(&table.list.items[i]))
                        continue;
                r = host_mounts_add(&mounts, table.list.items[i].path);
                if (r < 0 && !is_serious(r) && r != -E2BIG)
                        r = 0;
        }
        if (r < 0)
                return r;
        *ret_mounts = TAKE_STRUCT(mounts);
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/users.h"

#include <grp.h>
#include <pwd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/strings.h"

static int open_stream(int root_fd, const char *path, FILE **ret_file)
{
        int fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
        FILE *file;

        if (fd < 0)
                return fd;
        file = fdopen(fd, "re");
        if (!file) {
                (void) close(fd);
                return -ENOMEM;
        }
        *ret_file = file;
        return 0;
}

/* getpwnam() leaves errno alone, or sets one of these, when there is no such name. */
static int error_of_lookup(int error)
{
        return error == 0 || error == ENOENT || error == ESRCH || error == EBADF ? -ENOENT : -error;
}

int users_find_user(int root_fd, const char *name, uint32_t *ret_uid)
{
        _cleanup_fclose_ FILE *file = NULL;
        const struct passwd *entry;
        int r;

        if (fs_root_is_host(root_fd)) {
                errno = 0;
                entry = getpwnam(name);
                if (!entry)
                        return error_of_lookup(errno);
                *ret_uid = entry->pw_uid;
                return 0;
        }
        r = open_stream(root_fd, "/etc/passwd", &file);
        if (r < 0)
                return r;
        while ((entry = fgetpwent(file)))
                if (string_equal(entry->pw_name, name)) {
                        *ret_uid = entry->pw_uid;
                        return 0;
                }
        return -ENOENT;
}

int users_find_group(int root_fd, const char *name, uint32_t *ret_gid)
{
        _cleanup_fclose_ FILE *file = NULL;
        const struct group *entry;
        int r;

        if (fs_root_is_host(root_fd)) {
                errno = 0;
                entry = getgrnam(name);
                if (!entry)
                        return error_of_lookup(errno);
                *ret_gid = entry->gr_gid;
                return 0;
        }
        r = open_stream(root_fd, "/etc/group", &file);
        if (r < 0)
                return r;
        while ((entry = fgetgrent(file)))
                if (string_equal(entry->gr_name, name)) {
                        *ret_gid = entry->gr_gid;
                        return 0;
                }
        return -ENOENT;
}

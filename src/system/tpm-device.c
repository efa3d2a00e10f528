/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/tpm-device.h"

#include <unistd.h>

#include "base/fs.h"

int tpm_device_open(int root_fd, const char *path)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = fs_open(root_fd, path, O_PATH, 0);
        if (fd == -ENOENT || fd == -ENOTDIR)
                return -ENODEV;
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISCHR(st.st_mode))
                return -ENODEV;
        if (faccessat(fd, "", R_OK | W_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
                return -errno;
        return TAKE_FD(fd);
}

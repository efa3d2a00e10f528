/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/appraisal-probe.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/statvfs.h>

#include "base/fs.h"

/* No format that the kernel knows. */
static const char junk[] = "no program\n";

static int make_file(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_WRONLY | O_CREAT | O_EXCL, 0700);

        return fd < 0 ? fd : fs_write_all(fd, junk, sizeof(junk) - 1);
}

/* execve() returns in any case. */
static bool exec_is_denied(int fd)
{
        char *const arguments[] = { (char[]){ "probe" }, NULL }, *const environment[] = { NULL };

        (void) execveat(fd, "", arguments, environment, AT_EMPTY_PATH);
        return errno == EACCES || errno == EPERM;
}

static bool mmap_is_denied(int fd)
{
        void *memory = mmap(NULL, sizeof(junk), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

        if (memory == MAP_FAILED)
                return errno == EACCES || errno == EPERM;
        (void) munmap(memory, sizeof(junk));
        return false;
}

static int try_file(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY, 0);
        struct statvfs fs;

        if (fd < 0)
                return fd == -EACCES ? 1 : fd; /* a policy for every file */
        if (fstatvfs(fd, &fs) < 0)
                return -errno;
        if (fs.f_flag & ST_NOEXEC)
                return -EOPNOTSUPP;
        return exec_is_denied(fd) || mmap_is_denied(fd);
}

int appraisal_probe(int root_fd, const char *directory)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int parent_fd = -EBADF;
        const char *name;
        uint64_t random;
        int r = fs_make_directories(root_fd, directory, 0755);

        if (r < 0)
                return r;
        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        if (asprintf(&path, "%s/" APPRAISAL_PROBE_PREFIX "%016" PRIx64, directory, random) < 0)
                return -ENOMEM;
        parent_fd = fs_open_parent(root_fd, path, &name);
        if (parent_fd < 0)
                return parent_fd;
        r = make_file(root_fd, path);
        if (r >= 0)
                r = try_file(root_fd, path);
        (void) unlinkat(parent_fd, name, 0);
        return r;
}

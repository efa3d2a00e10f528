/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-trial.h"

#include <fcntl.h>
#include <linux/kexec.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strings.h"

#define PROGRAM_TIMEOUT_MSEC 60000

static void __attribute__((noreturn)) execute(const char *path)
{
        char *const argv[] = { (char *) path, (char *) "--version", NULL };
        char *const envp[] = { (char *) "LD_TRACE_LOADED_OBJECTS=1", NULL };
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        for (int fd = 0; null >= 0 && fd <= 2; fd++)
                (void) dup2(null, fd);
        (void) execve(path, argv, envp);
        _exit(126);
}

int file_trial_execute(const char *path)
{
        _cleanup_close_ int fd = -EBADF;
        struct pollfd wait = { .events = POLLIN };
        pid_t pid = fork();
        int status;

        if (pid < 0)
                return -errno;
        if (pid == 0)
                execute(path);
        wait.fd = fd = pidfd_open(pid, 0);
        if (fd < 0 || poll(&wait, 1, PROGRAM_TIMEOUT_MSEC) <= 0)
                (void) kill(pid, SIGKILL);
        if (waitpid(pid, &status, 0) != pid)
                return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EACCES;
}

static int open_file(const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        return fd < 0 ? -errno : fd;
}

int file_trial_map(const char *path)
{
        _cleanup_close_ int fd = open_file(path);
        struct stat st;
        void *map;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size == 0)
                return -ENOEXEC;
        map = mmap(NULL, (size_t) st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
                return -errno;
        (void) munmap(map, (size_t) st.st_size);
        return 0;
}

static int try_read(const char *path)
{
        _cleanup_close_ int fd = open_file(path);

        return fd < 0 ? fd : 0;
}

static int try_module(const char *path)
{
        _cleanup_close_ int fd = open_file(path);

        if (fd < 0)
                return fd;
        return syscall(SYS_finit_module, fd, "", 0) < 0 && errno == EACCES ? -EACCES : 0;
}

static int try_kexec_kernel(const char *path)
{
        _cleanup_close_ int fd = open_file(path);

        if (fd < 0)
                return fd;
        return syscall(SYS_kexec_file_load, fd, -1, 1UL, "", KEXEC_FILE_NO_INITRAMFS) < 0 &&
                                               errno == EACCES
                               ? -EACCES
                               : 0;
}

int file_trial_use(FileUse use, const char *path)
{
        static int (*const trials[FILE_USE_MAX])(const char *path) = {
                [FILE_USE_EXECUTE] = file_trial_execute,
                [FILE_USE_MAP] = file_trial_map,
                [FILE_USE_READ] = try_read,
                [FILE_USE_MODULE] = try_module,
                [FILE_USE_KEXEC_KERNEL] = try_kexec_kernel,
        };

        return use >= 0 && use < FILE_USE_MAX && trials[use] ? trials[use](path) : -EOPNOTSUPP;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/gpgv.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"

#define GPGV_PATH "/usr/bin/gpgv"
#define STATUS_SIZE_MAX ((size_t) 1 << 20)

/* Descriptors of the child, behind its standard ones. */
enum {
        CHILD_KEYS = 3,
        CHILD_SIGNATURE,
        CHILD_DATA,
        CHILD_END
};

typedef struct Child {
        int inputs[CHILD_END - CHILD_KEYS];
        int status[2]; /* a pipe */
        pid_t pid;
} Child;

static void child_done(Child *child)
{
        for (size_t i = 0; i < ELEMENTSOF(child->inputs); i++)
                cleanup_closep(&child->inputs[i]);
        cleanup_closep(&child->status[0]);
        cleanup_closep(&child->status[1]);
}

/* Above all that the child is to get, so that no dup2() there hits one that is still needed. */
static int move_up(int fd)
{
        int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CHILD_END);

        if (fd >= 0)
                (void) close(fd);
        return moved;
}

static int make_input(GpgvInput input, int *ret_fd)
{
        int fd = move_up(memfd_create("gpgv", MFD_CLOEXEC));

        if (fd < 0)
                return -errno;
        *ret_fd = fd;
        return fs_write_all(fd, input.bytes, input.size);
}

static int make_pipe(Child *child)
{
        if (pipe2(child->status, O_CLOEXEC) < 0)
                return -errno;
        for (size_t i = 0; i < 2; i++) {
                child->status[i] = move_up(child->status[i]);
                if (child->status[i] < 0)
                        return -errno;
        }
        return 0;
}

static int set_actions(const Child *child, posix_spawn_file_actions_t *actions)
{
        int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

        if (r == 0)
                r = posix_spawn_file_actions_addopen(
                                actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, child->status[1], STDOUT_FILENO);
        for (int i = CHILD_KEYS; r == 0 && i < CHILD_END; i++)
                r = posix_spawn_file_actions_adddup2(actions, child->inputs[i - CHILD_KEYS], i);
        return -r;
}

static int start(Child *child)
{
        static const char *const arguments[] = { GPGV_PATH, "--status-fd", "1", "--keyring",
                "/proc/self/fd/3", "/proc/self/fd/4", "/proc/self/fd/5", NULL };
        static const char *const environment[] = { "LC_ALL=C", "GNUPGHOME=/nonexistent", NULL };
        posix_spawn_file_actions_t actions;
        int r = -posix_spawn_file_actions_init(&actions);

        if (r < 0)
                return r;
        r = set_actions(child, &actions);
        if (r >= 0)
                r = -posix_spawn(&child->pid, GPGV_PATH, &actions, NULL, (char **) arguments,
                                (char **) environment);
        (void) posix_spawn_file_actions_destroy(&actions);
        cleanup_closep(&child->status[1]);
        child->status[1] = -EBADF;
        return r;
}

/* Its exit code says less than its status: it fails for one key that is missing. */
static int wait_for(pid_t pid)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? 0 : -EIO;
}

int gpgv_verify(GpgvInput keys, GpgvInput signature, GpgvInput data, const StringList *fingerprints,
                GpgvStatus *ret_status)
{
        _cleanup_(child_done) Child child = {
                .inputs = {-EBADF, -EBADF, -EBADF },
                  .status = { -EBADF,     -EBADF    }
        };
        const GpgvInput inputs[] = { keys, signature, data };
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r = make_pipe(&child), waited;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(inputs); i++)
                r = make_input(inputs[i], &child.inputs[i]);
        if (r >= 0)
                r = start(&child);
        if (r < 0)
                return r;
        r = fs_read_fd(child.status[0], STATUS_SIZE_MAX, &text, &size);
        cleanup_closep(&child.status[0]);
        child.status[0] = -EBADF;
        waited = wait_for(child.pid);
        if (r < 0 || waited < 0)
                return r < 0 ? r : waited;
        *ret_status = gpgv_status_parse(text, size, fingerprints);
        return 0;
}

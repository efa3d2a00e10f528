/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/strings.h"

bool process_ready(int ready_fd, int result)
{
        ssize_t n = write(ready_fd, &result, sizeof(result));

        (void) close(ready_fd);
        return n == (ssize_t) sizeof(result);
}

void process_end(pid_t pid)
{
        if (pid <= 0)
                return;
        (void) kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

int process_start(ProcessRun *run, void *userdata, pid_t *ret_pid)
{
        _cleanup_close_ int ready = -EBADF, child = -EBADF;
        int fds[2], r;
        ssize_t n;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        ready = fds[0];
        child = fds[1];
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void) close(ready);
                run(userdata, child);
                _exit(0);
        }
        (void) close(TAKE_FD(child));
        do
                n = read(ready, &r, sizeof(r));
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t) sizeof(r))
                r = -ECHILD;
        if (r < 0)
                process_end(pid);
        else
                *ret_pid = pid;
        return r;
}

int process_read_start(int root_fd, pid_t pid, uint64_t *ret_ticks)
{
        _cleanup_free_ char *text = NULL;
        char path[64], *field;
        int r;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        r = fs_read_file(root_fd, path, 4096, &text, NULL);
        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        /* The name in field 2 may hold blanks and parentheses. */
        field = strrchr(text, ')');
        for (int i = 2; field && i < 22; i++)
                field = strchr(field + 1, ' ');
        if (!field)
                return -EBADMSG;
        field[1 + strcspn(field + 1, " ")] = '\0';
        return parse_u64(field + 1, UINT64_MAX, ret_ticks) < 0 ? -EBADMSG : 0;
}

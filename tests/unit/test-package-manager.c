/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes with the names of package managers, one below the other. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "system/package-manager.h"

/* A chain of processes of these names below this one; returns the pid of the first, and writes the
 * pids of all. They end when the first is killed. */
static pid_t start_chain(const char *const *names, pid_t *pids, size_t n)
{
        int fds[2];

        cr_assert_eq(pipe(fds), 0);
        for (size_t i = 0; i < n; i++) {
                pid_t pid = fork();

                if (pid > 0 && i == 0) {
                        for (size_t j = 0; j < n; j++)
                                cr_assert_eq(read(fds[0], &pids[j], sizeof(pid_t)), sizeof(pid_t));
                        return pid;
                }
                if (pid > 0)
                        break;
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void) prctl(PR_SET_NAME, names[i]);
                pid = getpid();
                (void) !write(fds[1], &pid, sizeof(pid));
        }
        for (;;)
                (void) pause();
}

static void check(const char *const *names, size_t n, size_t outermost, size_t caller)
{
        _cleanup_package_manager_ PackageManager manager = { .fd = -EBADF };
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        pid_t pids[8], first = start_chain(names, pids, n);

        cr_assert_eq(package_manager_find(root_fd, pids[n - 1], &manager), 0);
        cr_assert_eq(manager.pid, pids[outermost]);
        cr_assert_eq(manager.caller, pids[caller]);
        cr_assert_str_eq(manager.name, names[outermost]);
        cr_assert_eq(kill(first, SIGKILL), 0);
        cr_assert_eq(poll(&(struct pollfd){ manager.fd, POLLIN, 0 }, 1, 5000), 1);
        cr_assert_eq(waitpid(first, NULL, 0), first);
}

Test(package_manager, is_found_above_shells)
{
        static const char *const names[] = { "dpkg", "sh", "imad-hook" };

        check(names, 3, 0, 0);
}

Test(package_manager, is_the_outermost_one)
{
        static const char *const names[] = { "apt-get", "dpkg", "sh", "imad-hook" };

        check(names, 4, 0, 1);
}

Test(package_manager, may_have_any_name_when_it_runs_the_hook)
{
        static const char *const names[] = { "python3", "sh", "imad-hook" };

        check(names, 3, 0, 0);
}

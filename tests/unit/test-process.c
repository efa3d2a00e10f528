/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/process.h"

static void say(void *userdata, int ready_fd)
{
        if (!process_ready(ready_fd, *(const int *) userdata))
                _exit(1);
        (void) pause();
}

static void say_nothing(void *userdata, int ready_fd)
{
        _exit(0);
}

Test(process, starts_one_that_says_it_is_ready)
{
        int result = 0;
        pid_t pid;

        cr_assert_eq(process_start(say, &result, &pid), 0);
        cr_assert_eq(kill(pid, 0), 0);
        process_end(pid);
        cr_assert_eq(kill(pid, 0), -1);
}

Test(process, leaves_none_that_says_it_failed)
{
        int result = -ENOKEY;
        pid_t pid = 0;

        cr_assert_eq(process_start(say, &result, &pid), -ENOKEY);
        cr_assert_eq(pid, 0);
        cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(process, notices_one_that_ends_early)
{
        pid_t pid = 0;

        cr_assert_eq(process_start(say_nothing, NULL, &pid), -ECHILD);
        cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static void say_late(void *userdata, int ready_fd)
{
        (void) usleep(100000);
        say(userdata, ready_fd);
}

static void ignore(int number)
{
}

Test(process, waits_on_when_a_signal_comes)
{
        const struct sigaction action = { .sa_handler = ignore };
        const struct itimerval often = {
                {0,  10000},
                { 0, 10000}
        };
        int result = 0;
        pid_t pid = 0;

        cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
        cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
        cr_expect_eq(process_start(say_late, &result, &pid), 0);
        cr_expect_gt(pid, 0);
        process_end(pid);
        cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(process, tells_processes_apart_by_their_start)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        uint64_t init, self;

        cr_assert_eq(process_read_start(root_fd, 1, &init), 0);
        cr_assert_eq(process_read_start(root_fd, getpid(), &self), 0);
        cr_assert_gt(self, init);
        cr_assert_eq(process_read_start(root_fd, INT32_MAX, &self), -ESRCH);
}

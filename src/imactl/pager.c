/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static struct {
        pid_t pid;
        int saved_stdout;
} pager = { .pid = 0, .saved_stdout = -EBADF };

static bool pager_wanted(const Arguments *args)
{
        return args->json == JSON_OFF && !arguments_have(args, OPTION_NO_PAGER) &&
               isatty(STDOUT_FILENO) && !string_equal(getenv("TERM"), "dumb");
}

/* Behaves like cat where less is missing. */
static _Noreturn void run_pager(int fd)
{
        static char *const less[] = { (char *) "less", NULL };
        static char *const cat[] = { (char *) "cat", NULL };

        (void) dup2(fd, STDIN_FILENO);
        (void) setenv("LESS", "FRSXMK", 1);
        (void) setenv("LESSSECURE", "1", 1);
        (void) unsetenv("LESSOPEN");
        (void) execvp(less[0], less);
        (void) execvp(cat[0], cat);
        _exit(EXIT_FAILURE);
}

void pager_open(const Arguments *args)
{
        int fds[2];

        if (pager.pid > 0 || !pager_wanted(args) || pipe2(fds, O_CLOEXEC) < 0)
                return;
        (void) fflush(stdout);
        pager.pid = fork();
        if (pager.pid == 0)
                run_pager(fds[0]);
        if (pager.pid > 0) {
                /* A user who leaves the pager early is no error. */
                (void) signal(SIGPIPE, SIG_IGN);
                pager.saved_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
                (void) dup2(fds[1], STDOUT_FILENO);
        }
        (void) close(fds[0]);
        (void) close(fds[1]);
}

void pager_close(void)
{
        if (pager.pid <= 0)
                return;
        (void) fflush(stdout);
        clearerr(stdout);
        (void) dup2(pager.saved_stdout, STDOUT_FILENO);
        (void) close(pager.saved_stdout);
        while (waitpid(pager.pid, NULL, 0) < 0 && errno == EINTR)
                ;
        pager.pid = 0;
        pager.saved_stdout = -EBADF;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define AGENT_START_TIMEOUT_MSEC 3000

static pid_t agent_pid;

static bool agent_wanted(const Arguments *args)
{
        return args->json == JSON_OFF && !arguments_have(args, OPTION_NO_ASK_PASSWORD) &&
               geteuid() != 0 && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static _Noreturn void run_agent(int notify_fd, pid_t parent)
{
        char number[16];

        /* It must not outlive the call that it serves, however that ends. */
        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || fcntl(notify_fd, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);
        (void) snprintf(number, sizeof(number), "%d", notify_fd);
        (void) execl("/usr/bin/pkttyagent", "pkttyagent", "--notify-fd", number, "--fallback",
                        (char *) NULL);
        _exit(EXIT_FAILURE);
}

void agent_open(const Arguments *args)
{
        pid_t parent = getpid();
        int fds[2];

        if (agent_pid > 0 || !agent_wanted(args) || pipe2(fds, O_CLOEXEC) < 0)
                return;
        agent_pid = fork();
        if (agent_pid == 0)
                run_agent(fds[1], parent);
        (void) close(fds[1]);
        if (agent_pid > 0) {
                /* The agent closes its end when it is ready, the kernel when it is missing. */
                struct pollfd end = { .fd = fds[0] };

                (void) poll(&end, 1, AGENT_START_TIMEOUT_MSEC);
        }
        (void) close(fds[0]);
}

void agent_close(void)
{
        if (agent_pid <= 0)
                return;
        (void) kill(agent_pid, SIGTERM);
        while (waitpid(agent_pid, NULL, 0) < 0 && errno == EINTR)
                ;
        agent_pid = 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "helpers/imad-worker/job-relay.h"

#define PROGRESS_FD 3
#define ARGUMENTS_MAX 2048U

typedef struct Job {
        char *text;
        const char *arguments[ARGUMENTS_MAX + 2]; /* with the program and a NULL */
        size_t n_arguments;
        int fds[JOB_RELAY_FDS];
} Job;

static void job_done(Job *job)
{
        free(job->text);
        for (size_t i = 0; i < JOB_RELAY_FDS; i++)
                cleanup_closep(&job->fds[i]);
}

/* Nothing that writes elsewhere than to labels, and no key but the one that imad-signer holds. */
static bool is_allowed_option(const char *word)
{
        static const char *const words[] = { "--dry-run", "--evm", "--all-mounts", "--details",
                "--progress-fd=3", "--key=signer:", "--" };
        static const char *const prefixes[] = { "--hash=", "--cert=" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (string_equal(word, words[i]))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                if (string_after(word, prefixes[i]))
                        return true;
        return false;
}

bool job_serve_allows(const char *const *arguments, size_t n_arguments)
{
        static const char *const verbs[] = { "sign", "verify", "unsign", "label-recover" };
        size_t i = 0;

        while (i < n_arguments && is_allowed_option(arguments[i]))
                i++;
        for (size_t v = 0; i < n_arguments && v < ELEMENTSOF(verbs); v++)
                if (string_equal(arguments[i], verbs[v]))
                        /* Behind the verb only "--" keeps a path from being an option. */
                        return i > 0 ? string_equal(arguments[i - 1], "--") : n_arguments == 1;
        return false;
}

static int check_peer(int fd)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

static int take_fds(struct msghdr *message, Job *job)
{
        const struct cmsghdr *header = CMSG_FIRSTHDR(message);

        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
                        header->cmsg_len != CMSG_LEN(sizeof(job->fds)))
                return -EBADMSG;
        memcpy(job->fds, CMSG_DATA(header), sizeof(job->fds));
        return message->msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EBADMSG : 0;
}

static int split(Job *job, size_t size)
{
        job->arguments[0] = "imad-worker";
        if (size == 0 || job->text[size - 1] != '\0')
                return -EBADMSG;
        for (const char *word = job->text; word < job->text + size; word += strlen(word) + 1) {
                if (job->n_arguments == ARGUMENTS_MAX)
                        return -E2BIG;
                job->arguments[++job->n_arguments] = word;
        }
        return job_serve_allows(job->arguments + 1, job->n_arguments) ? 0 : -EPERM;
}

static int receive(int fd, Job *job)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(JOB_RELAY_FDS * sizeof(int))];
        } control = { 0 };
        struct iovec part = { NULL, JOB_RELAY_REQUEST_MAX };
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t n;
        int r;

        job->text = part.iov_base = malloc(JOB_RELAY_REQUEST_MAX);
        if (!job->text)
                return -ENOMEM;
        n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
                return -errno;
        r = take_fds(&message, job);
        return r < 0 ? r : split(job, (size_t) n);
}

/* The descriptors that came are above the three that every process has. */
static _Noreturn void run_child(const Job *job)
{
        int progress = fcntl(job->fds[1], F_DUPFD_CLOEXEC, PROGRESS_FD + 1);

        if (dup2(job->fds[0], STDOUT_FILENO) >= 0 && progress >= 0 &&
                        dup2(progress, PROGRESS_FD) >= 0)
                (void) execv("/proc/self/exe", (char *const *) job->arguments);
        _exit(EXIT_CODE_FAILURE);
}

/* Until the child has ended; who asked and goes away, or closes its half, cancels. */
static int wait_for_child(int fd, pid_t pid, int pid_fd, ExitCode *ret_code)
{
        struct pollfd polled[] = {
                {.fd = pid_fd, .events = POLLIN},
                { .fd = fd,    .events = POLLIN},
        };
        int status;

        while (!polled[0].revents) {
                if (poll(polled, ELEMENTSOF(polled), -1) < 0 && errno != EINTR)
                        return -errno;
                if (polled[1].revents) {
                        (void) kill(pid, SIGTERM);
                        polled[1].fd = -1;
                }
        }
        if (waitpid(pid, &status, 0) != pid)
                return -ECHILD;
        *ret_code = WIFEXITED(status) && WEXITSTATUS(status) < EXIT_CODE_MAX
                                    ? (ExitCode) WEXITSTATUS(status)
                                    : EXIT_CODE_FAILURE;
        return 0;
}

static int run(int fd, const Job *job, ExitCode *ret_code)
{
        pid_t pid = fork();
        _cleanup_close_ int pid_fd = -EBADF;

        if (pid < 0)
                return -errno;
        if (pid == 0)
                run_child(job);
        pid_fd = (int) syscall(SYS_pidfd_open, pid, 0);
        if (pid_fd < 0) {
                (void) kill(pid, SIGTERM);
                return -errno;
        }
        return wait_for_child(fd, pid, pid_fd, ret_code);
}

ExitCode verb_job_serve(Worker *worker)
{
        _cleanup_(job_done) Job job = {
                .fds = {-EBADF, -EBADF}
        };
        ExitCode code = EXIT_CODE_FAILURE;
        uint8_t answer;
        int r = check_peer(STDIN_FILENO);

        if (r >= 0)
                r = receive(STDIN_FILENO, &job);
        if (r >= 0)
                r = run(STDIN_FILENO, &job, &code);
        if (r < 0)
                return worker_fail_errno(worker, r, "request");
        answer = (uint8_t) code;
        (void) send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL);
        return EXIT_CODE_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/job-relay.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buffer.h"

static volatile sig_atomic_t was_cancelled;

static void on_signal(int number)
{
        was_cancelled = 1;
}

static int connect_to(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        (void) strcpy(address.sun_path, path);
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* The whole command line less what leads here. */
static int format_request(const Worker *worker, Buffer *request)
{
        int r = 0;

        for (int i = 1; r >= 0 && i < worker->argc; i++)
                if (!string_after(worker->argv[i], "--relay="))
                        r = buffer_append(request, worker->argv[i], strlen(worker->argv[i]) + 1);
        return r >= 0 && request->size > JOB_RELAY_REQUEST_MAX ? -E2BIG : r;
}

static int send_request(int fd, const Buffer *request, int progress_fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(JOB_RELAY_FDS * sizeof(int))];
        } control = { 0 };
        _cleanup_close_ int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        const int fds[JOB_RELAY_FDS] = { STDOUT_FILENO, progress_fd >= 0 ? progress_fd : null_fd };
        struct iovec part = { request->data, request->size };
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);

        if (null_fd < 0)
                return -errno;
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(fds));
        memcpy(CMSG_DATA(header), fds, sizeof(fds));
        return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int wait_for_end(int fd, ExitCode *ret_code)
{
        uint8_t code;
        ssize_t n;

        for (;;) {
                n = recv(fd, &code, sizeof(code), 0);
                if (n >= 0 || errno != EINTR)
                        break;
                if (was_cancelled)
                        (void) shutdown(fd, SHUT_WR);
        }
        if (n < 0)
                return -errno;
        if (n == 0 || code >= EXIT_CODE_MAX)
                return -EPIPE;
        *ret_code = (ExitCode) code;
        return 0;
}

int job_relay_run(Worker *worker, const char *socket_path, ExitCode *ret_code)
{
        const struct sigaction action = { .sa_handler = on_signal };
        _cleanup_close_ int fd = connect_to(socket_path);
        _cleanup_buffer_ Buffer request = { 0 };
        int r = fd < 0 ? fd : format_request(worker, &request);

        (void) sigaction(SIGTERM, &action, NULL);
        if (r >= 0)
                r = send_request(fd, &request, worker->progress_fd);
        if (r >= 0)
                r = wait_for_end(fd, ret_code);
        if (r == -EPIPE || r == -ECONNRESET)
                (void) worker_fail(worker, EXIT_CODE_FAILURE,
                                "'journalctl -u imad-labels@*' says why",
                                "the service that labels files has ended before its time");
        else if (r < 0)
                (void) worker_fail(worker, EXIT_CODE_FAILURE,
                                "'systemctl start imad-labels.socket' starts it",
                                "the service that labels files cannot be asked: %s", strerror(-r));
        return r;
}

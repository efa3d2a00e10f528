/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/transaction-socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "base/strings.h"

static const char *const verdict_names[TRANSACTION_VERDICT_MAX] = {
        [TRANSACTION_VERDICT_COVERED] = "covered",
        [TRANSACTION_VERDICT_PROCEED] = "proceed",
        [TRANSACTION_VERDICT_REFUSED] = "refused",
};

const char *transaction_verdict_to_string(TransactionVerdict verdict)
{
        return verdict_names[verdict];
}

int transaction_socket_connect(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int transaction_socket_send(int fd, const char *verb, const char *argument)
{
        char message[TRANSACTION_MESSAGE_MAX];
        int n = argument ? snprintf(message, sizeof(message), "%s %s", verb, argument)
                         : snprintf(message, sizeof(message), "%s", verb);

        if (n < 0 || (size_t) n >= sizeof(message))
                return -E2BIG;
        return send(fd, message, (size_t) n, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int transaction_socket_receive(int fd, char buffer[static TRANSACTION_MESSAGE_MAX],
                const char **ret_verb, const char **ret_argument)
{
        ssize_t n;
        char *blank;

        do
                n = recv(fd, buffer, TRANSACTION_MESSAGE_MAX, MSG_TRUNC);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? -errno : -EPIPE;
        if ((size_t) n >= TRANSACTION_MESSAGE_MAX || memchr(buffer, 0, (size_t) n))
                return -EBADMSG;
        buffer[n] = '\0';
        blank = strchr(buffer, ' ');
        *ret_argument = blank ? blank + 1 : buffer + n;
        if (blank)
                *blank = '\0';
        *ret_verb = buffer;
        return 0;
}

int transaction_socket_receive_verdict(int fd, char buffer[static TRANSACTION_MESSAGE_MAX],
                TransactionVerdict *ret_verdict, const char **ret_text)
{
        const char *verb, *text;
        int r = transaction_socket_receive(fd, buffer, &verb, &text);

        if (r < 0)
                return r;
        for (int i = 0; i < TRANSACTION_VERDICT_MAX; i++)
                if (string_equal(verb, verdict_names[i])) {
                        *ret_verdict = (TransactionVerdict) i;
                        *ret_text = text;
                        return 0;
                }
        return -EBADMSG;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of hooks and of imad-gate: any bytes are a verb and an argument, or refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "system/transaction-socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_bytes(int fd, const uint8_t *data, size_t size)
{
        if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t) size)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char buffer[TRANSACTION_MESSAGE_MAX];
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        TransactionVerdict verdict;
        const char *verb, *argument;
        int fds[2];

        if (size == 0 || size > 65536)
                return 0;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                abort();
        ours = fds[0];
        theirs = fds[1];
        send_bytes(theirs, data, size);
        send_bytes(theirs, data, size);
        if (transaction_socket_receive(ours, buffer, &verb, &argument) >= 0 &&
                        (strchr(verb, ' ') || strlen(verb) + strlen(argument) > size ||
                                        argument > buffer + size))
                abort();
        if (transaction_socket_receive_verdict(ours, buffer, &verdict, &argument) >= 0 &&
                        ((int) verdict < 0 || verdict >= TRANSACTION_VERDICT_MAX))
                abort();
        return 0;
}

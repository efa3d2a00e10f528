/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How hooks of package managers talk to imad-gate: a socket of root's, one message each way at a
 * time. A request is "archive PATH" for each archive that comes, then "begin MANAGER", or "end";
 * the two last ones are answered by a verdict and a text.
 */
#pragma once

#include <errno.h>
#include <stddef.h>

#define TRANSACTION_SOCKET_PATH "/run/imad/transaction"
#define TRANSACTION_MESSAGE_MAX 8192U

typedef enum TransactionVerdict {
        TRANSACTION_VERDICT_COVERED, /* or there was nothing to cover */
        TRANSACTION_VERDICT_PROCEED, /* not covered; the package manager goes on */
        TRANSACTION_VERDICT_REFUSED, /* not covered; it must not begin */
        TRANSACTION_VERDICT_MAX,
        TRANSACTION_VERDICT_INVALID = -EINVAL,
} TransactionVerdict;

/* "covered", "proceed", "refused". */
const char *transaction_verdict_to_string(TransactionVerdict verdict);

/* A connection; -ENOENT and -ECONNREFUSED where nobody listens. */
int transaction_socket_connect(const char *path);

/* Sends "VERB" or "VERB ARGUMENT"; argument may be NULL. -E2BIG, -EPIPE. */
int transaction_socket_send(int fd, const char *verb, const char *argument);

/*
 * Receives a message and parts it at its first blank; both parts lie in buffer, and the argument
 * may be "". -EPIPE at the end, -EBADMSG for what is too long or no text.
 */
int transaction_socket_receive(int fd, char buffer[static TRANSACTION_MESSAGE_MAX],
                const char **ret_verb, const char **ret_argument);

/* Receives a verdict; the text lies in buffer. */
int transaction_socket_receive_verdict(int fd, char buffer[static TRANSACTION_MESSAGE_MAX],
                TransactionVerdict *ret_verdict, const char **ret_text);

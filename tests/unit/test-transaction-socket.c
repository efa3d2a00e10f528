/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "system/transaction-socket.h"

typedef struct Ends {
        int fds[2];
} Ends;

static void ends_done(Ends *ends)
{
        cleanup_closep(&ends->fds[0]);
        cleanup_closep(&ends->fds[1]);
}

static Ends make_ends(void)
{
        Ends ends;

        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.fds), 0);
        return ends;
}

Test(transaction_socket, parts_a_message_at_its_first_blank)
{
        _cleanup_(ends_done) Ends ends = make_ends();
        char buffer[TRANSACTION_MESSAGE_MAX];
        const char *verb, *argument;

        cr_assert_eq(transaction_socket_send(ends.fds[0], "archive", "/a b.deb"), 0);
        cr_assert_eq(transaction_socket_receive(ends.fds[1], buffer, &verb, &argument), 0);
        cr_assert_str_eq(verb, "archive");
        cr_assert_str_eq(argument, "/a b.deb");
        cr_assert_eq(transaction_socket_send(ends.fds[0], "end", NULL), 0);
        cr_assert_eq(transaction_socket_receive(ends.fds[1], buffer, &verb, &argument), 0);
        cr_assert_str_eq(verb, "end");
        cr_assert_str_eq(argument, "");
}

Test(transaction_socket, refuses_what_is_no_message)
{
        _cleanup_(ends_done) Ends ends = make_ends();
        char buffer[TRANSACTION_MESSAGE_MAX], large[TRANSACTION_MESSAGE_MAX];
        const char *verb, *argument;

        memset(large, 'a', sizeof(large));
        cr_assert_eq(send(ends.fds[0], large, sizeof(large), 0), sizeof(large));
        cr_assert_eq(transaction_socket_receive(ends.fds[1], buffer, &verb, &argument), -EBADMSG);
        cr_assert_eq(send(ends.fds[0], "a\0b", 3, 0), 3);
        cr_assert_eq(transaction_socket_receive(ends.fds[1], buffer, &verb, &argument), -EBADMSG);
        large[sizeof(large) - 1] = '\0';
        cr_assert_eq(transaction_socket_send(ends.fds[0], "archive", large), -E2BIG);
}

Test(transaction_socket, knows_the_verdicts)
{
        _cleanup_(ends_done) Ends ends = make_ends();
        char buffer[TRANSACTION_MESSAGE_MAX];
        TransactionVerdict verdict;
        const char *text;

        for (int i = 0; i < TRANSACTION_VERDICT_MAX; i++) {
                cr_assert_eq(transaction_socket_send(ends.fds[0],
                                             transaction_verdict_to_string((TransactionVerdict) i),
                                             "no key"),
                                0);
                cr_assert_eq(transaction_socket_receive_verdict(
                                             ends.fds[1], buffer, &verdict, &text),
                                0);
                cr_assert_eq(verdict, (TransactionVerdict) i);
                cr_assert_str_eq(text, "no key");
        }
        cr_assert_eq(transaction_socket_send(ends.fds[0], "perhaps", NULL), 0);
        cr_assert_eq(transaction_socket_receive_verdict(ends.fds[1], buffer, &verdict, &text),
                        -EBADMSG);
}

Test(transaction_socket, tells_that_nobody_is_there)
{
        cr_assert_eq(transaction_socket_connect("/nonexistent/socket"), -ENOENT);
}

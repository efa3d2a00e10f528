/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server over a root of its own; this process is package manager and hook. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/strings.h"
#include "fixture-gate.h"
#include "helpers/imad-gate/server.h"
#include "system/transaction-journal.h"
#include "system/transaction-socket.h"

#define SETTINGS "[Signing]\nSigningKey=/none.key\n"

static int enter_root(void)
{
        int root_fd;

        fixture_gate_enter_root();
        root_fd = fs_open_root(NULL);
        cr_assert_eq(fs_make_directories(root_fd, "/var/lib/imad", 0755), 0);
        cr_assert_eq(fs_make_directories(root_fd, "/run/imad", 0755), 0);
        cr_assert_eq(fs_make_directories(root_fd, "/etc/imad", 0755), 0);
        cr_assert_eq(fs_replace_file(root_fd, "/etc/imad/imad.conf", SETTINGS, strlen(SETTINGS),
                                     0644),
                        0);
        return root_fd;
}

static pid_t start_server(int root_fd)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = TRANSACTION_SOCKET_PATH };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        const ServerSetup setup = { fd, root_fd, USEC_PER_SEC };
        pid_t pid;

        cr_assert_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        cr_assert_eq(listen(fd, 5), 0);
        pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0)
                _exit(server_run(&setup) < 0);
        cleanup_closep(&fd);
        return pid;
}

static TransactionVerdict begin(const char *archive)
{
        char buffer[TRANSACTION_MESSAGE_MAX];
        _cleanup_close_ int fd = transaction_socket_connect(TRANSACTION_SOCKET_PATH);
        TransactionVerdict verdict;
        const char *text;

        cr_assert_geq(fd, 0);
        cr_assert_eq(transaction_socket_send(fd, "archive", archive), 0);
        cr_assert_eq(transaction_socket_send(fd, "begin", "dpkg"), 0);
        cr_assert_eq(transaction_socket_receive_verdict(fd, buffer, &verdict, &text), 0);
        return verdict;
}

/* The kernel of whoever runs this denies nothing. */
Test(server, stops_nothing_after_a_restart_where_nothing_is_denied)
{
        _cleanup_close_ int root_fd = enter_root(), journal_fd = -EBADF;
        pid_t server;

        journal_fd = transaction_journal_create(root_fd, getpid(), "dpkg", 1);
        cr_assert_geq(journal_fd, 0);
        server = start_server(root_fd);
        cr_expect_eq(begin("/none.deb"), TRANSACTION_VERDICT_PROCEED);
        (void) kill(server, SIGKILL);
        (void) waitpid(server, NULL, 0);
}

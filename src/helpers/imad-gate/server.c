/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/server.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "helpers/imad-gate/reasons.h"
#include "helpers/imad-gate/supervisor.h"
#include "helpers/imad-gate/transaction.h"
#include "system/appraisal-probe.h"
#include "system/transaction-socket.h"

#define CLIENT_USEC (10 * USEC_PER_SEC)
#define ARCHIVES_MAX 20000U
#define REASONS_MAX (TRANSACTION_MESSAGE_MAX - 64U) /* the verdict stands before them */

typedef struct Server {
        const ServerSetup *setup;
        Settings settings;        /* as they were when the transaction began */
        Transaction *transaction; /* NULL: none */
        bool is_enforced;         /* as the kernel said before the gate was started */
} Server;

/* A hook that is connected. */
typedef struct Client {
        int fd;
        pid_t pid;
        StringList archives;
} Client;

static void client_done(Client *client)
{
        cleanup_closep(&client->fd);
        string_list_done(&client->archives);
}

static void end_transaction(Server *server)
{
        int r = transaction_end(server->transaction);

        if (r < 0)
                log_error("the transaction did not end as it should: %s", strerror(-r));
        server->transaction = transaction_free(server->transaction);
}

/* Whether it came before the deadline; the transaction goes on meanwhile. */
static bool wait_readable(Server *server, int fd, usec_t deadline)
{
        struct pollfd poll_fd = { fd, POLLIN, 0 };

        while (poll(&poll_fd, 1, SUPERVISOR_PERIOD_MSEC) <= 0) {
                if (server->transaction)
                        transaction_check(server->transaction);
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return false;
        }
        return true;
}

static int reload_settings(Server *server)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r = settings_load(server->setup->root_fd, &settings, &diags);

        log_diags(&diags);
        if (r < 0)
                return r;
        settings_done(&server->settings);
        server->settings = TAKE_STRUCT(settings);
        return 0;
}

/* Before a gate is started, as the answer takes an open. */
static void ask_kernel(Server *server)
{
        int r = appraisal_probe(server->setup->root_fd, APPRAISAL_PROBE_DIRECTORY);

        if (r < 0)
                log_warning("cannot tell whether programs must be signed, taking it that they "
                            "must: "
                            "%s",
                                strerror(-r));
        server->is_enforced = r != 0;
}

static int begin_transaction(Server *server, const Client *client)
{
        const TransactionSetup setup = { server->setup->root_fd, &server->settings };
        _cleanup_package_manager_ PackageManager owner = { .fd = -EBADF };
        int r;

        if (server->transaction)
                return 0;
        r = package_manager_find(server->setup->root_fd, client->pid, &owner);
        if (r >= 0)
                r = reload_settings(server);
        if (r < 0)
                return r;
        ask_kernel(server);
        return transaction_new(&setup, &owner, &server->transaction);
}

/* Without enforcement nothing is ever stopped. */
static TransactionVerdict judge(const Server *server, int error, const Buffer *reasons)
{
        if (error >= 0)
                return TRANSACTION_VERDICT_COVERED;
        if (!server->is_enforced)
                return TRANSACTION_VERDICT_PROCEED;
        log_error("this transaction is not covered: %s", reasons->data ?: strerror(-error));
        return server->settings.proceed_uncovered ? TRANSACTION_VERDICT_PROCEED
                                                  : TRANSACTION_VERDICT_REFUSED;
}

/* Where imad has no key, and nothing is denied, nobody expects signatures. */
static bool is_wanted(const Server *server)
{
        return server->is_enforced || server->settings.signing_key;
}

static void begin(Server *server, const Client *client)
{
        _cleanup_buffer_ Buffer reasons = { 0 };
        TransactionVerdict verdict = TRANSACTION_VERDICT_COVERED;
        int r = 0;

        if (client->archives.count > 0) {
                r = begin_transaction(server, client);
                if (r >= 0 && is_wanted(server))
                        r = transaction_cover(server->transaction, &client->archives, &reasons);
                if (r < 0 && reasons.size == 0)
                        (void) buffer_append_string(&reasons, strerrordesc_np(-r));
                verdict = judge(server, r, &reasons);
        }
        reasons_shorten(&reasons, REASONS_MAX);
        (void) transaction_socket_send(client->fd, transaction_verdict_to_string(verdict),
                        r < 0 ? reasons.data : NULL);
        if (!server->transaction)
                return;
        if (verdict == TRANSACTION_VERDICT_PROCEED && server->is_enforced)
                transaction_leave_uncovered(server->transaction, reasons.data ?: "");
        else if (transaction_get_fd(server->transaction) < 0)
                server->transaction = transaction_free(server->transaction);
}

/* What an imad-gate before has left: its owner may still run, or only the journal tells of it. */
static void resume(Server *server)
{
        const TransactionSetup setup = { server->setup->root_fd, &server->settings };
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        int r = transaction_journal_load(server->setup->root_fd, &journal);

        if (r == -ENOENT)
                return;
        if (r >= 0)
                r = reload_settings(server);
        ask_kernel(server);
        if (r >= 0)
                r = transaction_resume(&setup, &journal, &server->transaction);
        if (r < 0) {
                log_error("the transaction that %s tells of cannot be done to its end: %s; "
                          "imactl sign --installed signs what it has left",
                                TRANSACTION_JOURNAL_PATH, strerror(-r));
                return;
        }
        log_warning("a transaction of %s was cut short; going on with it", journal.owner_name);
        if (transaction_get_owner(server->transaction)->fd < 0)
                end_transaction(server);
}

/* A hook of an inner package manager ends nothing. */
static void end(Server *server, const Client *client)
{
        _cleanup_package_manager_ PackageManager owner = { .fd = -EBADF };

        if (server->transaction &&
                        package_manager_find(server->setup->root_fd, client->pid, &owner) >= 0 &&
                        owner.caller == owner.pid &&
                        package_manager_is(&owner, transaction_get_owner(server->transaction)))
                end_transaction(server);
        (void) transaction_socket_send(client->fd,
                        transaction_verdict_to_string(TRANSACTION_VERDICT_COVERED), NULL);
}

/* False when the conversation is over. */
static bool serve_message(Server *server, Client *client)
{
        char buffer[TRANSACTION_MESSAGE_MAX];
        const char *verb, *argument;

        if (!wait_readable(server, client->fd, time_now(CLOCK_MONOTONIC) + CLIENT_USEC) ||
                        transaction_socket_receive(client->fd, buffer, &verb, &argument) < 0)
                return false;
        if (string_equal(verb, "archive") && client->archives.count < ARCHIVES_MAX)
                return string_list_add(&client->archives, argument) >= 0;
        if (string_equal(verb, "begin"))
                begin(server, client);
        else if (string_equal(verb, "end"))
                end(server, client);
        return false;
}

static void serve_client(Server *server)
{
        _cleanup_(client_done) Client client = {
                .fd = accept4(server->setup->listen_fd, NULL, NULL, SOCK_CLOEXEC),
        };
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (client.fd < 0 || getsockopt(client.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
                        peer.uid != 0)
                return;
        client.pid = peer.pid;
        while (serve_message(server, &client))
                ;
}

int server_run(const ServerSetup *setup)
{
        Server server = { .setup = setup };
        usec_t idle_since;

        resume(&server);
        idle_since = time_now(CLOCK_MONOTONIC);
        for (;;) {
                const Transaction *t = server.transaction;
                struct pollfd fds[] = {
                        {setup->listen_fd,                           POLLIN, 0},
                        { t ? transaction_get_owner(t)->fd : -EBADF, POLLIN, 0},
                        { t ? transaction_get_fd(t) : -EBADF,        POLLIN, 0},
                };

                (void) poll(fds, ELEMENTSOF(fds), SUPERVISOR_PERIOD_MSEC);
                if (server.transaction)
                        transaction_check(server.transaction);
                if (fds[1].revents)
                        end_transaction(&server);
                if (fds[0].revents)
                        serve_client(&server);
                if (server.transaction || fds[0].revents)
                        idle_since = time_now(CLOCK_MONOTONIC);
                if (time_now(CLOCK_MONOTONIC) - idle_since >= setup->idle_usec)
                        break;
        }
        settings_done(&server.settings);
        return 0;
}

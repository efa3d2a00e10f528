/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-signer/serve.h"

#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"
#include "core/signature/signer-protocol.h"
#include "core/signature/signer.h"

/* Stacks are locked like all other memory. */
#define STACK_SIZE ((size_t) 256 * 1024)

typedef struct Service {
        const ServeOptions *options;
        unsigned char *public; /* SubjectPublicKeyInfo */
        size_t public_size;
        pthread_mutex_t mutex;
        size_t n_connections;
} Service;

typedef struct Connection {
        Service *service;
        int fd;
        Signer *signer; /* of the hash that was asked for last */
        HashAlgorithm hash;
        uint8_t *value; /* what it has signed last */
} Connection;

static int sign(Connection *connection, const Digest *digest, SignerAnswer *answer)
{
        size_t size;
        int r;

        if (!connection->signer || connection->hash != digest->algorithm) {
                connection->signer = signer_free(connection->signer);
                r = signer_new(connection->service->options->key, digest->algorithm,
                                &connection->signer);
                if (r < 0)
                        return r;
                connection->hash = digest->algorithm;
        }
        free(TAKE_PTR(connection->value));
        r = signer_sign(connection->signer, SIGNATURE_TYPE_DIGSIG, digest, &connection->value,
                        &size);
        if (r < 0)
                return r;
        answer->bytes = connection->value + SIGNATURE_HEADER_SIZE;
        answer->size = size - SIGNATURE_HEADER_SIZE;
        return 0;
}

static void answer_request(
                Connection *connection, const SignerRequest *request, SignerAnswer *ret_answer)
{
        const ServeOptions *options = connection->service->options;
        SignerAnswer answer = { .kind = request->kind, .error = options->error };

        if (options->key) {
                answer.key_id = options->key->key_id;
                if (request->kind == SIGNER_PROTOCOL_KEY) {
                        answer.bytes = connection->service->public;
                        answer.size = connection->service->public_size;
                } else {
                        answer.error = sign(connection, &request->digest, &answer);
                }
        }
        *ret_answer = answer;
}

/* 1; 0 when the client has gone; -EBADMSG for what is no request. */
static int serve_one(Connection *connection)
{
        uint8_t request_bytes[SIGNER_PROTOCOL_REQUEST_MAX + 1], bytes[SIGNER_PROTOCOL_ANSWER_MAX];
        SignerRequest request;
        SignerAnswer answer;
        size_t size;
        ssize_t n;
        int r;

        do
                n = recv(connection->fd, request_bytes, sizeof(request_bytes), 0);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? -errno : 0;
        r = signer_request_parse(request_bytes, (size_t) n, &request);
        if (r < 0)
                return r;
        answer_request(connection, &request, &answer);
        if (answer.error < 0)
                log_error("cannot sign: %s", strerror(-answer.error));
        r = signer_answer_format(&answer, bytes, &size);
        if (r < 0)
                return r;
        return send(connection->fd, bytes, size, MSG_NOSIGNAL) < 0 ? -errno : 1;
}

static void connection_free(Connection *connection)
{
        Service *service = connection->service;

        (void) close(connection->fd);
        signer_free(connection->signer);
        free(connection->value);
        free(connection);
        (void) pthread_mutex_lock(&service->mutex);
        service->n_connections--;
        (void) pthread_mutex_unlock(&service->mutex);
}

static void *serve_connection(void *data)
{
        Connection *connection = data;
        int r = 1;

        while (r > 0)
                r = serve_one(connection);
        if (r == -EBADMSG)
                log_warning("a client that speaks another protocol was hung up on");
        connection_free(connection);
        return NULL;
}

static bool peer_is_allowed(int fd)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return false;
        return peer.uid == 0 || peer.uid == geteuid();
}

static int start(Service *service, int fd)
{
        Connection *connection = calloc(1, sizeof(*connection));
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        if (!connection)
                return -ENOMEM;
        connection->service = service;
        connection->fd = fd;
        (void) pthread_attr_init(&attributes);
        (void) pthread_attr_setstacksize(&attributes, STACK_SIZE);
        (void) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        (void) pthread_mutex_lock(&service->mutex);
        service->n_connections++;
        (void) pthread_mutex_unlock(&service->mutex);
        r = -pthread_create(&thread, &attributes, serve_connection, connection);
        (void) pthread_attr_destroy(&attributes);
        if (r < 0) {
                (void) pthread_mutex_lock(&service->mutex);
                service->n_connections--;
                (void) pthread_mutex_unlock(&service->mutex);
                free(connection);
        }
        return r;
}

static size_t count_connections(Service *service)
{
        size_t n;

        (void) pthread_mutex_lock(&service->mutex);
        n = service->n_connections;
        (void) pthread_mutex_unlock(&service->mutex);
        return n;
}

static void take_connection(Service *service, int listen_fd)
{
        _cleanup_close_ int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
                return;
        if (!peer_is_allowed(fd)) {
                log_warning("somebody who is not root was hung up on");
                return;
        }
        if (count_connections(service) >= SERVE_CONNECTIONS_MAX) {
                log_warning("too many connections; one was hung up on");
                return;
        }
        if (start(service, fd) >= 0)
                (void) TAKE_FD(fd);
}

static int listen_for(Service *service, int listen_fd)
{
        int timeout = (int) (service->options->idle_usec / 1000);

        for (;;) {
                struct pollfd waiting = { .fd = listen_fd, .events = POLLIN };
                int n = poll(&waiting, 1, timeout);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0)
                        take_connection(service, listen_fd);
                else if (n == 0 && count_connections(service) == 0)
                        return 0;
        }
}

int serve_run(int listen_fd, const ServeOptions *options)
{
        Service service = { .options = options };
        int r = 0, size;

        if (options->key) {
                size = i2d_PUBKEY(options->key->key, &service.public);
                if (size <= 0)
                        return -EIO;
                service.public_size = (size_t) size;
        }
        (void) pthread_mutex_init(&service.mutex, NULL);
        r = listen_for(&service, listen_fd);
        OPENSSL_free(service.public);
        (void) pthread_mutex_destroy(&service.mutex);
        return r;
}

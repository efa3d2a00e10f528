/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/signer-client.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#define IDLE_MAX 16U

struct SignerClient {
        struct sockaddr_un address;
        pthread_mutex_t mutex;
        int idle[IDLE_MAX]; /* connections that nobody uses now */
        size_t n_idle;
};

SignerClient *signer_client_free(SignerClient *client)
{
        if (client) {
                for (size_t i = 0; i < client->n_idle; i++)
                        (void) close(client->idle[i]);
                (void) pthread_mutex_destroy(&client->mutex);
                free(client);
        }
        return NULL;
}

static int connect_new(const SignerClient *client)
{
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &client->address, sizeof(client->address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int take_connection(SignerClient *client)
{
        int fd = -EBADF;

        (void) pthread_mutex_lock(&client->mutex);
        if (client->n_idle > 0)
                fd = client->idle[--client->n_idle];
        (void) pthread_mutex_unlock(&client->mutex);
        return fd >= 0 ? fd : connect_new(client);
}

static void put_connection(SignerClient *client, int fd)
{
        (void) pthread_mutex_lock(&client->mutex);
        if (client->n_idle < IDLE_MAX)
                client->idle[client->n_idle++] = TAKE_FD(fd);
        (void) pthread_mutex_unlock(&client->mutex);
        cleanup_closep(&fd);
}

/* One question and its answer, which lies in the buffer. */
static int exchange(int fd, const SignerRequest *request,
                uint8_t buffer[static SIGNER_PROTOCOL_ANSWER_MAX], SignerAnswer *ret_answer)
{
        uint8_t bytes[SIGNER_PROTOCOL_REQUEST_MAX];
        size_t size = signer_request_format(request, bytes);
        ssize_t n;
        int r;

        if (send(fd, bytes, size, MSG_NOSIGNAL) < 0)
                return errno == EPIPE ? -ECONNRESET : -errno;
        do
                n = recv(fd, buffer, SIGNER_PROTOCOL_ANSWER_MAX, 0);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? -errno : -ECONNRESET;
        r = signer_answer_parse(buffer, (size_t) n, ret_answer);
        if (r >= 0 && ret_answer->kind != request->kind)
                return -EBADMSG;
        return r < 0 ? r : ret_answer->error;
}

static int ask(SignerClient *client, const SignerRequest *request,
                uint8_t buffer[static SIGNER_PROTOCOL_ANSWER_MAX], SignerAnswer *ret_answer)
{
        int fd = take_connection(client), r;

        if (fd < 0)
                return fd;
        r = exchange(fd, request, buffer, ret_answer);
        if (r < 0)
                (void) close(fd);
        else
                put_connection(client, fd);
        return r;
}

static int ask_for_key(SignerClient *client, EVP_PKEY **ret_public, uint32_t *ret_key_id)
{
        const SignerRequest request = { .kind = SIGNER_PROTOCOL_KEY };
        uint8_t buffer[SIGNER_PROTOCOL_ANSWER_MAX];
        const unsigned char *at;
        SignerAnswer answer = { 0 };
        int r = ask(client, &request, buffer, &answer);

        if (r < 0)
                return r;
        at = answer.bytes;
        *ret_public = d2i_PUBKEY(NULL, &at, (long) answer.size);
        *ret_key_id = answer.key_id;
        ERR_clear_error();
        return *ret_public ? 0 : -EBADMSG;
}

int signer_client_new(const char *path, SignerClient **ret_client, EVP_PKEY **ret_public,
                uint32_t *ret_key_id)
{
        _cleanup_signer_client_ SignerClient *client = calloc(1, sizeof(*client));
        int r;

        if (!client)
                return -ENOMEM;
        (void) pthread_mutex_init(&client->mutex, NULL);
        client->address.sun_family = AF_UNIX;
        if (*path == '\0')
                path = SIGNER_PROTOCOL_SOCKET;
        if (strlen(path) >= sizeof(client->address.sun_path))
                return -ENAMETOOLONG;
        memcpy(client->address.sun_path, path, strlen(path) + 1);
        r = ask_for_key(client, ret_public, ret_key_id);
        if (r >= 0)
                *ret_client = TAKE_PTR(client);
        return r;
}

int signer_client_sign(SignerClient *client, const Digest *digest, uint8_t *bytes, size_t *size)
{
        const SignerRequest request = { .kind = SIGNER_PROTOCOL_SIGN, .digest = *digest };
        uint8_t buffer[SIGNER_PROTOCOL_ANSWER_MAX];
        SignerAnswer answer = { 0 };
        int r = ask(client, &request, buffer, &answer);

        if (r < 0)
                return r;
        if (!answer.bytes || answer.size > *size)
                return -EBADMSG;
        memcpy(bytes, answer.bytes, answer.size);
        *size = answer.size;
        return 0;
}

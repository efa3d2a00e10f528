/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers the clients of imad-signer (core/signature/signer-protocol.h). */
#pragma once

#include "base/time.h"
#include "core/signature/signing-key.h"

/* As many as imad, its helpers and their threads ever need. */
#define SERVE_CONNECTIONS_MAX 64U

typedef struct ServeOptions {
        const SigningKey *
                        key; /* NULL: there is none, and every request is answered with the error */
        int error;
        usec_t idle_usec; /* after so long without a connection it ends */
} ServeOptions;

/*
 * Accepts connections on a listening socket, one thread each, from root and from the user that it
 * runs as; who else connects is hung up on. Returns 0 when nobody has been connected for long
 * enough, else a negative errno of the socket.
 */
int serve_run(int listen_fd, const ServeOptions *options);

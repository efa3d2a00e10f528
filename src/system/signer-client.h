/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client of imad-signer (core/signature/signer-protocol.h). */
#pragma once

#include <openssl/types.h>

#include "base/cleanup.h"
#include "core/signature/signer-protocol.h"

/* Any number of threads may use it: each request has a connection of its own. */
typedef struct SignerClient SignerClient;

/*
 * Asks the signer behind this socket, "" for the usual one, for its key. -ENOENT, -ECONNREFUSED,
 * -EACCES as connect(2) has them, -ECONNRESET when it ends without an answer, -EBADMSG for one that
 * is not understood; else what the signer says.
 */
int signer_client_new(const char *path, SignerClient **ret_client, EVP_PKEY **ret_public,
                uint32_t *ret_key_id);
SignerClient *signer_client_free(SignerClient *client);

/* Signs a digest as SigningKeyDevice does; errors as above. */
int signer_client_sign(SignerClient *client, const Digest *digest, uint8_t *bytes, size_t *size);

DEFINE_CLEANUP_FUNC(SignerClient *, signer_client_free)
#define _cleanup_signer_client_ _cleanup_(signer_client_freep)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said to imad-signer and what it answers, one message of SOCK_SEQPACKET each; numbers are
 * big-endian. A client asks for the key once, then for any number of signatures, one at a time.
 *
 * request: version, kind, hash id, size of the digest (bytes), digest
 * answer:  version, kind, error number (2 bytes, 0: none), key id (4 bytes), the rest: of "key" the
 *          SubjectPublicKeyInfo in DER, of "sign" the signature as signer.h wants it
 */
#pragma once

#include "base/digest.h"

#define SIGNER_PROTOCOL_SOCKET "/run/imad/signer"
#define SIGNER_PROTOCOL_REQUEST_MAX (4U + DIGEST_SIZE_MAX)
#define SIGNER_PROTOCOL_ANSWER_MAX 8192U

typedef enum SignerProtocolKind {
        SIGNER_PROTOCOL_KEY = 1,
        SIGNER_PROTOCOL_SIGN = 2,
} SignerProtocolKind;

typedef struct SignerRequest {
        SignerProtocolKind kind;
        Digest digest; /* to be signed; of another kind all zero */
} SignerRequest;

/* -EBADMSG for anything else than one whole request with a digest of its hash's size. */
int signer_request_parse(const void *bytes, size_t size, SignerRequest *ret_request);

/* Returns the size. */
size_t signer_request_format(const SignerRequest *request,
                uint8_t ret_bytes[static SIGNER_PROTOCOL_REQUEST_MAX]);

typedef struct SignerAnswer {
        SignerProtocolKind kind;
        int error; /* negative errno, or 0 */
        uint32_t key_id;
        const uint8_t *bytes; /* borrowed from the message */
        size_t size;
} SignerAnswer;

/* -EBADMSG. */
int signer_answer_parse(const void *bytes, size_t size, SignerAnswer *ret_answer);

/* -E2BIG when it is too long for a message. */
int signer_answer_format(const SignerAnswer *answer,
                uint8_t ret_bytes[static SIGNER_PROTOCOL_ANSWER_MAX], size_t *ret_size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DSSE envelopes: a payload, its type, and signatures over both. Source: secure-systems-lab/dsse,
 * envelope.md and protocol.md, version 1.0.2.
 */
#pragma once

#include <jansson.h>

#include "core/signature/signer.h"
#include "core/signature/verifier.h"

#define DSSE_SIGNATURES_MAX 16U

typedef struct DsseSignature {
        uint8_t *bytes;
        size_t size;
} DsseSignature;

typedef struct Dsse {
        char *type;
        uint8_t *payload;
        size_t payload_size;
        DsseSignature signatures[DSSE_SIGNATURES_MAX];
        size_t n_signatures;
} Dsse;

void dsse_done(Dsse *dsse);

/*
 * Parses an envelope. Key ids, which are hints and not signed, are passed over. -EBADMSG with what
 * is wrong in *ret_reason (half a sentence behind "the envelope", static), -ENOMEM.
 */
int dsse_parse(const json_t *json, Dsse *ret_dsse, const char **ret_reason);

/*
 * Signs a payload with SHA-256: RSA PKCS#1 v1.5, or ECDSA in DER. The signer's hash is SHA-256; the
 * key id is that of files' signatures, in hexadecimal. The envelope as JSON; errors of
 * signer_sign().
 */
int dsse_sign(Signer *signer, const char *type, const void *payload, size_t size,
                json_t **ret_json);

/*
 * Good when one of the signatures is by one of the certificates, which are those of the verifier;
 * that one is in *ret_certificate then, borrowed.
 */
SignatureVerdict dsse_verify(const Dsse *dsse, const CertificateList *certificates,
                SignatureVerifier *verifier, const Certificate **ret_certificate);

#define _cleanup_dsse_ _cleanup_(dsse_done)

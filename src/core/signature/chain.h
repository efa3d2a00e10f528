/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a certificate that a file is signed with is one of a given CA, within its validity and
 * not revoked. Kernels ask none of that of a key that they have; who takes files from others does.
 */
#pragma once

#include "core/signature/certificate.h"

#define CHAIN_CRL_SIZE_MAX ((size_t) 64 << 20)

typedef enum ChainVerdict {
        CHAIN_GOOD,
        CHAIN_EXPIRED, /* it, or one above it */
        CHAIN_NOT_YET_VALID,
        CHAIN_REVOKED,
        CHAIN_NO_REVOCATION, /* revocation lists are given, but no current one of its issuer */
        CHAIN_UNTRUSTED,     /* no certificate leads to a CA, or the one that does may not be one */
        CHAIN_VERDICT_MAX,
        CHAIN_VERDICT_INVALID = -EINVAL,
} ChainVerdict;

/* "good", "expired", "not-yet-valid", "revoked", "no-revocation-list", "untrusted". */
const char *chain_verdict_to_string(ChainVerdict verdict);

/* CAs and revocation lists. Adding is for one thread; checks are for any number. */
typedef struct ChainStore ChainStore;

int chain_store_new(ChainStore **ret_store);
ChainStore *chain_store_free(ChainStore *store);

/*
 * Trusts each certificate of the list, also one that another CA has signed. -ENODATA when there is
 * none; bare public keys are none.
 */
int chain_store_add_authorities(ChainStore *store, const CertificateList *authorities);

/*
 * Adds the revocation lists of a file, in PEM (several are fine) or DER; from then on every
 * certificate needs one. Their signatures are checked with each certificate. -EBADMSG after an E431
 * when there is none, -E2BIG, -ENOMEM.
 */
int chain_store_add_revocations(ChainStore *store, const void *bytes, size_t size, DiagList *diags,
                const char *source);

/*
 * What a certificate comes to at a time, in seconds since 1970. At a time that is `past` the
 * revocation lists count that are there now: a certificate is revoked from the date on that they
 * name.
 */
ChainVerdict chain_store_check(
                const ChainStore *store, const Certificate *certificate, int64_t when, bool past);

DEFINE_CLEANUP_FUNC(ChainStore *, chain_store_free)
#define _cleanup_chain_store_ _cleanup_(chain_store_freep)

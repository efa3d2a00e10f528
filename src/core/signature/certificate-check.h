/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel has against a certificate whose key shall verify files: everything that can be told
 * from the certificate itself. Whether its chain ends in a key that the kernel trusts only the
 * kernel can tell (system/kernel-key.h).
 * Source: crypto/asymmetric_keys/x509_cert_parser.c and restrict.c, crypto/ecdsa.c.
 */
#pragma once

#include <stdint.h>

#include "core/signature/certificate.h"
#include "core/signature/key-trust.h"

#define CERTIFICATE_FINDINGS_MAX 16U

/* What one kernel asks for. What is not known of it is not asked for. */
typedef struct CertificateDemands {
        bool trusted;  /* an issuer that the kernel trusts */
        bool usage;    /* digitalSignature, and neither CA nor keyCertSign */
        bool no_ecdsa; /* the kernel cannot verify ECDSA at all */
        bool no_p521;  /* nor this curve */
        bool strict;   /* malformed extensions make it refuse the certificate */
        int64_t now;   /* seconds since 1970; 0: validity is not looked at */
} CertificateDemands;

CertificateDemands certificate_demands_of_target(const Target *target, int64_t now);

typedef struct CertificateFinding {
        const char *name;   /* "no-ski", stable */
        bool is_refusal;    /* this kernel does not verify with it; else a warning */
        const char *reason; /* one clause */
        const char *hint;   /* what to do next */
} CertificateFinding;

/*
 * Everything that is wrong with a certificate, in the order of the table; returns how many findings
 * there are. A bare public key has "no-certificate" only.
 */
size_t certificate_check(const Certificate *certificate, const CertificateDemands *demands,
                CertificateFinding ret_findings[static CERTIFICATE_FINDINGS_MAX]);

/* now: seconds since 1970. False for a bare key. */
bool certificate_is_expired(const Certificate *certificate, int64_t now);

/* Whether one of them is a refusal. */
bool certificate_is_refused(const CertificateFinding *findings, size_t n_findings);

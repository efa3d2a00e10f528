/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signature that is appended to an open file, a kernel module for example;
 * core/signature/modsig.h.
 */
#pragma once

#include "core/signature/modsig.h"
#include "core/signature/verifier.h"

#define APPENDED_SIGNATURE_MAX ((size_t) 1 << 20)

typedef struct AppendedSignature {
        Modsig place;
        uint8_t *der; /* PKCS#7 */
        HashAlgorithm hash;
        Digest digest; /* of the content without it */
} AppendedSignature;

void appended_signature_done(AppendedSignature *signature);

/*
 * Reads it and hashes what it signs. -ENODATA when there is none that the kernel would see,
 * -EOPNOTSUPP for a hash that IMA or OpenSSL does not know.
 */
int appended_signature_load(int fd, AppendedSignature *ret_signature);

/* Unsigned when the kernel would take it for none, unchecked without any certificate. */
SignatureVerdict appended_signature_check(
                SignatureVerifier *verifier, const AppendedSignature *signature);

#define _cleanup_appended_signature_ _cleanup_(appended_signature_done)

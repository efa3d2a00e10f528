/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What devices want and give, in the encodings of signatures in attributes: DER of ECDSA (X9.62),
 * and the DigestInfo that PKCS#1 v1.5 pads (RFC 8017, 9.2).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* More than the DER of two numbers of P-521. */
#define SIGNATURE_ENCODING_ECDSA_MAX 160U
#define SIGNATURE_ENCODING_DIGEST_INFO_MAX (DIGEST_SIZE_MAX + 32U)

/*
 * SEQUENCE { r, s } of two big-endian numbers; *size is the room on entry. -E2BIG without room,
 * -EBADMSG for numbers larger than any curve's.
 */
int signature_encoding_format_ecdsa(const uint8_t *r_bytes, size_t r_size, const uint8_t *s_bytes,
                size_t s_size, uint8_t *bytes, size_t *size);

/* -EOPNOTSUPP when OpenSSL does not know the hash. */
int signature_encoding_format_digest_info(const Digest *digest,
                uint8_t ret_bytes[static SIGNATURE_ENCODING_DIGEST_INFO_MAX], size_t *ret_size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys out of the numbers that devices tell them in. */
#pragma once

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

/* Big-endian modulus and exponent. -EBADMSG when they make no key. */
int public_key_make_rsa(const uint8_t *modulus, size_t modulus_size, const uint8_t *exponent,
                size_t exponent_size, EVP_PKEY **ret_key);

/*
 * An encoded point on a curve by OpenSSL's name. -EBADMSG when it is none of that curve,
 * -EOPNOTSUPP for an unknown curve.
 */
int public_key_make_ec(
                const char *curve, const uint8_t *point, size_t point_size, EVP_PKEY **ret_key);

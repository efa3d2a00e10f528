/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures that are appended to a file: content, PKCS#7 in DER, a trailer of 12 bytes, a marker.
 * Source: struct module_signature in include/linux/module_signature.h, ima_read_modsig() in
 * security/integrity/ima/ima_modsig.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* Trailer and marker. */
#define MODSIG_TAIL_SIZE 40U

typedef struct Modsig {
        uint64_t content_size; /* what is signed; the DER follows it */
        size_t der_size;
} Modsig;

/*
 * Reads the end of a file: tail_size bytes, MODSIG_TAIL_SIZE at least where the file is that long.
 * -ENODATA for what the kernel takes for no signature, which all malformed ones are.
 */
int modsig_parse(const void *tail, size_t tail_size, uint64_t file_size, Modsig *ret_modsig);

/* The hash that the first signer has signed. -EBADMSG, -EOPNOTSUPP for one that IMA does not know.
 */
int modsig_get_hash(const void *der, size_t size, HashAlgorithm *ret_hash);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What security.evm protects of a file: its security attributes, owner and mode, and where the
 * value is not portable its inode and file system too. Source: evm_calc_hmac_or_hash() and
 * hmac_add_misc() in security/integrity/evm/evm_crypto.c, for 64-bit kernels.
 */
#pragma once

#include "core/signature/verifier.h"

#define EVM_UUID_SIZE 16U

/*
 * The names of protected attributes, in the order in which their values are hashed; NULL at the
 * end. The kernel hashes those that it has enabled; of a portable signature all that the file has.
 */
extern const char *const evm_attribute_names[];

/* One of them, as it is on the file. Borrows. */
typedef struct EvmAttribute {
        const char *name;
        const void *value;
        size_t size;
} EvmAttribute;

typedef struct EvmFile {
        const EvmAttribute *attributes; /* in the order of evm_attribute_names */
        size_t n_attributes;
        uint64_t inode;
        uint32_t generation;
        uint32_t uid;
        uint32_t gid;
        uint16_t mode;   /* type and permissions, as st_mode */
        bool big_endian; /* of the machine that hashes it */
        bool is_local;   /* inode, generation and UUID are those of the file here */
        bool has_uuid;   /* CONFIG_EVM_ATTR_FSUUID */
        uint8_t uuid[EVM_UUID_SIZE];
} EvmFile;

/*
 * What a signature of that type signs. -ENODATA when nothing is protected, or nothing of
 * security.ima for a portable one.
 */
int evm_compute_digest(
                const EvmFile *file, SignatureType type, HashAlgorithm hash, Digest *ret_digest);

/* The HMAC of type 2; the key is what the kernel's evm-key decrypts to, at most 128 bytes. */
int evm_compute_hmac(const EvmFile *file, const void *key, size_t key_size, Digest *ret_hmac);

/*
 * What EVM says of a value of security.evm. An HMAC is unchecked: its key is the kernel's. So is a
 * signature of version 1, and one that is not portable where the file is not local.
 */
SignatureVerdict evm_check(
                const EvmFile *file, const void *value, size_t size, SignatureVerifier *verifier);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/evm.h"

#include <endian.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "core/signature/file-label.h"

#define KEY_SIZE 128U

const char *const evm_attribute_names[] = {
        "security.selinux",
        "security.SMACK64",
        "security.SMACK64EXEC",
        "security.SMACK64TRANSMUTE",
        "security.SMACK64MMAP",
        "security.apparmor",
        "security.ima",
        "security.capability",
        NULL,
};

/* struct h_misc of the kernel: in its byte order, with the padding at the end. */
typedef struct Metadata {
        uint64_t inode;
        uint32_t generation;
        uint32_t uid;
        uint32_t gid;
        uint16_t mode;
        uint16_t padding;
} Metadata;

_Static_assert(sizeof(Metadata) == 24, "the kernel hashes 24 bytes");

static bool has_ima(const EvmFile *file)
{
        for (size_t i = 0; i < file->n_attributes; i++)
                if (string_equal(file->attributes[i].name, "security.ima"))
                        return true;
        return false;
}

static Metadata make_metadata(const EvmFile *file, bool is_portable)
{
        uint64_t inode = is_portable ? 0 : file->inode;
        uint32_t generation = is_portable ? 0 : file->generation;

        if (file->big_endian)
                return (Metadata){ htobe64(inode), htobe32(generation), htobe32(file->uid),
                        htobe32(file->gid), htobe16(file->mode), 0 };
        return (Metadata){ htole64(inode), htole32(generation), htole32(file->uid),
                htole32(file->gid), htole16(file->mode), 0 };
}

static int collect(const EvmFile *file, bool is_portable, Buffer *bytes)
{
        const Metadata metadata = make_metadata(file, is_portable);
        int r = 0;

        if (file->n_attributes == 0 || (is_portable && !has_ima(file)))
                return -ENODATA;
        for (size_t i = 0; r >= 0 && i < file->n_attributes; i++)
                r = buffer_append(bytes, file->attributes[i].value, file->attributes[i].size);
        if (r >= 0)
                r = buffer_append(bytes, &metadata, sizeof(metadata));
        if (r >= 0 && file->has_uuid && !is_portable)
                r = buffer_append(bytes, file->uuid, sizeof(file->uuid));
        return r;
}

int evm_compute_digest(
                const EvmFile *file, SignatureType type, HashAlgorithm hash, Digest *ret_digest)
{
        _cleanup_buffer_ Buffer bytes = { 0 };
        int r = collect(file, type == SIGNATURE_TYPE_PORTABLE, &bytes);

        return r < 0 ? r : digest_compute(hash, bytes.data, bytes.size, ret_digest);
}

int evm_compute_hmac(const EvmFile *file, const void *key, size_t key_size, Digest *ret_hmac)
{
        _cleanup_buffer_ Buffer bytes = { 0 };
        uint8_t padded[KEY_SIZE] = { 0 };
        Digest hmac = { .algorithm = HASH_SHA1 };
        unsigned size = 0;
        int r;

        if (key_size > sizeof(padded))
                return -EINVAL;
        r = collect(file, false, &bytes);
        if (r < 0)
                return r;
        /* The kernel uses the padding as a part of the key. */
        memcpy(padded, key, key_size);
        if (!HMAC(EVP_sha1(), padded, sizeof(padded), (const unsigned char *) bytes.data,
                            bytes.size, hmac.bytes, &size))
                r = -ENOMEM;
        OPENSSL_cleanse(padded, sizeof(padded));
        hmac.size = size;
        if (r >= 0)
                *ret_hmac = hmac;
        return r;
}

SignatureVerdict evm_check(
                const EvmFile *file, const void *value, size_t size, SignatureVerifier *verifier)
{
        FileLabel label;
        Digest digest;

        if (size == 0)
                return SIGNATURE_VERDICT_UNSIGNED;
        if (file_label_parse(FILE_LABEL_EVM, value, size, &label) < 0)
                return SIGNATURE_VERDICT_BAD;
        if (label.kind != FILE_LABEL_SIGNATURE ||
                        (label.signature.type == SIGNATURE_TYPE_DIGSIG && !file->is_local))
                return SIGNATURE_VERDICT_UNCHECKED;
        if (evm_compute_digest(file, label.signature.type, label.signature.hash, &digest) < 0)
                return SIGNATURE_VERDICT_BAD;
        return signature_verifier_check(verifier, &label.signature, &digest);
}

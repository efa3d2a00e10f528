/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/file-label.h"

#include "base/strings.h"

#define TYPE_DIGEST 0x01
#define TYPE_HMAC 0x02
#define TYPE_DIGEST_NG 0x04

#define MD5_SIZE 17U
#define SHA1_SIZE 21U

const char *file_label_attribute_to_string(FileLabelAttribute attribute)
{
        return attribute == FILE_LABEL_IMA ? "security.ima" : "security.evm";
}

static void set_digest(FileLabel *label, HashAlgorithm algorithm, const uint8_t *bytes, size_t size)
{
        label->digest = (Digest){ algorithm, hash_algorithm_size(algorithm), { 0 } };
        memcpy(label->digest.bytes, bytes, label->digest.size);
        label->unused = size - label->digest.size;
}

/* An MD5 digest may be padded to the size of one of SHA-1. */
static int parse_digest(const uint8_t *value, size_t size, FileLabel *label)
{
        bool is_md5 = size == MD5_SIZE ||
                      (size == SHA1_SIZE && bytes_are_zero(value + MD5_SIZE, SHA1_SIZE - MD5_SIZE));

        if (!is_md5 && size != SHA1_SIZE)
                return -EBADMSG;
        label->kind = FILE_LABEL_DIGEST;
        set_digest(label, is_md5 ? HASH_MD5 : HASH_SHA1, value + 1, size - 1);
        return 0;
}

static int parse_digest_ng(const uint8_t *value, size_t size, FileLabel *label)
{
        if (size < 2 || value[1] >= HASH_ALGORITHM_MAX ||
                        size - 2 < hash_algorithm_size((HashAlgorithm) value[1]))
                return -EBADMSG;
        label->kind = FILE_LABEL_DIGEST_NG;
        set_digest(label, (HashAlgorithm) value[1], value + 2, size - 2);
        return 0;
}

static int parse_hmac(const uint8_t *value, size_t size, FileLabel *label)
{
        if (size != 1 + FILE_LABEL_HMAC_SIZE)
                return -EBADMSG;
        label->kind = FILE_LABEL_HMAC;
        set_digest(label, HASH_SHA1, value + 1, size - 1);
        return 0;
}

/* Types 3 and 6 are distinct by version in security.ima; security.evm takes both versions. */
static int parse_signature(
                FileLabelAttribute attribute, const uint8_t *value, size_t size, FileLabel *label)
{
        int r = signature_parse(value, size, &label->signature);
        SignatureType type = label->signature.type;
        bool fits;

        label->kind = r == -EOPNOTSUPP ? FILE_LABEL_SIGNATURE_V1 : FILE_LABEL_SIGNATURE;
        if (r < 0)
                return r == -EOPNOTSUPP ? 0 : r;
        if (attribute == FILE_LABEL_EVM)
                fits = type == SIGNATURE_TYPE_DIGSIG || type == SIGNATURE_TYPE_PORTABLE;
        else
                fits = label->signature.version == (type == SIGNATURE_TYPE_VERITY ? 3 : 2);
        return fits ? 0 : -EBADMSG;
}

int file_label_parse(
                FileLabelAttribute attribute, const void *value, size_t size, FileLabel *ret_label)
{
        const uint8_t *bytes = value;
        FileLabel label = { 0 };
        uint8_t type = size > 0 ? bytes[0] : 0;
        bool is_ima = attribute == FILE_LABEL_IMA;
        int r = -EBADMSG;

        if (type == TYPE_DIGEST && is_ima)
                r = parse_digest(bytes, size, &label);
        else if (type == TYPE_DIGEST_NG && is_ima)
                r = parse_digest_ng(bytes, size, &label);
        else if (type == TYPE_HMAC && !is_ima)
                r = parse_hmac(bytes, size, &label);
        else if (type == SIGNATURE_TYPE_DIGSIG ||
                        type == (is_ima ? SIGNATURE_TYPE_VERITY : SIGNATURE_TYPE_PORTABLE))
                r = parse_signature(attribute, bytes, size, &label);
        if (r >= 0)
                *ret_label = label;
        return r;
}

int file_label_format_digest(const Digest *digest, uint8_t **ret_value, size_t *ret_size)
{
        bool is_old = digest->algorithm <= HASH_SHA1;
        size_t header = is_old ? 1 : 2;
        uint8_t *value = malloc(header + digest->size);

        if (!value)
                return -ENOMEM;
        value[0] = is_old ? TYPE_DIGEST : TYPE_DIGEST_NG;
        if (!is_old)
                value[1] = (uint8_t) digest->algorithm;
        memcpy(value + header, digest->bytes, digest->size);
        *ret_value = value;
        *ret_size = header + digest->size;
        return 0;
}

static const char *describe_kind(const FileLabel *label)
{
        switch (label->kind) {
        case FILE_LABEL_HMAC:
                return "hmac";
        case FILE_LABEL_SIGNATURE_V1:
                return "signature-v1";
        case FILE_LABEL_SIGNATURE:
                return label->signature.type == SIGNATURE_TYPE_PORTABLE ? "portable-signature"
                       : label->signature.type == SIGNATURE_TYPE_VERITY ? "verity-signature"
                       : label->signature.version == 3                  ? "immutable-signature"
                                                                        : "signature";
        default:
                return "hash";
        }
}

static unsigned get_type(const FileLabel *label)
{
        static const unsigned types[FILE_LABEL_KIND_MAX] = { TYPE_DIGEST, TYPE_DIGEST_NG, TYPE_HMAC,
                0, SIGNATURE_TYPE_DIGSIG };

        return label->kind == FILE_LABEL_SIGNATURE ? (unsigned) label->signature.type
                                                   : types[label->kind];
}

json_t *file_label_to_json(const FileLabel *label)
{
        bool is_signature = label->kind == FILE_LABEL_SIGNATURE;
        bool is_digest = label->digest.size > 0;
        HashAlgorithm hash = is_signature ? label->signature.hash : label->digest.algorithm;
        char digest[2 * DIGEST_SIZE_MAX + 1], key_id[2 * sizeof(uint32_t) + 1], type[8];
        json_t *version = is_signature ? json_integer(label->signature.version) : json_null();

        hex_encode(label->digest.bytes, label->digest.size, digest);
        (void) snprintf(key_id, sizeof(key_id), "%08x", label->signature.key_id);
        (void) snprintf(type, sizeof(type), "0x%02x", get_type(label));
        return json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:s?, s:I, s:b}", "kind",
                        describe_kind(label), "type", type, "version", version, "hash",
                        is_signature || is_digest ? hash_algorithm_to_string(hash) : NULL, "digest",
                        is_digest ? digest : NULL, "key_id", is_signature ? key_id : NULL, "size",
                        (json_int_t) (is_signature ? label->signature.size : label->digest.size),
                        "weak",
                        (is_signature || label->kind <= FILE_LABEL_DIGEST_NG) && hash <= HASH_SHA1);
}

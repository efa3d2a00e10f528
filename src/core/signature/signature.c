/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signature.h"

#include "base/cleanup.h"
#include "base/cursor.h"

int signature_parse(const void *value, size_t size, Signature *ret_signature)
{
        Cursor c = cursor_new(value, size);
        Signature signature = { 0 };
        uint8_t type, hash;
        uint16_t length;

        c.big_endian = true;
        if (cursor_read_u8(&c, &type) < 0 || cursor_read_u8(&c, &signature.version) < 0)
                return -EBADMSG;
        if (type == SIGNATURE_TYPE_DIGSIG && signature.version == 1)
                return -EOPNOTSUPP;
        if (cursor_read_u8(&c, &hash) < 0 || cursor_read_u32(&c, &signature.key_id) < 0 ||
                        cursor_read_u16(&c, &length) < 0)
                return -EBADMSG;
        if (type != SIGNATURE_TYPE_DIGSIG && type != SIGNATURE_TYPE_PORTABLE &&
                        type != SIGNATURE_TYPE_VERITY)
                return -EBADMSG;
        if (signature.version != 2 && signature.version != 3)
                return -EBADMSG;
        if (hash >= HASH_ALGORITHM_MAX || length == 0 || length != cursor_left(&c))
                return -EBADMSG;
        signature.type = (SignatureType) type;
        signature.hash = (HashAlgorithm) hash;
        signature.bytes = c.data + c.offset;
        signature.size = length;
        *ret_signature = signature;
        return 0;
}

int signature_format(const Signature *signature, uint8_t **ret_value, size_t *ret_size)
{
        uint32_t key_id = htobe32(signature->key_id);
        uint16_t length = htobe16((uint16_t) signature->size);
        uint8_t *value;

        if (signature->size > UINT16_MAX)
                return -E2BIG;
        value = malloc(SIGNATURE_HEADER_SIZE + signature->size);
        if (!value)
                return -ENOMEM;
        value[0] = (uint8_t) signature->type;
        value[1] = signature->version;
        value[2] = (uint8_t) signature->hash;
        memcpy(value + 3, &key_id, sizeof(key_id));
        memcpy(value + 7, &length, sizeof(length));
        memcpy(value + SIGNATURE_HEADER_SIZE, signature->bytes, signature->size);
        *ret_value = value;
        *ret_size = SIGNATURE_HEADER_SIZE + signature->size;
        return 0;
}

int signature_compute_file_id(const Digest *verity, Digest *ret_digest)
{
        uint8_t id[2 + DIGEST_SIZE_MAX] = { SIGNATURE_TYPE_VERITY, (uint8_t) verity->algorithm };

        memcpy(id + 2, verity->bytes, verity->size);
        return digest_compute(verity->algorithm, id, 2 + verity->size, ret_digest);
}

const char *signature_verdict_to_string(SignatureVerdict verdict)
{
        static const char *const names[SIGNATURE_VERDICT_MAX] = {
                [SIGNATURE_VERDICT_UNSIGNED] = "unsigned",
                [SIGNATURE_VERDICT_GOOD] = "good",
                [SIGNATURE_VERDICT_BAD] = "bad",
                [SIGNATURE_VERDICT_UNKNOWN_KEY] = "unknown_key",
                [SIGNATURE_VERDICT_UNCHECKED] = "unchecked",
        };

        return verdict >= 0 && verdict < SIGNATURE_VERDICT_MAX ? names[verdict] : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signer-protocol.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/cursor.h"

#define VERSION 1U
#define ANSWER_HEADER_SIZE 8U
#define ERROR_MAX 4095U

static bool kind_is_known(uint8_t kind)
{
        return kind == SIGNER_PROTOCOL_KEY || kind == SIGNER_PROTOCOL_SIGN;
}

int signer_request_parse(const void *bytes, size_t size, SignerRequest *ret_request)
{
        Cursor c = cursor_new(bytes, size);
        SignerRequest request = { 0 };
        uint8_t version, kind, hash, length;

        if (cursor_read_u8(&c, &version) < 0 || version != VERSION ||
                        cursor_read_u8(&c, &kind) < 0 || !kind_is_known(kind) ||
                        cursor_read_u8(&c, &hash) < 0 || cursor_read_u8(&c, &length) < 0)
                return -EBADMSG;
        request.kind = (SignerProtocolKind) kind;
        if (length > 0 || kind == SIGNER_PROTOCOL_SIGN) {
                if (kind != SIGNER_PROTOCOL_SIGN ||
                                length != hash_algorithm_size((HashAlgorithm) hash) ||
                                length == 0 ||
                                cursor_read_bytes(&c, request.digest.bytes, length) < 0)
                        return -EBADMSG;
                request.digest.algorithm = (HashAlgorithm) hash;
                request.digest.size = length;
        }
        if (cursor_left(&c) > 0)
                return -EBADMSG;
        *ret_request = request;
        return 0;
}

size_t signer_request_format(
                const SignerRequest *request, uint8_t ret_bytes[static SIGNER_PROTOCOL_REQUEST_MAX])
{
        ret_bytes[0] = VERSION;
        ret_bytes[1] = (uint8_t) request->kind;
        ret_bytes[2] = (uint8_t) request->digest.algorithm;
        ret_bytes[3] = (uint8_t) request->digest.size;
        memcpy(ret_bytes + 4, request->digest.bytes, request->digest.size);
        return 4 + request->digest.size;
}

int signer_answer_parse(const void *bytes, size_t size, SignerAnswer *ret_answer)
{
        Cursor c = cursor_new(bytes, size);
        SignerAnswer answer;
        uint8_t version, kind;
        uint16_t error;

        c.big_endian = true;
        if (cursor_read_u8(&c, &version) < 0 || version != VERSION ||
                        cursor_read_u8(&c, &kind) < 0 || !kind_is_known(kind) ||
                        cursor_read_u16(&c, &error) < 0 || error > ERROR_MAX ||
                        cursor_read_u32(&c, &answer.key_id) < 0)
                return -EBADMSG;
        answer.kind = (SignerProtocolKind) kind;
        answer.error = -(int) error;
        answer.size = cursor_left(&c);
        if (cursor_read_view(&c, answer.size, &answer.bytes) < 0 ||
                        (error == 0 && answer.size == 0))
                return -EBADMSG;
        *ret_answer = answer;
        return 0;
}

int signer_answer_format(const SignerAnswer *answer,
                uint8_t ret_bytes[static SIGNER_PROTOCOL_ANSWER_MAX], size_t *ret_size)
{
        uint16_t error = htobe16((uint16_t) -answer->error);
        uint32_t key_id = htobe32(answer->key_id);

        if (answer->size > SIGNER_PROTOCOL_ANSWER_MAX - ANSWER_HEADER_SIZE)
                return -E2BIG;
        ret_bytes[0] = VERSION;
        ret_bytes[1] = (uint8_t) answer->kind;
        memcpy(ret_bytes + 2, &error, sizeof(error));
        memcpy(ret_bytes + 4, &key_id, sizeof(key_id));
        if (answer->size > 0)
                memcpy(ret_bytes + ANSWER_HEADER_SIZE, answer->bytes, answer->size);
        *ret_size = ANSWER_HEADER_SIZE + answer->size;
        return 0;
}

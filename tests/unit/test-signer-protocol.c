/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signer-protocol.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(signer_protocol, requests_survive_the_way)
{
        uint8_t bytes[SIGNER_PROTOCOL_REQUEST_MAX];
        SignerRequest request = { .kind = SIGNER_PROTOCOL_SIGN }, parsed;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA512, "a", 1, &request.digest), 0);
        size = signer_request_format(&request, bytes);
        cr_assert_eq(signer_request_parse(bytes, size, &parsed), 0);
        cr_expect_eq(parsed.kind, SIGNER_PROTOCOL_SIGN);
        cr_expect(digest_equal(&request.digest, &parsed.digest));
        size = signer_request_format(&(SignerRequest){ .kind = SIGNER_PROTOCOL_KEY }, bytes);
        cr_assert_eq(signer_request_parse(bytes, size, &parsed), 0);
        cr_expect_eq(parsed.kind, SIGNER_PROTOCOL_KEY);
}

Test(signer_protocol, requests_that_are_not_whole_are_malformed)
{
        uint8_t bytes[SIGNER_PROTOCOL_REQUEST_MAX + 1] = { 0 };
        SignerRequest request = { .kind = SIGNER_PROTOCOL_SIGN }, parsed;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA256, "a", 1, &request.digest), 0);
        size = signer_request_format(&request, bytes);
        for (size_t i = 0; i < size; i++)
                cr_expect_eq(signer_request_parse(bytes, i, &parsed), -EBADMSG, "%zu", i);
        cr_expect_eq(signer_request_parse(bytes, size + 1, &parsed), -EBADMSG);
        for (size_t i = 0; i < 4; i++) {
                uint8_t wrong[sizeof(bytes)];

                memcpy(wrong, bytes, sizeof(bytes));
                wrong[i] = 99;
                cr_expect_eq(signer_request_parse(wrong, size, &parsed), -EBADMSG, "%zu", i);
        }
}

Test(signer_protocol, answers_survive_the_way)
{
        uint8_t bytes[SIGNER_PROTOCOL_ANSWER_MAX];
        SignerAnswer answer = { SIGNER_PROTOCOL_SIGN, 0, 0x01020304, (const uint8_t *) "abc", 3 },
                     parsed;
        size_t size;

        cr_assert_eq(signer_answer_format(&answer, bytes, &size), 0);
        cr_assert_eq(signer_answer_parse(bytes, size, &parsed), 0);
        cr_expect_eq(parsed.key_id, 0x01020304);
        cr_expect_eq(parsed.size, 3);
        cr_expect_eq(memcmp(parsed.bytes, "abc", 3), 0);
        answer = (SignerAnswer){ .kind = SIGNER_PROTOCOL_KEY, .error = -EIO };
        cr_assert_eq(signer_answer_format(&answer, bytes, &size), 0);
        cr_assert_eq(signer_answer_parse(bytes, size, &parsed), 0);
        cr_expect_eq(parsed.error, -EIO);
}

Test(signer_protocol, answers_without_contents_or_sense_are_malformed)
{
        static const uint8_t empty[] = { 1, 2, 0, 0, 0, 0, 0, 0 },
                             error[] = { 1, 2, 0xff, 0xff, 0, 0, 0, 0 };
        SignerAnswer parsed;

        cr_expect_eq(signer_answer_parse(empty, sizeof(empty), &parsed), -EBADMSG);
        cr_expect_eq(signer_answer_parse(empty, 7, &parsed), -EBADMSG);
        cr_expect_eq(signer_answer_parse(error, sizeof(error), &parsed), -EBADMSG);
}

Test(signer_protocol, answers_have_a_limit)
{
        static const uint8_t big[SIGNER_PROTOCOL_ANSWER_MAX] = { 0 };
        uint8_t bytes[SIGNER_PROTOCOL_ANSWER_MAX];
        size_t size;

        cr_expect_eq(signer_answer_format(&(SignerAnswer){ SIGNER_PROTOCOL_SIGN, 0, 0, big,
                                                          sizeof(big) },
                                     bytes, &size),
                        -E2BIG);
}

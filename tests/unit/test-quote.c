/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/attest/quote.h"
#include "fixture-evidence.h"

static Quote parse(const FixtureEvidence *f)
{
        Quote quote;

        cr_assert_eq(quote_parse(f->evidence.parts[EVIDENCE_QUOTE].data,
                                     f->evidence.parts[EVIDENCE_QUOTE].size, &quote),
                        0);
        return quote;
}

Test(quote, every_field_is_read)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        Quote quote = parse(&f);

        cr_assert_eq(quote.nonce_size, strlen(FIXTURE_NONCE));
        cr_assert_arr_eq(quote.nonce, FIXTURE_NONCE, quote.nonce_size);
        cr_assert_eq(quote.clock_msec, 123456);
        cr_assert_eq(quote.reset_count, 7);
        cr_assert_eq(quote.restart_count, 0);
        cr_assert(quote.clock_safe);
        cr_assert_eq(quote.n_banks, 2);
        cr_assert_eq(quote.pcr_digest_size, 32);
        cr_assert_eq(quote_get_pcrs(&quote, HASH_SHA256), EVIDENCE_PCRS);
        cr_assert_eq(quote_get_pcrs(&quote, HASH_SHA384), 0);
}

Test(quote, nothing_that_is_shorter_or_longer_is_one)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_buffer_ Buffer longer = { 0 };
        const uint8_t *bytes = f.evidence.parts[EVIDENCE_QUOTE].data;
        size_t size = f.evidence.parts[EVIDENCE_QUOTE].size;
        Quote quote;

        for (size_t i = 0; i < size; i++)
                cr_assert_eq(quote_parse(bytes, i, &quote), -EBADMSG);
        cr_assert_eq(buffer_append(&longer, bytes, size), 0);
        cr_assert_eq(buffer_append(&longer, "", 1), 0);
        cr_assert_eq(quote_parse(longer.data, longer.size, &quote), -EBADMSG);
}

Test(quote, only_what_a_tpm_made_and_only_quotes)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        uint8_t *bytes = f.evidence.parts[EVIDENCE_QUOTE].data;
        size_t size = f.evidence.parts[EVIDENCE_QUOTE].size;
        Quote quote;

        bytes[0] = 0;
        cr_assert_eq(quote_parse(bytes, size, &quote), -EBADMSG);
        bytes[0] = 0xff;
        bytes[5] = 0x17; /* TPM_ST_ATTEST_CERTIFY */
        cr_assert_eq(quote_parse(bytes, size, &quote), -EBADMSG);
}

Test(quote, a_bank_stands_there_once)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        uint8_t *bytes = f.evidence.parts[EVIDENCE_QUOTE].data;
        size_t size = f.evidence.parts[EVIDENCE_QUOTE].size;
        uint8_t *second = memmem(bytes, size, "\x00\x0b\x03\xff", 4);
        Quote quote;

        cr_assert_not_null(second);
        second[1] = 0x04;
        cr_assert_eq(quote_parse(bytes, size, &quote), -EBADMSG);
}

Test(quote, values_are_read_in_the_order_of_the_selection)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        const uint8_t *bytes = f.evidence.parts[EVIDENCE_PCR_VALUES].data;
        size_t size = f.evidence.parts[EVIDENCE_PCR_VALUES].size;
        Quote quote = parse(&f);
        PcrValueList values;
        Digest digest;

        cr_assert_eq(quote_parse_values(&quote, bytes, size, &values), 0);
        cr_assert_eq(values.count, 22);
        for (size_t i = 0; i < values.count; i++)
                cr_assert(digest_equal(&values.items[i].value,
                                pcr_value_list_find(&f.values, values.items[i].value.algorithm,
                                                values.items[i].pcr)));
        cr_assert_eq(quote_compute_digest(&quote, &values, HASH_SHA256, &digest), 0);
        cr_assert_arr_eq(digest.bytes, quote.pcr_digest, 32);
        cr_assert_eq(quote_parse_values(&quote, bytes, size - 1, &values), -EBADMSG);
        cr_assert_eq(quote_compute_digest(&quote, &(PcrValueList){ 0 }, HASH_SHA256, &digest),
                        -ENODATA);
}

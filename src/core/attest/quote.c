/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/attest/quote.h"

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/tcg-algorithm.h"

/* Only what a TPM made itself begins so: a restricted key signs nothing else that does. */
#define TPM_GENERATED 0xff544347U
#define TPM_ST_ATTEST_QUOTE 0x8018U

#define PCR_SELECT_MAX 4U

/* TPM2B_…: 16 bits of size, and the bytes. */
static int read_sized(Cursor *c, const uint8_t **ret_bytes, size_t *ret_size)
{
        uint16_t size;

        if (cursor_read_u16(c, &size) < 0 || cursor_read_view(c, size, ret_bytes) < 0)
                return -EBADMSG;
        *ret_size = size;
        return 0;
}

/* TPMS_CLOCK_INFO */
static int parse_clock(Cursor *c, Quote *quote)
{
        uint8_t safe;

        if (cursor_read_u64(c, &quote->clock_msec) < 0 ||
                        cursor_read_u32(c, &quote->reset_count) < 0 ||
                        cursor_read_u32(c, &quote->restart_count) < 0 ||
                        cursor_read_u8(c, &safe) < 0 || safe > 1)
                return -EBADMSG;
        quote->clock_safe = safe == 1;
        return 0;
}

/* TPMS_PCR_SELECTION */
static int parse_bank(Cursor *c, QuoteBank *ret_bank)
{
        QuoteBank bank = { 0 };
        const uint8_t *select;
        uint8_t size;

        if (cursor_read_u16(c, &bank.tcg_id) < 0 || cursor_read_u8(c, &size) < 0 ||
                        size > PCR_SELECT_MAX || cursor_read_view(c, size, &select) < 0)
                return -EBADMSG;
        for (size_t i = 0; i < size; i++)
                bank.pcrs |= (uint32_t) select[i] << 8 * i;
        bank.algorithm = tcg_algorithm_to_hash(bank.tcg_id);
        *ret_bank = bank;
        return 0;
}

/* A bank may stand there once only: what a second one would mean is open. */
static int parse_banks(Cursor *c, Quote *quote)
{
        uint32_t count;

        if (cursor_read_u32(c, &count) < 0 || count > QUOTE_BANKS_MAX)
                return -EBADMSG;
        for (; quote->n_banks < count; quote->n_banks++) {
                QuoteBank *bank = &quote->banks[quote->n_banks];

                if (parse_bank(c, bank) < 0)
                        return -EBADMSG;
                for (size_t i = 0; i < quote->n_banks; i++)
                        if (quote->banks[i].tcg_id == bank->tcg_id)
                                return -EBADMSG;
        }
        return 0;
}

int quote_parse(const void *bytes, size_t size, Quote *ret_quote)
{
        Cursor c = cursor_new(bytes, size);
        Quote quote = { 0 };
        uint32_t magic;
        uint16_t type;

        c.big_endian = true;
        if (size > QUOTE_SIZE_MAX || cursor_read_u32(&c, &magic) < 0 || magic != TPM_GENERATED ||
                        cursor_read_u16(&c, &type) < 0 || type != TPM_ST_ATTEST_QUOTE)
                return -EBADMSG;
        if (read_sized(&c, &quote.signer, &quote.signer_size) < 0 ||
                        read_sized(&c, &quote.nonce, &quote.nonce_size) < 0 ||
                        parse_clock(&c, &quote) < 0 ||
                        cursor_read_u64(&c, &quote.firmware_version) < 0 ||
                        parse_banks(&c, &quote) < 0 ||
                        read_sized(&c, &quote.pcr_digest, &quote.pcr_digest_size) < 0 ||
                        cursor_left(&c) > 0)
                return -EBADMSG;
        *ret_quote = quote;
        return 0;
}

uint32_t quote_get_pcrs(const Quote *quote, HashAlgorithm bank)
{
        for (size_t i = 0; i < quote->n_banks; i++)
                if (quote->banks[i].algorithm == bank && bank >= 0)
                        return quote->banks[i].pcrs;
        return 0;
}

static int parse_value(Cursor *c, HashAlgorithm bank, uint32_t pcr, PcrValueList *values)
{
        PcrValue value = {
                .pcr = pcr, .value = {bank, hash_algorithm_size(bank), { 0 }}
        };

        if (cursor_read_bytes(c, value.value.bytes, value.value.size) < 0)
                return -EBADMSG;
        return pcr_value_list_add(values, &value) < 0 ? -EOPNOTSUPP : 0;
}

int quote_parse_values(const Quote *quote, const void *bytes, size_t size, PcrValueList *ret_values)
{
        Cursor c = cursor_new(bytes, size);
        PcrValueList values = { 0 };

        for (size_t i = 0; i < quote->n_banks; i++) {
                const QuoteBank *bank = &quote->banks[i];

                if (bank->algorithm < 0)
                        return -EOPNOTSUPP;
                for (uint32_t pcr = 0; pcr < 32; pcr++) {
                        int r = bank->pcrs & (UINT32_C(1) << pcr)
                                                ? parse_value(&c, bank->algorithm, pcr, &values)
                                                : 0;

                        if (r < 0)
                                return r;
                }
        }
        if (cursor_left(&c) > 0)
                return -EBADMSG;
        *ret_values = values;
        return 0;
}

int quote_compute_digest(const Quote *quote, const PcrValueList *values, HashAlgorithm algorithm,
                Digest *ret_digest)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        Digest digest = { .algorithm = algorithm, .size = hash_algorithm_size(algorithm) };
        int r = digest_context_new(algorithm, &context);

        if (r >= 0)
                r = digest_context_begin(context);
        for (size_t i = 0; r >= 0 && i < quote->n_banks; i++)
                for (uint32_t pcr = 0; r >= 0 && pcr < 32; pcr++) {
                        const Digest *value;

                        if (!(quote->banks[i].pcrs & (UINT32_C(1) << pcr)))
                                continue;
                        value = pcr_value_list_find(values, quote->banks[i].algorithm, pcr);
                        r = value ? digest_context_update(context, value->bytes, value->size)
                                  : -ENODATA;
                }
        if (r >= 0)
                r = digest_context_end(context, digest.bytes);
        if (r >= 0)
                *ret_digest = digest;
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/boot-aggregate.h"

#include <string.h>

#include "base/cleanup.h"

static const char *const names[BOOT_VERDICT_MAX] = {
        [BOOT_VERDICT_UNKNOWN] = "unknown",
        [BOOT_VERDICT_MATCH] = "match",
        [BOOT_VERDICT_MISMATCH] = "mismatch",
        [BOOT_VERDICT_BYPASS] = "tpm-bypass",
};

const char *boot_verdict_to_string(BootVerdict verdict)
{
        return verdict >= 0 && verdict < BOOT_VERDICT_MAX ? names[verdict] : NULL;
}

static int find_pcr(HashAlgorithm bank, uint32_t pcr, const PcrValueList *values,
                const EventLog *log, Digest *ret_digest)
{
        const Digest *value = values ? pcr_value_list_find(values, bank, pcr) : NULL;

        if (value)
                *ret_digest = *value;
        return value ? 0 : log ? event_log_get_pcr(log, bank, pcr, ret_digest) : -ENOENT;
}

int boot_aggregate_compute(HashAlgorithm bank, const PcrValueList *values, const EventLog *log,
                Digest *ret_digest)
{
        uint8_t joined[BOOT_AGGREGATE_PCRS * DIGEST_SIZE_MAX];
        uint32_t n_pcrs = bank == HASH_SHA1 ? 8 : BOOT_AGGREGATE_PCRS;
        size_t size = 0;

        for (uint32_t pcr = 0; pcr < n_pcrs; pcr++) {
                Digest value;

                if (find_pcr(bank, pcr, values, log, &value) < 0)
                        return -ENODATA;
                memcpy(joined + size, value.bytes, value.size);
                size += value.size;
        }
        return digest_compute(bank, joined, size, ret_digest);
}

BootVerdict boot_aggregate_judge(
                const Digest *aggregate, const PcrValueList *values, const EventLog *log)
{
        Digest computed;

        if (bytes_are_zero(aggregate->bytes, aggregate->size))
                return BOOT_VERDICT_BYPASS;
        if (boot_aggregate_compute(aggregate->algorithm, values, log, &computed) < 0)
                return BOOT_VERDICT_UNKNOWN;
        return digest_equal(aggregate, &computed) ? BOOT_VERDICT_MATCH : BOOT_VERDICT_MISMATCH;
}

Verdict boot_aggregate_explain(Verdict verdict, bool never_extended, BootVerdict boot)
{
        if (never_extended && boot == BOOT_VERDICT_BYPASS &&
                        (verdict == VERDICT_LIST_AHEAD || verdict == VERDICT_DIVERGED))
                return VERDICT_NO_TPM;
        return verdict == VERDICT_DIVERGED && boot == BOOT_VERDICT_MISMATCH ? VERDICT_OTHER_BOOT
                                                                            : verdict;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entry boot_aggregate: a digest over the boot PCRs, by which the measurement list says which
 * boot it belongs to. The SHA-1 bank gives PCR 0 to 7, every other bank PCR 0 to 9; without a TPM
 * the digest is all zeros. Source: security/integrity/ima/ima_crypto.c
 * (ima_calc_boot_aggregate_tfm) and ima_init.c (ima_add_boot_aggregate).
 */
#pragma once

#include <errno.h>

#include "core/measurements/event-log.h"
#include "core/measurements/pcr-value.h"
#include "core/measurements/verdict.h"

#define BOOT_AGGREGATE_PCRS 10

typedef enum BootVerdict {
        BOOT_VERDICT_UNKNOWN, /* the PCRs are not known */
        BOOT_VERDICT_MATCH,
        BOOT_VERDICT_MISMATCH, /* the list is of another boot than the PCRs */
        BOOT_VERDICT_BYPASS,   /* zeros: IMA found no TPM when it started */
        BOOT_VERDICT_MAX,
        BOOT_VERDICT_INVALID = -EINVAL,
} BootVerdict;

/* "unknown", "match", "mismatch", "tpm-bypass". */
const char *boot_verdict_to_string(BootVerdict verdict);

/* Either may be NULL. -ENODATA when a PCR that it needs is not known. */
int boot_aggregate_compute(HashAlgorithm bank, const PcrValueList *values, const EventLog *log,
                Digest *ret_digest);

/* What a boot_aggregate of this digest says; compares in the bank that the digest is of. */
BootVerdict boot_aggregate_judge(
                const Digest *aggregate, const PcrValueList *values, const EventLog *log);

/*
 * The verdict about a PCR in the light of boot_aggregate. A list that diverged is of another boot
 * when its boot_aggregate is; a PCR that was never extended is none that IMA knew of when it found
 * no TPM.
 */
Verdict boot_aggregate_explain(Verdict verdict, bool never_extended, BootVerdict boot);

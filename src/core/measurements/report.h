/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The result of checking one recorded list against recorded PCR values, as JSON:
 *
 *   {"entries", "violations", "bad_digests": [number…], "not_replayable", "status",
 *    "banks": [{"algorithm", "pcr", "replayed", "value": hex|null, "verdict"}],
 *    "boot_aggregate": {"entry", "algorithm", "digest"}|null, "truncated_at": byte|null}
 *
 * Without values the banks still say what was replayed.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/digest.h"
#include "core/measurements/list.h"
#include "core/measurements/verdict.h"

/* Numbers in "bad_digests"; "bad_digests_dropped" counts further ones. */
#define MEASUREMENT_REPORT_BAD_MAX 10000
#define MEASUREMENT_REPORT_PCRS_MAX 192

/* A value that a PCR is known to have had; the algorithm in it is the bank. */
typedef struct MeasurementReportPcr {
        uint32_t pcr;
        Digest value;
} MeasurementReportPcr;

typedef struct MeasurementReport MeasurementReport;

/*
 * Replays sha1, sha256, sha384, sha512 and the banks of the given values. -EINVAL for a value of
 * wrong size or a repeated or impossible PCR, -E2BIG for too many, -EOPNOTSUPP for a bank whose
 * hash OpenSSL lacks.
 */
int measurement_report_new(
                const MeasurementReportPcr *pcrs, size_t n_pcrs, MeasurementReport **ret_report);
MeasurementReport *measurement_report_free(MeasurementReport *report);

/*
 * Takes the next entry. A template digest that does not fit its data is an E403, a field that does
 * not parse a W401, a PCR that no TPM has a W402 in diags; none of them is a failure.
 */
int measurement_report_add(MeasurementReport *report, const Measurement *m, DiagList *diags,
                const char *source);

/* Reads all complete entries out of the reader. A malformed entry is left to the reader's finish.
 */
int measurement_report_drain(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source);

/*
 * Ends reader and report. 0, also for a list that is cut off or malformed (diagnostics and
 * "truncated_at" say so). *ret_status is the combined verdict of the given values, unknown without.
 */
int measurement_report_finish(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source, Verdict *ret_status, json_t **ret_json);

DEFINE_CLEANUP_FUNC(MeasurementReport *, measurement_report_free)
#define _cleanup_measurement_report_ _cleanup_(measurement_report_freep)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The result of checking one recorded list against recorded PCR values, as JSON:
 *
 *   {"format": {"form", "byte_order", "digest_size"}|null,
 *    "entries", "violations", "bad_digests": [number…], "bad_digests_dropped", "not_replayable",
 *    "status",
 *    "banks": [{"algorithm", "pcr", "replayed", "value": hex|null, "verdict", "confirmed",
 *               "behind"}],
 *    "signatures": {"good", "bad", "unknown_key", "unsigned", "unchecked"},
 *    "boot_aggregate": {"entry", "algorithm", "digest", "computed": hex|null, "verdict",
 *                       "event_log": {"computed": hex|null, "verdict"}|null,
 *                       "others": [{"entry", "algorithm", "digest", "verdict"}]}|null,
 *    "event_log": {"events", "form": "crypto-agile"|"tpm-1.2",
 *                  "banks": [{"algorithm", "pcr", "replayed", "value": hex|null}]}|null,
 *    "truncated_at": byte|null}
 *
 * Without values the banks still say what was replayed.
 *
 * One list is several steps, so that a caller can spread them over threads: entries are checked
 * (MeasurementChecker, in any order), then each chain of the replay is extended by them in their
 * order (measurement_report_extend(), one thread for each chain), then they are counted.
 * measurement_report_drain() does all of it in the calling thread.
 */
#pragma once

#include <jansson.h>

#include "core/measurements/checker.h"
#include "core/measurements/comparison.h"

/* Numbers in "bad_digests"; "bad_digests_dropped" counts further ones. */
#define MEASUREMENT_REPORT_BAD_MAX 10000
/* Further entries of the name boot_aggregate that are shown. */
#define MEASUREMENT_REPORT_BOOTS_MAX 64

/*
 * Everything is borrowed, must outlive the report, and may be NULL. `hasty` leaves padded SHA-1
 * values out, which most lists do not need: measurement_report_is_complete() says whether the list
 * must be taken again with them. `live`: the values are what the TPM told before the list was read;
 * without any there is no TPM. `settled`: they have stood still for VERDICT_SETTLE_ROUNDS rounds,
 * so that entries which they do not cover are not on their way.
 */
typedef struct MeasurementReportInput {
        const PcrValueList *values;
        const EventLog *event_log;
        const CertificateList *certificates;
        bool hasty;
        bool live;
        bool settled;
} MeasurementReportInput;

typedef struct MeasurementReport MeasurementReport;

/*
 * Replays the banks of the given values, without any sha1, sha256, sha384 and sha512. Those that
 * OpenSSL does not offer are bank-unsupported.
 */
int measurement_report_new(const MeasurementReportInput *input, MeasurementReport **ret_report);
MeasurementReport *measurement_report_free(MeasurementReport *report);

/* A checker for entries of this report's list. */
int measurement_report_new_checker(
                const MeasurementReport *report, MeasurementChecker **ret_checker);

size_t measurement_report_get_n_chains(const MeasurementReport *report);

/* Extends one chain by the next entries. */
int measurement_report_extend(MeasurementReport *report, size_t chain, const Measurement *entries,
                const MeasurementCheck *checks, size_t count);

/*
 * Counts the next entry. A template digest that does not fit its data is an E403, a bad signature
 * an E406 (without certificates W403), a field that does not parse a W401, a PCR that the kernel
 * cannot extend a W402 in diags; none of them is a failure.
 */
int measurement_report_count(MeasurementReport *report, const Measurement *m,
                const MeasurementCheck *check, DiagList *diags, const char *source);

/* Takes all complete entries out of the reader. A malformed entry is left to the reader's finish.
 */
int measurement_report_drain(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source);

/* False when the report was hasty and might judge otherwise without haste. */
bool measurement_report_is_complete(const MeasurementReport *report);

/*
 * Ends reader and report. 0, also for a list that is cut off or malformed (diagnostics and
 * "truncated_at" say so). *ret_status is the combined verdict of the values that were compared:
 * those of PCR 10, of PCRs that an entry extends and those that were asked for. Unknown without.
 */
int measurement_report_finish(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source, Verdict *ret_status, json_t **ret_json);

DEFINE_CLEANUP_FUNC(MeasurementReport *, measurement_report_free)
#define _cleanup_measurement_report_ _cleanup_(measurement_report_freep)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/diag-code.h"
#include "base/json.h"
#include "base/strings.h"
#include "core/measurements/replay.h"
#include "core/measurements/template.h"

struct MeasurementReport {
        Replay *replay;
        size_t n_pcrs;
        MeasurementReportPcr *pcrs;
        VerdictTracker *trackers; /* one for each of pcrs */
        json_t *bad_digests;
        uint64_t bad_dropped;
        json_t *boot_aggregate;
};

static int check_pcr(const MeasurementReportPcr *pcrs, size_t i)
{
        if (pcrs[i].pcr >= REPLAY_PCRS || pcrs[i].value.size == 0 ||
                        pcrs[i].value.size != hash_algorithm_size(pcrs[i].value.algorithm))
                return -EINVAL;
        for (size_t j = 0; j < i; j++)
                if (pcrs[j].pcr == pcrs[i].pcr &&
                                pcrs[j].value.algorithm == pcrs[i].value.algorithm)
                        return -EINVAL;
        return 0;
}

static int make_replay(const MeasurementReportPcr *pcrs, size_t n_pcrs, Replay **ret_replay)
{
        HashAlgorithm banks[REPLAY_BANKS_MAX] = { HASH_SHA1, HASH_SHA256, HASH_SHA384,
                HASH_SHA512 };
        size_t n = 4;

        for (size_t i = 0; i < n_pcrs; i++) {
                size_t j = 0;

                while (j < n && banks[j] != pcrs[i].value.algorithm)
                        j++;
                if (j < n)
                        continue;
                if (n == REPLAY_BANKS_MAX)
                        return -E2BIG;
                banks[n++] = pcrs[i].value.algorithm;
        }
        return replay_new(banks, n, ret_replay);
}

static int make_trackers(MeasurementReport *report)
{
        for (size_t i = 0; i < report->n_pcrs; i++) {
                VerdictTracker *tracker = &report->trackers[i];
                int r;

                r = verdict_tracker_init(tracker, report->pcrs[i].value.algorithm,
                                report->pcrs[i].pcr, report->replay);
                if (r < 0)
                        return r;
                verdict_tracker_begin(tracker, &report->pcrs[i].value);
        }
        return 0;
}

int measurement_report_new(
                const MeasurementReportPcr *pcrs, size_t n_pcrs, MeasurementReport **ret_report)
{
        _cleanup_measurement_report_ MeasurementReport *report = NULL;
        int r;

        if (n_pcrs > MEASUREMENT_REPORT_PCRS_MAX)
                return -E2BIG;
        for (size_t i = 0; i < n_pcrs; i++) {
                r = check_pcr(pcrs, i);
                if (r < 0)
                        return r;
        }
        report = calloc(1, sizeof(*report));
        if (!report)
                return -ENOMEM;
        report->bad_digests = json_array();
        report->boot_aggregate = json_null();
        report->pcrs = calloc(n_pcrs + 1, sizeof(*report->pcrs));
        report->trackers = calloc(n_pcrs + 1, sizeof(*report->trackers));
        if (!report->bad_digests || !report->pcrs || !report->trackers)
                return -ENOMEM;
        if (n_pcrs > 0)
                memcpy(report->pcrs, pcrs, n_pcrs * sizeof(*pcrs));
        report->n_pcrs = n_pcrs;
        r = make_replay(pcrs, n_pcrs, &report->replay);
        if (r >= 0)
                r = make_trackers(report);
        if (r < 0)
                return r;
        *ret_report = TAKE_PTR(report);
        return 0;
}

MeasurementReport *measurement_report_free(MeasurementReport *report)
{
        if (report) {
                replay_free(report->replay);
                free(report->pcrs);
                free(report->trackers);
                json_decref(report->bad_digests);
                json_decref(report->boot_aggregate);
                free(report);
        }
        return NULL;
}

static json_t *digest_to_json(const Digest *digest)
{
        char text[2 * DIGEST_SIZE_MAX + 1];

        hex_encode(digest->bytes, digest->size, text);
        return json_string(text);
}

static int add_bad_digest(MeasurementReport *report, const Measurement *m, DiagList *diags,
                const char *source)
{
        if (json_array_size(report->bad_digests) >= MEASUREMENT_REPORT_BAD_MAX)
                report->bad_dropped++;
        else if (json_array_append_new(report->bad_digests, json_integer((json_int_t) m->number)) <
                        0)
                return -ENOMEM;
        (void) diag_error(diags, DIAG_CODE_LIST_DIGEST, (DiagPlace){ .source = source },
                        "somebody changed the entry, or the copy is damaged; compare with the "
                        "machine's own list",
                        "entry %" PRIu64 " at byte %" PRIu64
                        ": the template digest does not fit the data",
                        m->number, m->offset);
        return 0;
}

static void report_malformed(const Measurement *m, const MeasurementView *view, DiagList *diags,
                const char *source)
{
        DiagPlace place = { .source = source };

        for (MeasurementField i = 0; i < MEASUREMENT_FIELD_MAX; i++)
                if (view->malformed & (UINT32_C(1) << i))
                        (void) diag_warning(diags, DIAG_CODE_LIST_FIELD, place,
                                        "the replay is not concerned: it needs the raw data only",
                                        "entry %" PRIu64 " at byte %" PRIu64
                                        ": field %s does not parse",
                                        m->number, m->offset, measurement_field_to_string(i));
        if (view->trailing)
                (void) diag_warning(diags, DIAG_CODE_LIST_FIELD, place,
                                "the replay is not concerned: it needs the raw data only",
                                "entry %" PRIu64 " at byte %" PRIu64
                                ": bytes follow on the last field",
                                m->number, m->offset);
}

/* The first one is the kernel's own; without a TPM it is a digest of zeros. */
static int note_boot_aggregate(
                MeasurementReport *report, const Measurement *m, const MeasurementView *view)
{
        _cleanup_json_ json_t *object = NULL;

        if (!json_is_null(report->boot_aggregate) || view->digest.size == 0 ||
                        !measurement_is_boot_aggregate(m, view))
                return 0;
        object = json_pack("{s:I, s:s, s:o}", "entry", (json_int_t) m->number, "algorithm",
                        hash_algorithm_to_string(view->digest.algorithm), "digest",
                        digest_to_json(&view->digest));
        if (!object)
                return -ENOMEM;
        report->boot_aggregate = TAKE_PTR(object);
        return 0;
}

int measurement_report_add(MeasurementReport *report, const Measurement *m, DiagList *diags,
                const char *source)
{
        MeasurementView view;
        int r;

        r = replay_add(report->replay, m);
        if (r < 0)
                return r;
        if (r == 0) {
                r = add_bad_digest(report, m, diags, source);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < report->n_pcrs; i++)
                verdict_tracker_add(&report->trackers[i], report->replay, m);
        if (m->pcr >= REPLAY_PCRS)
                (void) diag_warning(diags, DIAG_CODE_LIST_PCR, (DiagPlace){ .source = source },
                                "correct pcr= in the rule that measured it",
                                "entry %" PRIu64 " at byte %" PRIu64 ": no TPM has a PCR %" PRIu32,
                                m->number, m->offset, m->pcr);
        if (measurement_decode(m, &view) < 0)
                return 0;
        report_malformed(m, &view, diags, source);
        return note_boot_aggregate(report, m, &view);
}

int measurement_report_drain(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source)
{
        Measurement m;

        while (measurement_reader_next(reader, &m) > 0) {
                int r;

                r = measurement_report_add(report, &m, diags, source);
                if (r < 0)
                        return r;
        }
        return 0;
}

static const VerdictTracker *find_tracker(
                const MeasurementReport *report, HashAlgorithm bank, uint32_t pcr)
{
        for (size_t i = 0; i < report->n_pcrs; i++)
                if (report->trackers[i].bank == bank && report->trackers[i].pcr == pcr)
                        return &report->trackers[i];
        return NULL;
}

static json_t *bank_to_json(const MeasurementReport *report, HashAlgorithm bank, uint32_t pcr)
{
        const VerdictTracker *tracker = find_tracker(report, bank, pcr);
        Digest replayed = { 0 };
        json_t *value = json_null();

        if (tracker) {
                replayed = *verdict_tracker_get_replayed(tracker);
                value = digest_to_json(&report->pcrs[tracker - report->trackers].value);
        } else {
                (void) replay_get_pcr(report->replay, bank, pcr, &replayed);
        }
        return json_pack("{s:s, s:i, s:o, s:o, s:s}", "algorithm", hash_algorithm_to_string(bank),
                        "pcr", (int) pcr, "replayed", digest_to_json(&replayed), "value", value,
                        "verdict", verdict_to_string(tracker ? tracker->verdict : VERDICT_UNKNOWN));
}

static json_t *banks_to_json(const MeasurementReport *report)
{
        _cleanup_json_ json_t *array = json_array();
        size_t n_banks;
        const HashAlgorithm *banks = replay_get_banks(report->replay, &n_banks);
        uint64_t extended = replay_get_pcrs(report->replay);

        for (size_t i = 0; i < n_banks; i++)
                for (uint32_t pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                        if (!(extended & (UINT64_C(1) << pcr)) &&
                                        !find_tracker(report, banks[i], pcr))
                                continue;
                        if (json_array_append_new(array, bank_to_json(report, banks[i], pcr)) < 0)
                                return NULL;
                }
        return TAKE_PTR(array);
}

static Verdict judge(MeasurementReport *report)
{
        Verdict verdicts[MEASUREMENT_REPORT_PCRS_MAX];

        for (size_t i = 0; i < report->n_pcrs; i++) {
                VerdictTracker *tracker = &report->trackers[i];

                (void) verdict_tracker_end(tracker, &report->pcrs[i].value);
                tracker->verdict = verdict_settle(tracker->verdict);
                verdicts[i] = tracker->verdict;
        }
        return verdict_combine(verdicts, report->n_pcrs);
}

int measurement_report_finish(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source, Verdict *ret_status, json_t **ret_json)
{
        const ReplayCounts *counts = replay_get_counts(report->replay);
        _cleanup_json_ json_t *json = NULL;
        json_t *truncated_at = json_null();
        Verdict status = judge(report);

        if (measurement_reader_finish(reader, diags, source) < 0)
                truncated_at = json_integer((json_int_t) measurement_reader_offset(reader));
        json = json_pack("{s:I, s:I, s:O, s:I, s:I, s:s, s:o, s:O, s:o}", "entries",
                        (json_int_t) counts->entries, "violations", (json_int_t) counts->violations,
                        "bad_digests", report->bad_digests, "bad_digests_dropped",
                        (json_int_t) report->bad_dropped, "not_replayable",
                        (json_int_t) counts->not_replayable, "status", verdict_to_string(status),
                        "banks", banks_to_json(report), "boot_aggregate", report->boot_aggregate,
                        "truncated_at", truncated_at);
        if (!json)
                return -ENOMEM;
        *ret_status = status;
        *ret_json = TAKE_PTR(json);
        return 0;
}

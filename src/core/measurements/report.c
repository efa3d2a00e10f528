/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/diag-code.h"
#include "base/json.h"
#include "base/strings.h"

#define DEFAULT_PCR 10
#define FIRMWARE_PCRS 8

struct MeasurementReport {
        MeasurementReportInput input;
        CertificateList no_certificates;
        Comparison *comparison;
        uint64_t signatures[SIGNATURE_VERDICT_MAX];
        json_t *bad_digests;
        uint64_t bad_dropped;
        uint64_t boot_entry; /* 0: none was seen */
        Digest boot_digest;
        json_t *other_boots;
        MeasurementChecker *checker; /* of drain(), made when it is needed */
};

int measurement_report_new(const MeasurementReportInput *input, MeasurementReport **ret_report)
{
        _cleanup_measurement_report_ MeasurementReport *report = calloc(1, sizeof(*report));
        int r;

        if (!report)
                return -ENOMEM;
        report->input = *input;
        report->bad_digests = json_array();
        report->other_boots = json_array();
        if (!report->bad_digests || !report->other_boots)
                return -ENOMEM;
        if (!report->input.certificates)
                report->input.certificates = &report->no_certificates;
        r = comparison_new(input->values, input->event_log, !input->hasty, &report->comparison);
        if (r < 0)
                return r;
        *ret_report = TAKE_PTR(report);
        return 0;
}

MeasurementReport *measurement_report_free(MeasurementReport *report)
{
        if (report) {
                comparison_free(report->comparison);
                measurement_checker_free(report->checker);
                json_decref(report->bad_digests);
                json_decref(report->other_boots);
                free(report);
        }
        return NULL;
}

int measurement_report_new_checker(
                const MeasurementReport *report, MeasurementChecker **ret_checker)
{
        return measurement_checker_new(comparison_get_replay(report->comparison),
                        report->input.certificates, ret_checker);
}

size_t measurement_report_get_n_chains(const MeasurementReport *report)
{
        return replay_get_n_chains(comparison_get_replay(report->comparison));
}

int measurement_report_extend(MeasurementReport *report, size_t chain, const Measurement *entries,
                const MeasurementCheck *checks, size_t count)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++)
                r = comparison_extend(report->comparison, chain, &entries[i], &checks[i].digests);
        return r;
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

        for (MeasurementField i = 0; view->malformed && i < MEASUREMENT_FIELD_MAX; i++)
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

static void report_bad_signature(const MeasurementReport *report, const Measurement *m,
                DiagList *diags, const char *source)
{
        DiagPlace place = { .source = source };

        if (report->input.certificates->count > 0)
                (void) diag_error(diags, DIAG_CODE_LIST_SIGNATURE, place,
                                "the file was measured with it; sign the file again, or find out "
                                "who changed it",
                                "entry %" PRIu64 " at byte %" PRIu64
                                ": the signature is not one of this file by the key that it names",
                                m->number, m->offset);
        else
                (void) diag_warning(diags, DIAG_CODE_LIST_SIGNATURE_FORM, place,
                                "the replay is not concerned",
                                "entry %" PRIu64 " at byte %" PRIu64
                                ": the signature does not parse",
                                m->number, m->offset);
}

static json_t *digest_to_json(const Digest *digest)
{
        char text[2 * DIGEST_SIZE_MAX + 1];

        hex_encode(digest->bytes, digest->size, text);
        return json_string(text);
}

/* Of the PCRs where they are known, else of the event log. */
static BootVerdict judge_boot(const MeasurementReport *report, const Digest *digest)
{
        BootVerdict verdict = boot_aggregate_judge(digest, report->input.values, NULL);

        if (verdict == BOOT_VERDICT_UNKNOWN)
                verdict = boot_aggregate_judge(digest, NULL, report->input.event_log);
        return verdict;
}

/* The first one is the kernel's own; later ones came with kexec, or are files of that name. */
static int note_boot_aggregate(
                MeasurementReport *report, const Measurement *m, const MeasurementView *view)
{
        if (view->digest.size == 0 || !measurement_is_boot_aggregate(m, view))
                return 0;
        if (report->boot_entry == 0) {
                report->boot_entry = m->number;
                report->boot_digest = view->digest;
                return 0;
        }
        if (json_array_size(report->other_boots) >= MEASUREMENT_REPORT_BOOTS_MAX)
                return 0;
        return json_array_append_new(report->other_boots,
                               json_pack("{s:I, s:s, s:o, s:s}", "entry", (json_int_t) m->number,
                                               "algorithm",
                                               hash_algorithm_to_string(view->digest.algorithm),
                                               "digest", digest_to_json(&view->digest), "verdict",
                                               boot_verdict_to_string(judge_boot(
                                                               report, &view->digest)))) < 0
                               ? -ENOMEM
                               : 0;
}

int measurement_report_count(MeasurementReport *report, const Measurement *m,
                const MeasurementCheck *check, DiagList *diags, const char *source)
{
        int r = 0;

        replay_count(comparison_get_replay(report->comparison), m, check->digests.fits);
        report->signatures[check->signature]++;
        if (!check->digests.fits)
                r = add_bad_digest(report, m, diags, source);
        if (r < 0)
                return r;
        if (check->signature == SIGNATURE_VERDICT_BAD)
                report_bad_signature(report, m, diags, source);
        if (!replay_pcr_is_extendable(m->pcr))
                (void) diag_warning(diags, DIAG_CODE_LIST_PCR, (DiagPlace){ .source = source },
                                "correct pcr= in the rule that measured it",
                                "entry %" PRIu64 " at byte %" PRIu64
                                ": the kernel cannot extend PCR %" PRIu32,
                                m->number, m->offset, m->pcr);
        report_malformed(m, &check->view, diags, source);
        return note_boot_aggregate(report, m, &check->view);
}

int measurement_report_drain(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source)
{
        Measurement m;
        int r = report->checker ? 0 : measurement_report_new_checker(report, &report->checker);

        while (r >= 0 && (r = measurement_reader_next(reader, &m)) > 0) {
                MeasurementCheck check;

                r = measurement_checker_check(report->checker, &m, &check);
                for (size_t i = 0; r >= 0 && i < measurement_report_get_n_chains(report); i++)
                        r = measurement_report_extend(report, i, &m, &check, 1);
                if (r >= 0)
                        r = measurement_report_count(report, &m, &check, diags, source);
        }
        return r == -EBADMSG && measurement_reader_error(reader) ? 0 : r;
}

/* Everything that is reported about the PCRs, and the verdicts of those that were compared. */
typedef struct BankResults {
        json_t *json;
        size_t count;
        Verdict verdicts[PCR_VALUES_MAX + PCR_UNSUPPORTED_MAX];
} BankResults;

static json_t *optional_digest_to_json(const Digest *digest)
{
        return digest && digest->size > 0 ? digest_to_json(digest) : json_null();
}

static int add_bank(BankResults *results, const char *bank, uint32_t pcr, bool compared,
                const ComparisonResult *result)
{
        if (compared && results->count < ELEMENTSOF(results->verdicts))
                results->verdicts[results->count++] = result->verdict;
        return json_array_append_new(results->json,
                               json_pack("{s:s, s:i, s:o, s:o, s:s, s:I, s:I}", "algorithm", bank,
                                               "pcr", (int) pcr, "replayed",
                                               optional_digest_to_json(&result->replayed), "value",
                                               optional_digest_to_json(result->value), "verdict",
                                               verdict_to_string(result->verdict), "confirmed",
                                               (json_int_t) result->confirmed, "behind",
                                               (json_int_t) result->behind)) < 0
                               ? -ENOMEM
                               : 0;
}

/* Banks that have values which nobody can compare: OpenSSL or imad does not know their hash. */
static int add_unsupported_banks(const MeasurementReport *report, BankResults *results)
{
        const PcrValueList *values = report->input.values;
        ComparisonResult result = { .verdict = VERDICT_BANK_UNSUPPORTED };
        int r = 0;

        for (size_t i = 0; r >= 0 && values && i < values->n_unsupported; i++)
                r = add_bank(results, values->unsupported[i], DEFAULT_PCR, true, &result);
        for (size_t i = 0; r >= 0 && values && i < values->count; i++) {
                const PcrValue *value = &values->items[i];
                Digest unused;

                if (value->pcr != DEFAULT_PCR ||
                                replay_get_pcr(comparison_get_replay(report->comparison),
                                                value->value.algorithm, value->pcr,
                                                &unused) != -ENOENT)
                        continue;
                result.value = &value->value;
                r = add_bank(results, hash_algorithm_to_string(value->value.algorithm), value->pcr,
                                true, &result);
        }
        return r;
}

/* What the machine itself says more than a record; core/measurements/verdict.h. */
static Verdict judge_live(const MeasurementReportInput *input, const ComparisonResult *result)
{
        if (input->live && !result->value)
                return VERDICT_NO_TPM;
        return input->settled && result->verdict == VERDICT_LIST_AHEAD ? VERDICT_DIVERGED
                                                                       : result->verdict;
}

static int judge_banks(const MeasurementReport *report, BankResults *results)
{
        const Replay *replay = comparison_get_replay(report->comparison);
        size_t n_banks;
        const HashAlgorithm *banks = replay_get_banks(replay, &n_banks);
        uint64_t shown = replay_get_pcrs(replay) | UINT64_C(1) << DEFAULT_PCR;
        BootVerdict boot = report->boot_entry > 0 ? judge_boot(report, &report->boot_digest)
                                                  : BOOT_VERDICT_UNKNOWN;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_banks; i++)
                for (uint32_t pcr = 0; r >= 0 && pcr < REPLAY_PCRS; pcr++) {
                        ComparisonResult result;

                        if (!(shown & (UINT64_C(1) << pcr)) &&
                                        !comparison_is_asked_for(report->comparison, banks[i], pcr))
                                continue;
                        result = comparison_judge(report->comparison, banks[i], pcr, boot);
                        result.verdict = judge_live(&report->input, &result);
                        r = add_bank(results, hash_algorithm_to_string(banks[i]), pcr,
                                        result.value || report->input.live, &result);
                }
        return r < 0 ? r : add_unsupported_banks(report, results);
}

/* Without a value to compare, the boot may still be known to be another. */
static Verdict combine(const MeasurementReport *report, const BankResults *results)
{
        if (results->count > 0)
                return verdict_combine(results->verdicts, results->count);
        if (report->boot_entry > 0 &&
                        judge_boot(report, &report->boot_digest) == BOOT_VERDICT_MISMATCH)
                return VERDICT_OTHER_BOOT;
        return VERDICT_UNKNOWN;
}

static json_t *boot_from_log_to_json(const MeasurementReport *report)
{
        Digest computed = { 0 };

        if (!report->input.event_log)
                return json_null();
        (void) boot_aggregate_compute(
                        report->boot_digest.algorithm, NULL, report->input.event_log, &computed);
        return json_pack("{s:o, s:s}", "computed", optional_digest_to_json(&computed), "verdict",
                        boot_verdict_to_string(boot_aggregate_judge(
                                        &report->boot_digest, NULL, report->input.event_log)));
}

static json_t *boot_to_json(const MeasurementReport *report)
{
        Digest computed = { 0 };

        if (report->boot_entry == 0)
                return json_null();
        (void) boot_aggregate_compute(
                        report->boot_digest.algorithm, report->input.values, NULL, &computed);
        return json_pack("{s:I, s:s, s:o, s:o, s:s, s:o, s:O}", "entry",
                        (json_int_t) report->boot_entry, "algorithm",
                        hash_algorithm_to_string(report->boot_digest.algorithm), "digest",
                        digest_to_json(&report->boot_digest), "computed",
                        optional_digest_to_json(&computed), "verdict",
                        boot_verdict_to_string(judge_boot(report, &report->boot_digest)),
                        "event_log", boot_from_log_to_json(report), "others", report->other_boots);
}

static json_t *signatures_to_json(const MeasurementReport *report)
{
        _cleanup_json_ json_t *object = json_object();

        for (SignatureVerdict i = 0; i < SIGNATURE_VERDICT_MAX; i++)
                if (json_object_set_new(object, signature_verdict_to_string(i),
                                    json_integer((json_int_t) report->signatures[i])) < 0)
                        return NULL;
        return TAKE_PTR(object);
}

static json_t *format_to_json(const MeasurementReader *reader)
{
        const MeasurementFormat *format = measurement_reader_format(reader);

        if (!format)
                return json_null();
        return json_pack("{s:s, s:s, s:i}", "form",
                        format->ascii   ? "ascii"
                        : format->kexec ? "kexec"
                                        : "binary",
                        "byte_order", format->big_endian ? "big" : "little", "digest_size",
                        (int) format->digest_size);
}

static void explain_boot(const MeasurementReport *report, Verdict status, DiagList *diags,
                const char *source)
{
        DiagPlace place = { .source = source };
        BootVerdict boot = report->boot_entry > 0 ? judge_boot(report, &report->boot_digest)
                                                  : BOOT_VERDICT_UNKNOWN;

        if (boot == BOOT_VERDICT_MISMATCH && status == VERDICT_OTHER_BOOT)
                (void) diag_error(diags, DIAG_CODE_LIST_OTHER_BOOT, place,
                                "compare list and PCR values that were read in the same boot",
                                "entry %" PRIu64
                                ": boot_aggregate is not that of the boot PCRs: the list is of "
                                "another boot",
                                report->boot_entry);
        else if (boot == BOOT_VERDICT_MISMATCH)
                (void) diag_warning(diags, DIAG_CODE_LIST_BOOT_PCRS, place,
                                "PCR 0 to 9 may have been extended after the kernel started",
                                "entry %" PRIu64 ": boot_aggregate is not that of the boot PCRs",
                                report->boot_entry);
        else if (boot == BOOT_VERDICT_BYPASS)
                (void) diag_warning(diags, DIAG_CODE_LIST_BYPASS, place,
                                "the TPM's driver must be built into the kernel: IMA starts before "
                                "modules are loaded",
                                "entry %" PRIu64
                                ": boot_aggregate is all zeros: IMA found no TPM when it started, "
                                "and extends none (TPM-bypass)",
                                report->boot_entry);
}

/* Firmware logs what it extends PCR 0 to 7 with; further ones belong to boot loader and kernel. */
static int add_log_bank(const MeasurementReport *report, const EventLogBank *bank, json_t *banks,
                DiagList *diags)
{
        for (uint32_t pcr = 0; pcr < FIRMWARE_PCRS; pcr++) {
                const char *name = hash_algorithm_to_string(bank->algorithm);
                const Digest *value = report->input.values
                                                      ? pcr_value_list_find(report->input.values,
                                                                        bank->algorithm, pcr)
                                                      : NULL;
                Digest replayed;
                bool differs;

                if (event_log_get_pcr(report->input.event_log, bank->algorithm, pcr, &replayed) < 0)
                        return 0;
                differs = value && !digest_equal(value, &replayed);
                if (json_array_append_new(banks, json_pack("{s:s, s:i, s:o, s:o}", "algorithm",
                                                                 name, "pcr", (int) pcr, "replayed",
                                                                 digest_to_json(&replayed), "value",
                                                                 optional_digest_to_json(value))) <
                                0)
                        return -ENOMEM;
                if (differs)
                        (void) diag_error(diags, DIAG_CODE_EVENT_LOG_PCR, (DiagPlace){ 0 },
                                        "compare log and PCR values that were read in the same "
                                        "boot",
                                        "the event log does not lead to PCR %" PRIu32 " of bank %s",
                                        pcr, name);
        }
        return 0;
}

static json_t *log_to_json(const MeasurementReport *report, DiagList *diags)
{
        const EventLog *log = report->input.event_log;
        _cleanup_json_ json_t *banks = json_array();

        if (!log)
                return json_null();
        for (size_t i = 0; i < log->n_banks; i++)
                if (log->banks[i].algorithm >= 0 &&
                                add_log_bank(report, &log->banks[i], banks, diags) < 0)
                        return NULL;
        return json_pack("{s:I, s:s, s:O}", "events", (json_int_t) log->events, "form",
                        log->agile ? "crypto-agile" : "tpm-1.2", "banks", banks);
}

bool measurement_report_is_complete(const MeasurementReport *report)
{
        return !report->input.hasty || comparison_is_explained(report->comparison);
}

int measurement_report_finish(MeasurementReport *report, MeasurementReader *reader, DiagList *diags,
                const char *source, Verdict *ret_status, json_t **ret_json)
{
        const ReplayCounts *counts = replay_get_counts(comparison_get_replay(report->comparison));
        _cleanup_json_ json_t *banks = json_array(), *json = NULL;
        BankResults results = { .json = banks };
        json_t *truncated_at = json_null();
        Verdict status;

        if (!banks || judge_banks(report, &results) < 0)
                return -ENOMEM;
        status = combine(report, &results);
        explain_boot(report, status, diags, source);
        if (measurement_reader_finish(reader, diags, source) < 0)
                truncated_at = json_integer((json_int_t) measurement_reader_offset(reader));
        json = json_pack("{s:o, s:I, s:I, s:O, s:I, s:I, s:s, s:O, s:o, s:o, s:o, s:o}", "format",
                        format_to_json(reader), "entries", (json_int_t) counts->entries,
                        "violations", (json_int_t) counts->violations, "bad_digests",
                        report->bad_digests, "bad_digests_dropped",
                        (json_int_t) report->bad_dropped, "not_replayable",
                        (json_int_t) counts->not_replayable, "status", verdict_to_string(status),
                        "banks", banks, "signatures", signatures_to_json(report), "boot_aggregate",
                        boot_to_json(report), "event_log", log_to_json(report, diags),
                        "truncated_at", truncated_at);
        if (!json)
                return -ENOMEM;
        *ret_status = status;
        *ret_json = TAKE_PTR(json);
        return 0;
}

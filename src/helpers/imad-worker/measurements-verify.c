/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/report.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/worker.h"
#include "system/securityfs.h"

/* Entries that are worked on together, and how many of them are one task. */
#define BATCH_SIZE 2048U
#define TASK_SIZE 64U

/* Between two rounds of a list that the TPM has not caught up with; verdict.h. */
#define ROUND_PAUSE_USEC 150000U

typedef struct Verification {
        MeasurementsInput input;
        MeasurementsFile file;
        MeasurementReport *report;
        Parallel *parallel;
        MeasurementChecker *checkers[PARALLEL_THREADS_MAX]; /* by thread */
        Measurement *entries;
        MeasurementCheck *checks;
        size_t count;
        DiagList diags; /* about the list; those of a first reading are dropped for a second */
        bool live;      /* list and values are those of the running system */
        bool settled;   /* the TPM's values have stood still */
        json_t *json;   /* of the report */
        Verdict status;
} Verification;

static void forget_report(Verification *v)
{
        for (size_t i = 0; i < ELEMENTSOF(v->checkers); i++)
                v->checkers[i] = measurement_checker_free(v->checkers[i]);
        v->report = measurement_report_free(v->report);
        diag_list_done(&v->diags);
}

static void verification_done(Verification *v)
{
        parallel_free(v->parallel);
        forget_report(v);
        measurements_file_done(&v->file);
        measurements_input_done(&v->input);
        free(v->entries);
        free(v->checks);
        json_decref(v->json);
}

static int prepare(Verification *v)
{
        v->entries = calloc(BATCH_SIZE, sizeof(*v->entries));
        v->checks = calloc(BATCH_SIZE, sizeof(*v->checks));
        return v->entries && v->checks ? parallel_new(&v->parallel) : -ENOMEM;
}

static int make_report(Verification *v, bool hasty)
{
        MeasurementReportInput input = {
                .values = &v->input.values,
                .event_log = v->input.has_event_log ? &v->input.event_log : NULL,
                .certificates = &v->input.certificates,
                .hasty = hasty,
                .live = v->live,
                .settled = v->settled,
        };
        int r = measurement_report_new(&input, &v->report);

        for (size_t i = 0; r >= 0 && i < parallel_get_n_threads(v->parallel); i++)
                r = measurement_report_new_checker(v->report, &v->checkers[i]);
        return r;
}

static int check_some(void *userdata, size_t index, size_t thread)
{
        Verification *v = userdata;
        int r = 0;

        for (size_t i = index * TASK_SIZE; r >= 0 && i < v->count && i < (index + 1) * TASK_SIZE;
                        i++)
                r = measurement_checker_check(v->checkers[thread], &v->entries[i], &v->checks[i]);
        return r;
}

/* Begins with the last bank, which is mostly the dearest: no thread then waits for it alone. */
static int extend_chain(void *userdata, size_t index, size_t thread)
{
        Verification *v = userdata;
        size_t chain = measurement_report_get_n_chains(v->report) - 1 - index;

        return measurement_report_extend(v->report, chain, v->entries, v->checks, v->count);
}

/* Takes the entries that were gathered into the report. */
static int work_batch(Worker *worker, Verification *v)
{
        int r = parallel_run(v->parallel, (v->count + TASK_SIZE - 1) / TASK_SIZE, check_some, v);

        if (r >= 0)
                r = parallel_run(v->parallel, measurement_report_get_n_chains(v->report),
                                extend_chain, v);
        for (size_t i = 0; r >= 0 && i < v->count; i++)
                r = measurement_report_count(
                                v->report, &v->entries[i], &v->checks[i], &v->diags, worker->list);
        v->count = 0;
        return r;
}

/* Everything that the reader has for now; the entries do not outlive its next feed. */
static int work_entries(Worker *worker, Verification *v)
{
        int r;

        while ((r = measurement_reader_next(v->file.reader, &v->entries[v->count])) > 0)
                if (++v->count == BATCH_SIZE) {
                        r = work_batch(worker, v);
                        if (r < 0)
                                return r;
                }
        return r < 0 && r != -EBADMSG ? r : work_batch(worker, v);
}

static int replay(Worker *worker, Verification *v)
{
        int more = 1, r = 0;

        while (more > 0 && r >= 0) {
                more = measurements_file_read(worker, &v->file);
                if (more >= 0)
                        r = work_entries(worker, v);
        }
        /* The reader remembers what is malformed, and says so when it is finished. */
        if (more == -EBADMSG)
                return 0;
        return more < 0 ? more : r;
}

/* Once more, with padded values, where the banks' own ones do not explain everything. */
static int replay_patiently(Worker *worker, Verification *v)
{
        int r = make_report(v, true);

        if (r >= 0)
                r = replay(worker, v);
        if (r < 0 || measurement_report_is_complete(v->report))
                return r;
        forget_report(v);
        r = measurements_file_rewind(&v->file);
        if (r >= 0)
                r = make_report(v, false);
        return r < 0 ? r : replay(worker, v);
}

/* What the list itself is, before what the PCRs say of it. */
static ExitCode judge(const Worker *worker, const Verification *v)
{
        if (!json_is_null(json_object_get(v->json, "truncated_at")))
                return EXIT_CODE_MALFORMED;
        if (worker->diags.errors > 0)
                return EXIT_CODE_MISMATCH;
        switch (v->status) {
        case VERDICT_MATCH:
                return EXIT_CODE_OK;
        case VERDICT_NO_TPM:
        case VERDICT_BANK_UNSUPPORTED:
                return EXIT_CODE_NOT_SUPPORTED;
        case VERDICT_UNKNOWN:
                return v->input.values.count == 0 ? EXIT_CODE_OK : EXIT_CODE_MISMATCH;
        default:
                return EXIT_CODE_MISMATCH;
        }
}

/* Reads the list, once more if need be, and judges it by the values as they are now. */
static int read_and_report(Worker *worker, Verification *v)
{
        _cleanup_diags_ DiagList about_entries = { 0 };
        int r = replay_patiently(worker, v);

        if (r < 0)
                return r;
        about_entries = v->diags;
        v->diags = (DiagList){ 0 };
        r = measurement_report_finish(
                        v->report, v->file.reader, &v->diags, worker->list, &v->status, &v->json);
        return r < 0 ? r : diag_list_merge(&v->diags, &about_entries);
}

static ExitCode finish(Worker *worker, Verification *v)
{
        int r = json_object_update(worker->result, v->json) < 0 ? -ENOMEM : 0;

        if (r >= 0)
                r = diag_list_merge(&worker->diags, &v->diags);
        return r < 0 ? worker_fail_errno(worker, r, worker->list) : judge(worker, v);
}

static int forget_round(Verification *v)
{
        forget_report(v);
        json_decref(TAKE_PTR(v->json));
        return measurements_file_rewind(&v->file);
}

/*
 * The PCRs are read before the list. So a value that no entry leads to has diverged, and one that
 * an earlier entry leads to is read again, until it moves no more.
 */
static ExitCode wait_for_tpm(Worker *worker, Verification *v)
{
        for (unsigned round = 1; v->status == VERDICT_LIST_AHEAD && !v->settled; round++) {
                PcrValueList before = v->input.values;
                ExitCode code;
                int r;

                (void) usleep(ROUND_PAUSE_USEC);
                code = measurements_input_read_pcrs(worker, &v->input.values);
                if (code != EXIT_CODE_OK)
                        return code;
                if (!pcr_value_list_equal(&before, &v->input.values))
                        round = 0;
                v->settled = round + 1 >= VERDICT_SETTLE_ROUNDS;
                r = forget_round(v);
                if (r >= 0)
                        r = read_and_report(worker, v);
                if (r < 0)
                        return worker_fail_errno(worker, r, worker->list);
        }
        return EXIT_CODE_OK;
}

static ExitCode load(Worker *worker, Verification *v)
{
        ExitCode code;

        v->live = !worker->list && !worker->options[WORKER_OPTION_ARCHIVE];
        if (v->live)
                worker->list = SECURITYFS_LIST_PATH;
        code = measurements_file_open(worker, &v->file);
        if (code == EXIT_CODE_OK)
                code = measurements_input_load(worker, &v->input);
        if (code != EXIT_CODE_OK || !v->live)
                return code;
        /* Values that were named do not move, and are not the machine's. */
        v->live = v->input.values.count == 0;
        return measurements_input_load_live(worker, &v->input);
}

ExitCode verb_measurements_verify(Worker *worker)
{
        _cleanup_(verification_done) Verification v = { .file.fd = -EBADF };
        ExitCode code = load(worker, &v);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = prepare(&v);
        if (r >= 0)
                r = read_and_report(worker, &v);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        if (v.live)
                code = wait_for_tpm(worker, &v);
        return code == EXIT_CODE_OK ? finish(worker, &v) : code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/tail.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/strings.h"
#include "core/measurements/boot-aggregate.h"
#include "core/measurements/list.h"
#include "core/measurements/replay.h"
#include "core/measurements/template.h"
#include "imad/pace.h"
#include "system/securityfs.h"
#include "system/tpm.h"

/* A round without new entries all the same: somebody else may have extended the PCR. */
#define VERIFY_USEC (60 * USEC_PER_SEC)

#define READ_SIZE ((size_t) 64 * 1024)
/* Reads between two looks at the bus: the kernel returns about one page each. */
#define READS_MAX 64

#define DEFAULT_PCR 10

struct Tail {
        sd_event *event;
        int root_fd;
        TailChanged *changed;
        void *userdata;

        sd_event_source *timer;
        sd_event_source *reading; /* enabled during a round */
        Pace pace;
        usec_t round_usec; /* CLOCK_MONOTONIC of the last round's end */
        uint64_t counter;  /* runtime_measurements_count when it was last read */
        bool wanted;       /* a round has been asked for */

        int list_fd;
        MeasurementReader *reader;
        Replay *replay;
        Digest boot; /* of the first boot_aggregate; size 0: none yet */
        Tpm *tpm;
        bool tpm_absent; /* there is none, which is no fault that will pass */
        bool tpm_failed; /* a read failed: the TPM is looked for before the next round */
        HashAlgorithm banks[TAIL_BANKS_MAX]; /* allocated ones; replayed ones without TPM */
        size_t n_banks;
        VerdictTracker trackers[TAIL_RESULTS_MAX];
        size_t n_trackers;

        TailState state;
        TailState before; /* as it was when the round began */
        News news;        /* of this round */
        KnownKeys keys;   /* as they were in this round */
        bool attached;    /* one round of this list is complete */
        bool replaced;    /* the list before got shorter */
};

static void forget_list(Tail *tail)
{
        cleanup_closep(&tail->list_fd);
        tail->list_fd = -EBADF;
        tail->reader = measurement_reader_free(tail->reader);
        tail->replay = replay_free(tail->replay);
        tail->n_trackers = 0;
        tail->boot = (Digest){ 0 };
        tail->attached = false;
}

Tail *tail_free(Tail *tail)
{
        if (tail) {
                forget_list(tail);
                tpm_free(tail->tpm);
                known_keys_done(&tail->keys);
                sd_event_source_disable_unref(tail->timer);
                sd_event_source_disable_unref(tail->reading);
                free(tail);
        }
        return NULL;
}

const TailState *tail_get_state(const Tail *tail)
{
        return &tail->state;
}

/* error: negative errno that is worth being shown; 0: none. */
static void set_problem(Tail *tail, Problem problem, int error)
{
        tail->state.problem = problem;
        (void) snprintf(tail->state.problem_text, sizeof(tail->state.problem_text), "%s%s%s",
                        problem_describe(problem), error < 0 ? ": " : "",
                        error < 0 ? strerror(-error) : "");
}

static void set_tpm_problem(Tail *tail, int error)
{
        Problem problem = problem_from_tpm_error(error);

        set_problem(tail, problem, problem == PROBLEM_TPM_FAILED ? error : 0);
}

/* Banks whose hash OpenSSL lacks cannot be replayed; they are told as bank-unsupported. */
static size_t select_replayable(const Tail *tail, HashAlgorithm *ret_banks)
{
        size_t n = 0;

        for (size_t i = 0; i < tail->n_banks && n < REPLAY_BANKS_MAX; i++) {
                _cleanup_replay_ Replay *probe = NULL;

                if (replay_new(&tail->banks[i], 1, &probe) >= 0)
                        ret_banks[n++] = tail->banks[i];
        }
        return n;
}

/* Without a TPM there is nothing to compare with, but the replayed values are worth showing. */
static void find_banks(Tail *tail)
{
        static const HashAlgorithm without_tpm[] = { HASH_SHA1, HASH_SHA256 };
        HashAlgorithm banks[TAIL_BANKS_MAX];
        size_t n_banks = 0;
        int r = tpm_get_banks(tail->tpm, banks, TAIL_BANKS_MAX, &n_banks);

        if (r < 0 || n_banks == 0)
                set_tpm_problem(tail, r < 0 ? r : -ENOENT);
        /* It will answer again: what was replayed for its banks is kept. */
        if (tail->state.tpm && r < 0 && r != -ENODEV)
                return;
        memcpy(tail->banks, banks, n_banks * sizeof(banks[0]));
        tail->n_banks = n_banks;
        tail->tpm_failed = false;
        tail->tpm_absent = r == -ENODEV || (r >= 0 && n_banks == 0);
        tail->state.tpm = r >= 0 && tail->n_banks > 0;
        tail->state.tpm_source = tail->state.tpm ? tpm_get_source(tail->tpm) : TPM_SOURCE_NONE;
        if (!tail->state.tpm) {
                memcpy(tail->banks, without_tpm, sizeof(without_tpm));
                tail->n_banks = ELEMENTSOF(without_tpm);
        }
}

static bool has_trackers(const Tail *tail, uint32_t pcr)
{
        for (size_t i = 0; i < tail->n_trackers; i++)
                if (tail->trackers[i].pcr == pcr)
                        return true;
        return false;
}

static int add_trackers(Tail *tail, uint32_t pcr)
{
        const HashAlgorithm *banks;
        size_t n_banks;

        if (pcr >= REPLAY_PCRS || has_trackers(tail, pcr))
                return 0;
        banks = replay_get_banks(tail->replay, &n_banks);
        if (tail->n_trackers + n_banks > TAIL_RESULTS_MAX)
                return -E2BIG;
        for (size_t i = 0; i < n_banks; i++) {
                int r = verdict_tracker_init(
                                &tail->trackers[tail->n_trackers], banks[i], pcr, tail->replay);

                if (r < 0)
                        return r;
                tail->n_trackers++;
        }
        return 0;
}

static int open_list(Tail *tail)
{
        HashAlgorithm banks[REPLAY_BANKS_MAX];
        size_t n_banks;
        int r;

        tail->state.count = tail->state.violations = 0;
        find_banks(tail);
        n_banks = select_replayable(tail, banks);
        r = securityfs_open_list(tail->root_fd, HASH_SHA1, &tail->list_fd);
        if (r < 0)
                return r;
        r = measurement_reader_new(hash_algorithm_size(HASH_SHA1), __BYTE_ORDER == __BIG_ENDIAN,
                        &tail->reader);
        if (r >= 0)
                r = replay_new(banks, n_banks, &tail->replay);
        return r < 0 ? r : add_trackers(tail, DEFAULT_PCR);
}

static const Digest *read_pcr(Tail *tail, const VerdictTracker *tracker, Digest *digest)
{
        int r;

        if (!tail->state.tpm)
                return NULL;
        r = tpm_read_pcr(tail->tpm, tracker->bank, tracker->pcr, digest);
        if (r < 0) {
                set_tpm_problem(tail, r);
                tail->tpm_failed = true;
        }
        return r < 0 ? NULL : digest;
}

static int arm_timer(Tail *tail, usec_t usec)
{
        int r = sd_event_source_set_time_relative(tail->timer, usec);

        return r < 0 ? r : sd_event_source_set_enabled(tail->timer, SD_EVENT_ONESHOT);
}

/*
 * A TPM that came late, went away or came back, or has other banks than before: the list is
 * replayed anew for them.
 */
static void renew_tpm(Tail *tail)
{
        HashAlgorithm banks[TAIL_BANKS_MAX];
        size_t n_banks = tail->n_banks;
        bool present = tail->state.tpm;

        if (tail->list_fd < 0 || (present && !tail->tpm_failed))
                return;
        memcpy(banks, tail->banks, sizeof(banks));
        find_banks(tail);
        if (tail->state.tpm != present || tail->n_banks != n_banks ||
                        memcmp(tail->banks, banks, n_banks * sizeof(banks[0])) != 0)
                forget_list(tail);
}

static int begin_round(Tail *tail)
{
        int r = 0;

        tail->before = tail->state;
        tail->news = (News){ 0 };
        known_keys_done(&tail->keys);
        set_problem(tail, tail->replaced ? PROBLEM_LIST_REPLACED : PROBLEM_NONE, 0);
        renew_tpm(tail);
        if (tail->list_fd < 0)
                r = open_list(tail);
        if (r < 0)
                return r;
        for (size_t i = 0; i < tail->n_trackers; i++) {
                Digest value;

                verdict_tracker_begin(
                                &tail->trackers[i], read_pcr(tail, &tail->trackers[i], &value));
        }
        return sd_event_source_set_enabled(tail->reading, SD_EVENT_ON);
}

/* The boot PCRs of one bank; those that cannot be read are left out. */
static void read_boot_pcrs(Tail *tail, HashAlgorithm bank, PcrValueList *values)
{
        for (uint32_t pcr = 0; pcr < BOOT_AGGREGATE_PCRS; pcr++) {
                PcrValue value = { .pcr = pcr };

                if (tpm_read_pcr(tail->tpm, bank, pcr, &value.value) >= 0)
                        (void) pcr_value_list_add(values, &value);
        }
}

/* What does not match may be of another boot, or of a kernel that knew of no TPM. */
static Verdict explain(Tail *tail, Verdict verdict, const Digest *value)
{
        PcrValueList values = { 0 };
        BootVerdict boot;

        if (!value || tail->boot.size == 0 || verdict == VERDICT_MATCH)
                return verdict;
        read_boot_pcrs(tail, tail->boot.algorithm, &values);
        boot = boot_aggregate_judge(&tail->boot, &values, NULL);
        verdict = boot_aggregate_explain(verdict, bytes_are_zero(value->bytes, value->size), boot);
        if (verdict == VERDICT_NO_TPM)
                set_problem(tail, PROBLEM_TPM_LATE, 0);
        return verdict;
}

static TailResult make_result(Tail *tail, VerdictTracker *tracker)
{
        TailResult result = { .bank = tracker->bank, .pcr = tracker->pcr };
        const Digest *value = read_pcr(tail, tracker, &result.value);

        result.verdict = explain(tail, verdict_tracker_end(tracker, value), value);
        if (!tail->state.tpm)
                result.verdict = tail->tpm_absent ? VERDICT_NO_TPM : VERDICT_UNKNOWN;
        result.has_value = value;
        result.confirmed = tracker->confirmed;
        result.behind = tracker->behind;
        result.replayed = *verdict_tracker_get_replayed(tracker);
        return result;
}

static void collect_results(Tail *tail)
{
        TailState *state = &tail->state;
        Verdict verdicts[TAIL_RESULTS_MAX];

        state->n_results = 0;
        for (size_t i = 0; i < tail->n_trackers; i++)
                state->results[state->n_results++] = make_result(tail, &tail->trackers[i]);
        for (size_t i = 0; i < tail->n_banks && state->n_results < TAIL_RESULTS_MAX; i++) {
                Digest unused;

                if (replay_get_pcr(tail->replay, tail->banks[i], DEFAULT_PCR, &unused) < 0)
                        state->results[state->n_results++] = (TailResult){
                                .bank = tail->banks[i],
                                .pcr = DEFAULT_PCR,
                                .verdict = VERDICT_BANK_UNSUPPORTED,
                        };
        }
        for (size_t i = 0; i < state->n_results; i++)
                verdicts[i] = state->results[i].verdict;
        state->verdict = verdict_combine(verdicts, state->n_results);
}

static bool is_settled(const Tail *tail)
{
        return tail->state.verdict != VERDICT_LIST_AHEAD &&
               tail->state.verdict != VERDICT_PCR_AHEAD;
}

static void report(Tail *tail)
{
        TailChange change = tail_state_compare(&tail->before, &tail->state);

        change.news = tail->news;
        tail->changed(tail->userdata, &tail->state, &change);
}

static void end_round(Tail *tail)
{
        (void) sd_event_source_set_enabled(tail->reading, SD_EVENT_OFF);
        collect_results(tail);
        if (tail->state.verdict != VERDICT_NO_TPM && tail->state.verdict != VERDICT_UNKNOWN)
                tail->state.verified_usec = time_now(CLOCK_REALTIME);
        tail->round_usec = time_now(CLOCK_MONOTONIC);
        report(tail);
        tail->attached = true;
        tail->replaced = false;
        (void) arm_timer(tail, tail->wanted ? PACE_UNSETTLED_USEC
                                            : pace_get_wait(&tail->pace, is_settled(tail)));
}

/* A round that cannot be completed: the state says why, and the list is opened anew later. */
static void fail_round(Tail *tail, int error)
{
        Problem problem = problem_from_list_error(error);

        (void) sd_event_source_set_enabled(tail->reading, SD_EVENT_OFF);
        set_problem(tail, problem, problem == PROBLEM_LIST_UNREADABLE ? error : 0);
        forget_list(tail);
        tail->wanted = false;
        tail->state.verdict = VERDICT_UNKNOWN;
        tail->state.n_results = 0;
        tail->round_usec = time_now(CLOCK_MONOTONIC);
        report(tail);
        (void) arm_timer(tail, PACE_MAX_USEC);
}

/* The first one is the kernel's own, or that of the first kernel before kexec. */
static void note_boot_aggregate(Tail *tail, const Measurement *m)
{
        MeasurementView view;

        if (tail->boot.size == 0 && measurement_decode(m, &view) >= 0 &&
                        measurement_is_boot_aggregate(m, &view))
                tail->boot = view.digest;
}

static int add_entry(Tail *tail, const Measurement *m)
{
        int r = add_trackers(tail, m->pcr);

        note_boot_aggregate(tail, m);
        /* What was there before imad was is no news. */
        if (tail->attached)
                news_add(&tail->news, m, &tail->keys, tail->root_fd);
        if (r < 0)
                return r;
        r = replay_add(tail->replay, m);
        if (r < 0)
                return r;
        for (size_t i = 0; i < tail->n_trackers; i++)
                verdict_tracker_add(&tail->trackers[i], tail->replay, m);
        return 0;
}

/* 1 when bytes were read, 0 at the end of the list for now. */
static int read_entries(Tail *tail)
{
        char bytes[READ_SIZE];
        ssize_t n = read(tail->list_fd, bytes, sizeof(bytes));
        Measurement m;
        int r;

        if (n <= 0)
                return n < 0 ? -errno : 0;
        r = measurement_reader_feed(tail->reader, bytes, (size_t) n);
        while (r >= 0) {
                r = measurement_reader_next(tail->reader, &m);
                if (r <= 0)
                        break;
                r = add_entry(tail, &m);
        }
        return r < 0 ? r : 1;
}

/* One bite of a round; the event loop serves the bus between two. */
static int on_reading(sd_event_source *source, void *userdata)
{
        Tail *tail = userdata;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < READS_MAX; i++)
                r = read_entries(tail);
        if (tail->replay) {
                tail->state.count = replay_get_counts(tail->replay)->entries;
                tail->state.violations = replay_get_counts(tail->replay)->violations;
        }
        if (r < 0)
                fail_round(tail, r);
        else if (r == 0)
                end_round(tail);
        return 0;
}

static void start_round(Tail *tail)
{
        int r;

        tail->wanted = false;
        r = begin_round(tail);
        if (r < 0)
                fail_round(tail, r);
}

static bool is_reading(const Tail *tail)
{
        int enabled = SD_EVENT_OFF;

        return sd_event_source_get_enabled(tail->reading, &enabled) >= 0 && enabled != SD_EVENT_OFF;
}

/* A counter below an earlier one is another kernel's list: kexec, or a restored machine. */
static bool check_counter(Tail *tail)
{
        uint64_t counter = 0;
        int r = securityfs_read_counter(tail->root_fd, "runtime_measurements_count", &counter);
        bool moved = r < 0 || counter != tail->counter;

        if (r >= 0 && counter < tail->counter) {
                forget_list(tail);
                tail->replaced = true;
        }
        tail->counter = counter;
        return moved;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Tail *tail = userdata;
        bool moved = check_counter(tail);

        pace_look(&tail->pace, moved);
        if (moved || tail->wanted || !is_settled(tail) || tail->list_fd < 0 ||
                        time_now(CLOCK_MONOTONIC) >= tail->round_usec + VERIFY_USEC) {
                start_round(tail);
                return 0;
        }
        return arm_timer(tail, pace_get_wait(&tail->pace, /* settled= */ true));
}

/* Rounds that clients ask for keep their distance: a client cannot keep the TPM busy. */
int tail_verify(Tail *tail)
{
        usec_t since = time_now(CLOCK_MONOTONIC) - tail->round_usec;

        tail->wanted = true;
        if (is_reading(tail))
                return 0;
        return arm_timer(tail, since < PACE_UNSETTLED_USEC ? PACE_UNSETTLED_USEC - since : 0);
}

static int add_sources(Tail *tail)
{
        int r = sd_event_add_time_relative(tail->event, &tail->timer, CLOCK_MONOTONIC, 0,
                        PACE_MIN_USEC / 4, on_timer, tail);

        if (r >= 0)
                r = sd_event_add_defer(tail->event, &tail->reading, on_reading, tail);
        if (r >= 0)
                r = sd_event_source_set_enabled(tail->reading, SD_EVENT_OFF);
        /* Clients come first. */
        return r < 0 ? r
                     : sd_event_source_set_priority(tail->reading, SD_EVENT_PRIORITY_NORMAL + 10);
}

int tail_new(sd_event *event, int root_fd, const char *tcti, TailChanged *changed, void *userdata,
                Tail **ret_tail)
{
        _cleanup_(tail_freep) Tail *tail = calloc(1, sizeof(*tail));
        int r;

        if (!tail)
                return -ENOMEM;
        tail->event = event;
        tail->root_fd = root_fd;
        tail->changed = changed;
        tail->userdata = userdata;
        tail->list_fd = -EBADF;
        r = tpm_new(root_fd, tcti, &tail->tpm);
        if (r >= 0)
                r = add_sources(tail);
        if (r < 0)
                return r;
        *ret_tail = TAKE_PTR(tail);
        return 0;
}

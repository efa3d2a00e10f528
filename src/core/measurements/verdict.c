/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/verdict.h"

#include <string.h>

static const char *const names[VERDICT_MAX] = {
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_MATCH] = "match",
        [VERDICT_LIST_AHEAD] = "list-ahead",
        [VERDICT_PCR_AHEAD] = "pcr-ahead",
        [VERDICT_DIVERGED] = "diverged",
        [VERDICT_OTHER_BOOT] = "other-boot",
        [VERDICT_NO_TPM] = "no-tpm",
        [VERDICT_BANK_UNSUPPORTED] = "bank-unsupported",
};

const char *verdict_to_string(Verdict verdict)
{
        return verdict >= 0 && verdict < VERDICT_MAX ? names[verdict] : NULL;
}

Verdict verdict_combine(const Verdict *verdicts, size_t n_verdicts)
{
        static const Verdict worst_first[] = {
                VERDICT_DIVERGED,
                VERDICT_OTHER_BOOT,
                VERDICT_UNKNOWN,
                VERDICT_NO_TPM,
                VERDICT_BANK_UNSUPPORTED,
                VERDICT_PCR_AHEAD,
                VERDICT_LIST_AHEAD,
                VERDICT_MATCH,
        };

        for (size_t i = 0; i < ELEMENTSOF(worst_first); i++)
                for (size_t j = 0; j < n_verdicts; j++)
                        if (verdicts[j] == worst_first[i])
                                return worst_first[i];
        return VERDICT_UNKNOWN;
}

Verdict verdict_settle(Verdict verdict)
{
        return verdict == VERDICT_PCR_AHEAD ? VERDICT_DIVERGED : verdict;
}

/* The form in which the value is that of the point; REPLAY_FORM_MAX when it is not. */
static ReplayForm find_form(const VerdictPoint *point, const Digest *value)
{
        ReplayForm form = REPLAY_FORM_OWN;

        while (form < REPLAY_FORM_MAX && !digest_equal(&point->values[form], value))
                form++;
        return form;
}

static bool point_explains(const VerdictPoint *point, const Digest *value)
{
        return find_form(point, value) < REPLAY_FORM_MAX;
}

static int add_point(VerdictTracker *t, const Replay *replay, uint64_t number)
{
        VerdictPoint *point = &t->window[t->window_used % VERDICT_WINDOW];

        for (ReplayForm form = 0; form < REPLAY_FORM_MAX; form++) {
                int r = replay_get_pcr_as(replay, form, t->bank, t->pcr, &point->values[form]);

                if (r < 0)
                        return r;
        }
        point->number = number;
        point->place = t->place;
        t->window_used++;
        return 0;
}

static const VerdictPoint *newest_point(const VerdictTracker *t)
{
        return &t->window[(t->window_used - 1) % VERDICT_WINDOW];
}

static const VerdictPoint *find_point(const VerdictTracker *t, const Digest *value)
{
        uint64_t n = t->window_used < VERDICT_WINDOW ? t->window_used : VERDICT_WINDOW;

        for (uint64_t i = 1; i <= n; i++) {
                const VerdictPoint *point = &t->window[(t->window_used - i) % VERDICT_WINDOW];

                if (point_explains(point, value))
                        return point;
        }
        return NULL;
}

int verdict_tracker_init(
                VerdictTracker *ret_tracker, HashAlgorithm bank, uint32_t pcr, const Replay *replay)
{
        VerdictTracker tracker = { .bank = bank, .pcr = pcr };
        int r;

        r = add_point(&tracker, replay, replay_get_counts(replay)->entries);
        if (r < 0)
                return r;
        *ret_tracker = tracker;
        return 0;
}

static void confirm(VerdictTracker *t, const VerdictPoint *point, const Digest *value)
{
        if (point->number > t->confirmed)
                t->confirmed = point->number;
        /* Before the first entry all are zeros and tell nothing. */
        if (point->place > 0)
                t->form = find_form(point, value);
}

static void meet(VerdictTracker *t, VerdictExpectation *expectation, const VerdictPoint *point)
{
        if (!expectation->set || expectation->met || !point_explains(point, &expectation->value))
                return;
        expectation->met = true;
        expectation->number = point->number;
        expectation->place = point->place;
        confirm(t, point, &expectation->value);
}

static void meet_window(VerdictTracker *t, VerdictExpectation *expectation)
{
        const VerdictPoint *point = find_point(t, &expectation->value);

        if (point)
                meet(t, expectation, point);
}

void verdict_tracker_begin(VerdictTracker *tracker, const Digest *value)
{
        tracker->before = (VerdictExpectation){ .set = value };
        if (!value)
                return;
        tracker->before.value = *value;
        meet_window(tracker, &tracker->before);
}

void verdict_tracker_add(VerdictTracker *tracker, const Replay *replay, const Measurement *m)
{
        const VerdictPoint *point;

        if (m->pcr != tracker->pcr)
                return;
        tracker->place++;
        (void) add_point(tracker, replay, m->number);
        point = newest_point(tracker);
        meet(tracker, &tracker->remembered, point);
        meet(tracker, &tracker->before, point);
}

/* The PCR is known to stand at `place`, which is not the end of the list. */
static Verdict judge_behind(VerdictTracker *t, uint64_t place)
{
        t->behind = t->place - place;
        t->remembered = (VerdictExpectation){ 0 };
        if (t->stood_rounds > 0 && t->stood_at == place)
                t->stood_rounds++;
        else
                t->stood_rounds = 1;
        t->stood_at = place;
        return t->stood_rounds >= VERDICT_SETTLE_ROUNDS ? VERDICT_DIVERGED : VERDICT_LIST_AHEAD;
}

/* No entry explains the value: was that so a whole round ago? */
static Verdict judge_unexplained(VerdictTracker *t, const Digest *value)
{
        bool unresolved = t->remembered.set && !t->remembered.met && !t->before.met;

        t->stood_rounds = 0;
        t->remembered = (VerdictExpectation){ .set = true, .value = *value };
        return unresolved || t->verdict == VERDICT_DIVERGED ? VERDICT_DIVERGED : VERDICT_PCR_AHEAD;
}

static Verdict judge(VerdictTracker *t, const Digest *value)
{
        const VerdictPoint *point = find_point(t, value);

        t->behind = 0;
        if (!point) {
                if (t->before.met && digest_equal(&t->before.value, value))
                        return judge_behind(t, t->before.place);
                return judge_unexplained(t, value);
        }
        confirm(t, point, value);
        if (point->place != t->place)
                return judge_behind(t, point->place);
        t->stood_rounds = 0;
        t->remembered = (VerdictExpectation){ 0 };
        return VERDICT_MATCH;
}

Verdict verdict_tracker_end(VerdictTracker *tracker, const Digest *value)
{
        tracker->verdict = value ? judge(tracker, value) : VERDICT_UNKNOWN;
        tracker->before = (VerdictExpectation){ 0 };
        return tracker->verdict;
}

const Digest *verdict_tracker_get_replayed(const VerdictTracker *tracker)
{
        return &newest_point(tracker)->values[tracker->form];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/rollout.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/fs.h"
#include "base/strings.h"

int rollout_read_boot_id(int root_fd, char ret_boot_id[static BOOT_ID_SIZE])
{
        _cleanup_free_ char *text = NULL;
        char *stripped;
        int r = fs_read_file(root_fd, BOOT_ID_PATH, 256, &text, NULL);

        if (r < 0)
                return r;
        stripped = string_strip(text);
        if (strlen(stripped) != BOOT_ID_SIZE - 1)
                return -EBADMSG;
        (void) strcpy(ret_boot_id, stripped);
        return 0;
}

static void _printf_(4, 5) enter_phase(
                GenerationEntry *entry, GenerationPhase phase, usec_t now, const char *format, ...)
{
        va_list args;

        entry->phase = phase;
        entry->since_usec = now;
        entry->proved = entry->proved || phase == GENERATION_PHASE_GOOD;
        va_start(args, format);
        (void) vsnprintf(entry->reason, sizeof(entry->reason), format, args);
        va_end(args);
        string_make_utf8(entry->reason);
}

static void remove_entry(GenerationState *state, size_t i)
{
        state->n_entries--;
        memmove(&state->entries[i], &state->entries[i + 1],
                        (state->n_entries - i) * sizeof(state->entries[0]));
}

static bool is_protected(const GenerationState *state, const GenerationEntry *entry)
{
        return entry->number == state->intended || entry->phase == GENERATION_PHASE_GOOD ||
               entry->number == rollout_find_back(state);
}

/* Where the history is full its oldest entry goes. */
static GenerationEntry *add_entry(GenerationState *state, uint64_t number)
{
        GenerationEntry *entry;

        for (size_t i = 0; state->n_entries == GENERATION_ENTRIES_MAX; i++)
                if (!is_protected(state, &state->entries[i]))
                        remove_entry(state, i);
        entry = &state->entries[state->n_entries++];
        *entry = (GenerationEntry){ .number = number };
        return entry;
}

static void retire_good(GenerationState *state, uint64_t successor, usec_t now)
{
        for (size_t i = 0; i < state->n_entries; i++)
                if (state->entries[i].phase == GENERATION_PHASE_GOOD &&
                                state->entries[i].number != successor)
                        enter_phase(&state->entries[i], GENERATION_PHASE_RETIRED, now,
                                        "generation %" PRIu64 " took its place", successor);
}

/* A candidate or trial that is intended gives way to something else. */
static void retire_unproved(GenerationState *state, const char *reason, usec_t now)
{
        GenerationEntry *entry = generation_state_find(state, state->intended);

        state->confirm_within_usec = 0;
        if (entry && (entry->phase == GENERATION_PHASE_CANDIDATE ||
                                     entry->phase == GENERATION_PHASE_OBSERVED ||
                                     entry->phase == GENERATION_PHASE_TRIAL))
                enter_phase(entry, GENERATION_PHASE_RETIRED, now, "%s", reason);
}

void rollout_adopt(GenerationState *state, uint64_t number, usec_t now)
{
        retire_unproved(state, "another policy was applied", now);
        enter_phase(add_entry(state, number), GENERATION_PHASE_GOOD, now, "applied");
        retire_good(state, number, now);
        state->intended = number;
}

void rollout_observe(GenerationState *state, uint64_t number, usec_t now)
{
        retire_unproved(state, "another policy was applied", now);
        enter_phase(add_entry(state, number), GENERATION_PHASE_OBSERVED, now,
                        "applied to be observed");
        state->intended = number;
}

void rollout_propose(
                GenerationState *state, uint64_t number, usec_t confirm_within_usec, usec_t now)
{
        retire_unproved(state, "another policy was applied", now);
        enter_phase(add_entry(state, number), GENERATION_PHASE_CANDIDATE, now,
                        "applied for a trial");
        state->intended = number;
        state->confirm_within_usec = confirm_within_usec;
}

bool rollout_turn_off(GenerationState *state, usec_t now)
{
        bool changed = state->intended != 0;

        retire_unproved(state, "switched off", now);
        for (size_t i = 0; i < state->n_entries; i++)
                if (state->entries[i].phase == GENERATION_PHASE_GOOD) {
                        enter_phase(&state->entries[i], GENERATION_PHASE_RETIRED, now,
                                        "switched off");
                        changed = true;
                }
        state->intended = 0;
        return changed;
}

uint64_t rollout_find_good(const GenerationState *state)
{
        for (size_t i = state->n_entries; i-- > 0;)
                if (state->entries[i].phase == GENERATION_PHASE_GOOD)
                        return state->entries[i].number;
        return 0;
}

uint64_t rollout_find_back(const GenerationState *state)
{
        uint64_t good = rollout_find_good(state);

        if (good != 0 && good != state->intended)
                return good;
        for (size_t i = state->n_entries; i-- > 0;)
                if (state->entries[i].proved && state->entries[i].number != state->intended &&
                                state->entries[i].phase == GENERATION_PHASE_RETIRED)
                        return state->entries[i].number;
        return 0;
}

int rollout_roll_back(GenerationState *state, usec_t now)
{
        uint64_t number = rollout_find_back(state);
        GenerationEntry *given_up = generation_state_find(state, state->intended);
        GenerationEntry *back = generation_state_find(state, number);

        if (!back && state->intended == 0)
                return -ENOENT;
        state->confirm_within_usec = 0;
        if (given_up)
                enter_phase(given_up, GENERATION_PHASE_FAILED, now, "rolled back by hand");
        if (back && back->phase != GENERATION_PHASE_GOOD)
                enter_phase(back, GENERATION_PHASE_GOOD, now, "rolled back to");
        state->intended = number;
        return 0;
}

void rollout_raise_alarm(GenerationState *state, uint64_t number, const char *reason, usec_t now)
{
        state->alarm_usec = now;
        (void) snprintf(state->alarm, sizeof(state->alarm), "generation %" PRIu64 ": %.200s",
                        number, reason);
        string_make_utf8(state->alarm);
}

static void clear_alarm(GenerationState *state)
{
        state->alarm_usec = 0;
        *state->alarm = '\0';
}

static void fail_trial(
                GenerationState *state, GenerationEntry *entry, const char *reason, usec_t now)
{
        enter_phase(entry, GENERATION_PHASE_FAILED, now, "%s", reason);
        rollout_raise_alarm(state, entry->number, entry->reason, now);
        if (state->intended == entry->number) {
                state->intended = rollout_find_good(state);
                state->confirm_within_usec = 0;
        }
}

int rollout_confirm(GenerationState *state, const char *boot_id, usec_t now)
{
        GenerationEntry *entry = generation_state_find(state, state->intended);
        BootTry *try = rollout_find_try(state, boot_id);

        if (entry && entry->phase == GENERATION_PHASE_TRIAL) {
                if (!try || try->generation != entry->number ||
                                try->result != BOOT_TRY_RESULT_WAITING)
                        return -EAGAIN;
                try->result = BOOT_TRY_RESULT_BLESSED;
                enter_phase(entry, GENERATION_PHASE_GOOD, now, "came up and was confirmed");
                retire_good(state, entry->number, now);
                clear_alarm(state);
                state->confirm_within_usec = 0;
                return 0;
        }
        if (entry && entry->phase == GENERATION_PHASE_CANDIDATE)
                return -EAGAIN;
        if (*state->alarm == '\0')
                return -ENOENT;
        clear_alarm(state);
        return 0;
}

static RolloutFinding settle_try(GenerationState *state, BootTry *try, usec_t now)
{
        bool waiting = try->result == BOOT_TRY_RESULT_WAITING;
        GenerationEntry *entry = generation_state_find(state, try->generation);

        if (try->result != BOOT_TRY_RESULT_OPEN && !waiting)
                return ROLLOUT_FINDING_NONE;
        try->result = BOOT_TRY_RESULT_FAILED;
        if (!entry)
                return ROLLOUT_FINDING_NONE;
        if (entry->phase == GENERATION_PHASE_TRIAL) {
                fail_trial(state, entry,
                                waiting ? "it came up, but nobody confirmed it in time"
                                        : "the boot that tried it did not come up",
                                now);
                return ROLLOUT_FINDING_TRIAL_FAILED;
        }
        if (entry->phase != GENERATION_PHASE_GOOD || waiting)
                return ROLLOUT_FINDING_NONE;
        state->alarm_usec = now;
        (void) snprintf(state->alarm, sizeof(state->alarm),
                        "generation %" PRIu64 ", which was good: the last boot under it did not "
                        "come up",
                        entry->number);
        return entry->number == state->intended ? ROLLOUT_FINDING_GOOD_FAILED
                                                : ROLLOUT_FINDING_NONE;
}

RolloutFinding rollout_settle(GenerationState *state, const char *boot_id, usec_t now)
{
        RolloutFinding finding = ROLLOUT_FINDING_NONE;

        for (size_t i = 0; i < state->n_tries; i++)
                if (!string_equal(state->tries[i].boot_id, boot_id)) {
                        RolloutFinding found = settle_try(state, &state->tries[i], now);

                        finding = found == ROLLOUT_FINDING_NONE ? finding : found;
                }
        return finding;
}

BootTry *rollout_find_try(GenerationState *state, const char *boot_id)
{
        for (size_t i = state->n_tries; i-- > 0;)
                if (string_equal(state->tries[i].boot_id, boot_id))
                        return &state->tries[i];
        return NULL;
}

void rollout_begin(GenerationState *state, uint64_t number, const char *boot_id, usec_t now)
{
        GenerationEntry *entry = generation_state_find(state, number);
        BootTry *try = rollout_find_try(state, boot_id);

        if (!try) {
                if (state->n_tries == BOOT_TRIES_MAX)
                        memmove(&state->tries[0], &state->tries[1],
                                        --state->n_tries * sizeof(state->tries[0]));
                try = &state->tries[state->n_tries++];
        }
        *try = (BootTry){
                .generation = number,
                .trial = entry && entry->phase != GENERATION_PHASE_GOOD,
                .started_usec = now,
        };
        (void) snprintf(try->boot_id, sizeof(try->boot_id), "%s", boot_id);
        if (entry && entry->phase == GENERATION_PHASE_CANDIDATE)
                enter_phase(entry, GENERATION_PHASE_TRIAL, now, "a boot tries it");
}

bool rollout_bless(GenerationState *state, BootTry *try, usec_t now)
{
        GenerationEntry *entry = generation_state_find(state, try->generation);
        bool trial = entry && entry->phase == GENERATION_PHASE_TRIAL;

        if (trial && state->intended == entry->number && state->confirm_within_usec > 0) {
                try->result = BOOT_TRY_RESULT_WAITING;
                return true;
        }
        try->result = BOOT_TRY_RESULT_BLESSED;
        if (trial) {
                enter_phase(entry, GENERATION_PHASE_GOOD, now, "a boot under it came up");
                retire_good(state, entry->number, now);
        }
        return false;
}

void rollout_fail(GenerationState *state, BootTry *try, const char *reason, usec_t now)
{
        GenerationEntry *entry = generation_state_find(state, try->generation);

        if (!entry || entry->phase != GENERATION_PHASE_TRIAL)
                return;
        try->result = BOOT_TRY_RESULT_FAILED;
        fail_trial(state, entry, reason, now);
}

bool rollout_shut_down(GenerationState *state, const char *boot_id)
{
        BootTry *try = rollout_find_try(state, boot_id);

        if (!try || (try->result != BOOT_TRY_RESULT_OPEN && try->result != BOOT_TRY_RESULT_WAITING))
                return false;
        try->result = BOOT_TRY_RESULT_SHUTDOWN;
        return true;
}

size_t rollout_prune(GenerationState *state, size_t keep,
                uint64_t ret_numbers[static GENERATION_ENTRIES_MAX])
{
        size_t n = 0;

        for (size_t i = 0; i < state->n_entries && state->n_entries > keep;) {
                if (is_protected(state, &state->entries[i])) {
                        i++;
                        continue;
                }
                ret_numbers[n++] = state->entries[i].number;
                remove_entry(state, i);
        }
        return n;
}

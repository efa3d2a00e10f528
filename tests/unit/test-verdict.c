/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/verdict.h"
#include "fixture-list.h"

#define ENTRIES_MAX 400

/*
 * A machine: the kernel's list, how far its TPM has been extended, and the list as user space gets
 * to see it, which a tamperer may have changed.
 */
typedef struct Machine {
        Replay *kernel; /* what the TPM holds: entries that were extended */
        size_t n_linked;
        size_t n_extended;
        Buffer entries[ENTRIES_MAX];
        Buffer shown[ENTRIES_MAX];
        size_t n_hidden; /* shown misses this many at its end */
        bool frozen;     /* shown does not grow any more */
        size_t n_shown;

        Replay *replay;
        VerdictTracker tracker;
        size_t n_read;
        unsigned seed;
} Machine;

static const HashAlgorithm bank = HASH_SHA256;

static void machine_init(Machine *machine, unsigned seed)
{
        *machine = (Machine){ .seed = seed };
        cr_assert_eq(replay_new(&bank, 1, &machine->kernel), 0);
        cr_assert_eq(replay_new(&bank, 1, &machine->replay), 0);
        cr_assert_eq(verdict_tracker_init(&machine->tracker, bank, 10, machine->replay), 0);
}

static void machine_done(Machine *machine)
{
        replay_free(machine->kernel);
        replay_free(machine->replay);
        for (size_t i = 0; i < ENTRIES_MAX; i++) {
                buffer_done(&machine->entries[i]);
                buffer_done(&machine->shown[i]);
        }
}

static unsigned any(Machine *machine, unsigned limit)
{
        machine->seed = machine->seed * 1664525 + 1013904223;
        return (machine->seed >> 16) % limit;
}

static void measurement_of(const Buffer *entry, Replay *replay, VerdictTracker *tracker)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, entry->data, entry->size), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        m.number = replay_get_counts(replay)->entries + 1;
        cr_assert_geq(replay_add(replay, &m), 0);
        if (tracker)
                verdict_tracker_add(tracker, replay, &m);
}

static void show(Machine *machine, const char *name, uint32_t pcr)
{
        if (machine->frozen)
                return;
        cr_assert_lt(machine->n_shown, ENTRIES_MAX);
        fixture_append_ng(&machine->shown[machine->n_shown++], pcr, name);
}

/* The kernel finishes the entry at hand, or links the next one: never two at a time. */
static void machine_step(Machine *machine)
{
        char name[32];
        uint32_t pcr;

        if (machine->n_extended < machine->n_linked) {
                measurement_of(&machine->entries[machine->n_extended++], machine->kernel, NULL);
                return;
        }
        if (machine->n_linked == ENTRIES_MAX)
                return;
        (void) snprintf(name, sizeof(name), "/file-%zu", machine->n_linked);
        pcr = any(machine, 8) == 0 ? 11 : 10;
        fixture_append_ng(&machine->entries[machine->n_linked++], pcr, name);
        show(machine, name, pcr);
}

static void machine_settle(Machine *machine)
{
        while (machine->n_extended < machine->n_linked)
                machine_step(machine);
}

static Digest machine_pcr(const Machine *machine)
{
        Digest value;

        cr_assert_eq(replay_get_pcr(machine->kernel, bank, 10, &value), 0);
        return value;
}

/* Up to `busy` steps of the kernel happen between any two steps of the reader. */
static Verdict machine_round(Machine *machine, unsigned busy)
{
        Digest value = machine_pcr(machine);

        /* Now and then the first of the two values could not be read. */
        verdict_tracker_begin(&machine->tracker, any(machine, 5) > 0 ? &value : NULL);
        for (unsigned i = any(machine, busy + 1); i > 0; i--)
                machine_step(machine);
        while (machine->n_read + machine->n_hidden < machine->n_shown) {
                measurement_of(&machine->shown[machine->n_read++], machine->replay,
                                &machine->tracker);
                if (any(machine, busy + 1) > 1)
                        machine_step(machine);
        }
        for (unsigned i = any(machine, busy + 1); i > 0; i--)
                machine_step(machine);
        value = machine_pcr(machine);
        return verdict_tracker_end(&machine->tracker, &value);
}

Test(verdict, a_race_is_never_called_diverged)
{
        unsigned seen[VERDICT_MAX] = { 0 };

        for (unsigned seed = 0; seed < 300; seed++) {
                Machine machine;

                machine_init(&machine, seed);
                for (unsigned i = any(&machine, 30); i > 0; i--)
                        machine_step(&machine);
                for (unsigned i = 0; i < 20; i++) {
                        seen[machine_round(&machine, any(&machine, 4))]++;
                        /* An extend may take some rounds, but not VERDICT_SETTLE_ROUNDS. */
                        if (i % (VERDICT_SETTLE_ROUNDS - 1) == 0)
                                machine_step(&machine);
                }
                cr_assert_eq(seen[VERDICT_DIVERGED], 0, "seed %u", seed);
                machine_settle(&machine);
                cr_assert_eq(machine_round(&machine, 0), VERDICT_MATCH, "seed %u", seed);
                cr_assert_eq(machine.tracker.behind, 0);
                cr_assert_eq(machine.tracker.confirmed,
                                machine.tracker.window[(machine.tracker.window_used - 1) %
                                                               VERDICT_WINDOW]
                                                .number);
                machine_done(&machine);
        }
        cr_assert_gt(seen[VERDICT_MATCH], 0);
        cr_assert_gt(seen[VERDICT_LIST_AHEAD], 0);
        cr_assert_gt(seen[VERDICT_PCR_AHEAD], 0);
}

typedef void Tamper(Machine *machine);

static void change_name(Machine *machine)
{
        Buffer *b = &machine->shown[any(machine, (unsigned) machine->n_shown)];

        b->data[b->size - 2] ^= 1;
}

static void drop_entry(Machine *machine)
{
        size_t at = any(machine, (unsigned) machine->n_shown);

        buffer_done(&machine->shown[at]);
        for (size_t i = at; i + 1 < machine->n_shown; i++)
                machine->shown[i] = TAKE_STRUCT(machine->shown[i + 1]);
        machine->n_shown--;
}

static void swap_entries(Machine *machine)
{
        size_t at = any(machine, (unsigned) machine->n_shown - 1);
        Buffer kept = machine->shown[at];

        machine->shown[at] = machine->shown[at + 1];
        machine->shown[at + 1] = kept;
}

static void add_entry(Machine *machine)
{
        show(machine, "/never-measured", 10);
}

static void cut_tail(Machine *machine)
{
        machine->frozen = true;
        buffer_done(&machine->shown[--machine->n_shown]);
}

static const struct {
        const char *name;
        Tamper *tamper;
        bool grows; /* the machine goes on measuring while it is watched */
} tampers[] = {
        {"change",             change_name,  false},
        { "change, growing",   change_name,  true },
        { "drop",              drop_entry,   false},
        { "drop, growing",     drop_entry,   true },
        { "swap",              swap_entries, false},
        { "add",               add_entry,    false},
        { "add, growing",      add_entry,    true },
        { "cut tail",          cut_tail,     false},
        { "cut tail, growing", cut_tail,     true },
};

Test(verdict, a_tampered_list_is_always_called_diverged_in_the_end)
{
        for (size_t i = 0; i < ELEMENTSOF(tampers); i++)
                for (unsigned seed = 0; seed < 50; seed++) {
                        Machine machine;
                        Verdict verdict = VERDICT_UNKNOWN;

                        machine_init(&machine, seed);
                        /* Entries of PCR 11 do not matter to this tracker. */
                        while (machine.n_linked < 20) {
                                char name[32];

                                (void) snprintf(name, sizeof(name), "/file-%zu", machine.n_linked);
                                fixture_append_ng(&machine.entries[machine.n_linked++], 10, name);
                                show(&machine, name, 10);
                        }
                        machine_settle(&machine);
                        tampers[i].tamper(&machine);
                        for (unsigned j = 0; j < 2 * VERDICT_SETTLE_ROUNDS; j++)
                                verdict = machine_round(&machine, tampers[i].grows ? 3 : 0);
                        cr_assert_eq(verdict, VERDICT_DIVERGED, "%s, seed %u", tampers[i].name,
                                        seed);
                        machine_done(&machine);
                }
}

Test(verdict, diverged_stays_while_a_wrong_list_grows)
{
        Machine machine;

        machine_init(&machine, 1);
        for (unsigned i = 0; i < 20; i++)
                machine_step(&machine);
        change_name(&machine);
        machine.tracker.verdict = VERDICT_UNKNOWN;
        while (machine_round(&machine, 2) != VERDICT_DIVERGED)
                ;
        for (unsigned i = 0; i < 20; i++)
                cr_assert_eq(machine_round(&machine, 3), VERDICT_DIVERGED);
        machine_done(&machine);
}

Test(verdict, diverged_stays_when_the_pcr_moves_on_to_the_unexplained)
{
        Machine machine;

        machine_init(&machine, 1);
        for (unsigned i = 0; i < 20; i++)
                machine_step(&machine);
        machine_settle(&machine);
        add_entry(&machine);
        while (machine_round(&machine, 0) != VERDICT_DIVERGED)
                ;
        for (unsigned i = 0; i < 8; i++)
                machine_step(&machine);
        machine_settle(&machine);
        cr_assert_eq(machine_round(&machine, 0), VERDICT_DIVERGED);
        machine_done(&machine);
}

Test(verdict, a_list_that_turns_out_complete_matches_again)
{
        Machine machine;

        machine_init(&machine, 1);
        for (unsigned i = 0; i < 20; i++)
                machine_step(&machine);
        machine_settle(&machine);
        machine.n_hidden = 2;
        cr_assert_eq(machine_round(&machine, 0), VERDICT_PCR_AHEAD);
        cr_assert_eq(machine_round(&machine, 0), VERDICT_DIVERGED);
        machine.n_hidden = 0;
        cr_assert_eq(machine_round(&machine, 0), VERDICT_MATCH);
        machine_done(&machine);
}

Test(verdict, a_pcr_that_cannot_be_read_is_unknown_and_harms_nothing)
{
        Machine machine;

        machine_init(&machine, 1);
        verdict_tracker_begin(&machine.tracker, NULL);
        cr_assert_eq(verdict_tracker_end(&machine.tracker, NULL), VERDICT_UNKNOWN);
        for (unsigned i = 0; i < 20; i++)
                machine_step(&machine);
        machine_settle(&machine);
        cr_assert_eq(machine_round(&machine, 0), VERDICT_MATCH);
        machine_done(&machine);
}

Test(verdict, one_value_that_lies_far_behind_the_list_is_found)
{
        Machine machine;
        Digest value;

        machine_init(&machine, 1);
        for (unsigned i = 0; i < 20; i++)
                machine_step(&machine);
        machine_settle(&machine);
        value = machine_pcr(&machine);
        for (unsigned i = 0; i < 100; i++)
                machine_step(&machine);
        verdict_tracker_begin(&machine.tracker, &value);
        while (machine.n_read < machine.n_shown)
                measurement_of(&machine.shown[machine.n_read++], machine.replay, &machine.tracker);
        cr_assert_eq(verdict_tracker_end(&machine.tracker, &value), VERDICT_LIST_AHEAD);
        cr_assert_gt(machine.tracker.behind, VERDICT_WINDOW);
        cr_assert_leq(machine.tracker.confirmed, 10);
        machine_done(&machine);
}

Test(verdict, padded_banks_match)
{
        _cleanup_buffer_ Buffer entry = { 0 };
        _cleanup_replay_ Replay *replay = NULL;
        VerdictTracker tracker;
        Digest padded;

        fixture_append_ng(&entry, 10, "/a");
        cr_assert_eq(replay_new(&bank, 1, &replay), 0);
        cr_assert_eq(verdict_tracker_init(&tracker, bank, 10, replay), 0);
        verdict_tracker_begin(&tracker, NULL);
        measurement_of(&entry, replay, &tracker);
        cr_assert_eq(replay_get_pcr_as(replay, REPLAY_FORM_PADDED, bank, 10, &padded), 0);
        cr_assert_eq(verdict_tracker_end(&tracker, &padded), VERDICT_MATCH);
        cr_assert_eq(tracker.form, REPLAY_FORM_PADDED);
        cr_assert_arr_eq(verdict_tracker_get_replayed(&tracker)->bytes, padded.bytes, 32);
}

Test(verdict, trackers_need_a_bank_that_is_replayed)
{
        _cleanup_replay_ Replay *replay = NULL;
        VerdictTracker tracker;

        cr_assert_eq(replay_new(&bank, 1, &replay), 0);
        cr_assert_eq(verdict_tracker_init(&tracker, HASH_SHA1, 10, replay), -ENOENT);
        cr_assert_eq(verdict_tracker_init(&tracker, bank, REPLAY_PCRS, replay), -ENOENT);
}

Test(verdict, every_bank_must_match)
{
        static const Verdict good[] = { VERDICT_MATCH, VERDICT_MATCH },
                             ahead[] = { VERDICT_MATCH, VERDICT_LIST_AHEAD },
                             bad[] = { VERDICT_UNKNOWN, VERDICT_DIVERGED, VERDICT_MATCH },
                             lacking[] = { VERDICT_MATCH, VERDICT_BANK_UNSUPPORTED };

        cr_assert_eq(verdict_combine(good, 2), VERDICT_MATCH);
        cr_assert_eq(verdict_combine(ahead, 2), VERDICT_LIST_AHEAD);
        cr_assert_eq(verdict_combine(bad, 3), VERDICT_DIVERGED);
        cr_assert_eq(verdict_combine(lacking, 2), VERDICT_BANK_UNSUPPORTED);
        cr_assert_eq(verdict_combine(NULL, 0), VERDICT_UNKNOWN);
}

Test(verdict, tokens)
{
        cr_assert_str_eq(verdict_to_string(VERDICT_LIST_AHEAD), "list-ahead");
        cr_assert_str_eq(verdict_to_string(VERDICT_BANK_UNSUPPORTED), "bank-unsupported");
        for (Verdict v = 0; v < VERDICT_MAX; v++)
                cr_assert_not_null(verdict_to_string(v));
        cr_assert_null(verdict_to_string(VERDICT_INVALID));
}

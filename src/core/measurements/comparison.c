/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/comparison.h"

#include <errno.h>
#include <string.h>

#define CHAINS_MAX (REPLAY_FORM_MAX * REPLAY_BANKS_MAX)
#define DEFAULT_PCR 10

/* Where in the list a chain had the value that the PCR is known to have had. */
typedef struct Sighting {
        const Digest *value; /* NULL: none is known */
        bool met;
        uint64_t number; /* of the last entry at which it was met, 0 before the first */
        uint64_t place;  /* how many entries of this PCR until there */
        uint64_t places; /* and in all */
} Sighting;

struct Comparison {
        const PcrValueList *values;
        const EventLog *log;
        Replay *replay;
        Sighting sightings[CHAINS_MAX][REPLAY_PCRS];
};

static bool bank_is_usable(HashAlgorithm bank)
{
        _cleanup_replay_ Replay *probe = NULL;

        return replay_new(&bank, 1, &probe) >= 0;
}

/* The banks of the values; the usual ones when there is none to compare. */
static int make_replay(const PcrValueList *values, Replay **ret_replay)
{
        static const HashAlgorithm usual[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
        HashAlgorithm banks[REPLAY_BANKS_MAX];
        size_t n = 0;

        for (size_t i = 0; values && i < values->count; i++) {
                HashAlgorithm bank = values->items[i].value.algorithm;
                size_t j = 0;

                while (j < n && banks[j] != bank)
                        j++;
                if (j == n && n < REPLAY_BANKS_MAX && bank_is_usable(bank))
                        banks[n++] = bank;
        }
        return n > 0 ? replay_new(banks, n, ret_replay)
                     : replay_new(usual, ELEMENTSOF(usual), ret_replay);
}

/* Firmware extends the boot PCRs before the list begins. */
static void start_boot_pcrs(Comparison *comparison)
{
        const EventLog *log = comparison->log;

        for (size_t i = 0; log && i < log->n_banks; i++)
                for (uint32_t pcr = 0; pcr < BOOT_AGGREGATE_PCRS; pcr++) {
                        Digest value;

                        if (log->banks[i].algorithm >= 0 &&
                                        event_log_get_pcr(log, log->banks[i].algorithm, pcr,
                                                        &value) >= 0)
                                (void) replay_set_pcr(comparison->replay, pcr, &value);
                }
}

static void drop_padded(Comparison *comparison)
{
        size_t n_banks;
        const HashAlgorithm *banks = replay_get_banks(comparison->replay, &n_banks);

        for (size_t i = 0; i < n_banks; i++)
                replay_drop_padded(comparison->replay, banks[i]);
}

static void begin_sighting(Comparison *comparison, size_t chain, uint32_t pcr)
{
        Sighting *s = &comparison->sightings[chain][pcr];
        HashAlgorithm bank = replay_get_chain(comparison->replay, chain).bank;

        s->value = comparison->values ? pcr_value_list_find(comparison->values, bank, pcr) : NULL;
        s->met = s->value && memcmp(s->value->bytes, replay_peek(comparison->replay, chain, pcr),
                                             s->value->size) == 0;
}

static void begin_sightings(Comparison *comparison)
{
        for (size_t i = 0; i < replay_get_n_chains(comparison->replay); i++)
                for (uint32_t pcr = 0; pcr < REPLAY_PCRS; pcr++)
                        begin_sighting(comparison, i, pcr);
}

int comparison_new(const PcrValueList *values, const EventLog *log, bool padded,
                Comparison **ret_comparison)
{
        _cleanup_comparison_ Comparison *comparison = calloc(1, sizeof(*comparison));
        int r;

        if (!comparison)
                return -ENOMEM;
        comparison->values = values;
        comparison->log = log;
        r = make_replay(values, &comparison->replay);
        if (r < 0)
                return r;
        start_boot_pcrs(comparison);
        /* A bank without values is not asked whether the kernel could hash for it. */
        if (!padded || !values || values->count == 0)
                drop_padded(comparison);
        begin_sightings(comparison);
        *ret_comparison = TAKE_PTR(comparison);
        return 0;
}

Comparison *comparison_free(Comparison *comparison)
{
        if (comparison) {
                replay_free(comparison->replay);
                free(comparison);
        }
        return NULL;
}

Replay *comparison_get_replay(Comparison *comparison)
{
        return comparison->replay;
}

int comparison_extend(Comparison *comparison, size_t chain, const Measurement *m,
                const ReplayDigests *digests)
{
        Sighting *s;
        int r = replay_extend(comparison->replay, chain, m, digests);

        if (r < 0 || !replay_pcr_is_extendable(m->pcr))
                return r;
        s = &comparison->sightings[chain][m->pcr];
        s->places++;
        if (s->value && memcmp(s->value->bytes, replay_peek(comparison->replay, chain, m->pcr),
                                        s->value->size) == 0) {
                s->met = true;
                s->number = m->number;
                s->place = s->places;
        }
        return 0;
}

static void judge_chain(
                const Comparison *comparison, size_t chain, uint32_t pcr, ComparisonResult *result)
{
        const Sighting *s = &comparison->sightings[chain][pcr];
        ReplayChain c = replay_get_chain(comparison->replay, chain);
        Digest now;
        int r = replay_get_pcr_as(comparison->replay, c.form, c.bank, pcr, &now);

        result->value = s->value;
        if (r < 0) {
                result->verdict = VERDICT_BANK_UNSUPPORTED;
                return;
        }
        if (c.form == REPLAY_FORM_OWN)
                result->replayed = now;
        if (!s->value || result->verdict == VERDICT_MATCH)
                return;
        if (digest_equal(&now, s->value)) {
                *result = (ComparisonResult){ VERDICT_MATCH, s->value, s->number, 0, now };
        } else if (s->met &&
                        (result->verdict != VERDICT_LIST_AHEAD || s->number > result->confirmed)) {
                *result = (ComparisonResult){ VERDICT_LIST_AHEAD, s->value, s->number,
                        s->places - s->place, now };
        } else if (result->verdict != VERDICT_LIST_AHEAD) {
                result->verdict = VERDICT_DIVERGED;
        }
}

/* What no entry explains may have a reason that lies before the list. */
static Verdict explain(const Comparison *comparison, uint32_t pcr, const ComparisonResult *result,
                BootVerdict boot)
{
        bool never_extended =
                        result->value && bytes_are_zero(result->value->bytes, result->value->size);
        Verdict verdict = boot_aggregate_explain(result->verdict, never_extended, boot);

        /* Firmware extended it first, nobody said with what. */
        if (verdict == VERDICT_DIVERGED && pcr < BOOT_AGGREGATE_PCRS && !comparison->log)
                return VERDICT_UNKNOWN;
        return verdict;
}

ComparisonResult comparison_judge(
                const Comparison *comparison, HashAlgorithm bank, uint32_t pcr, BootVerdict boot)
{
        ComparisonResult result = { .verdict = VERDICT_UNKNOWN };

        for (size_t i = 0; i < replay_get_n_chains(comparison->replay); i++)
                if (replay_get_chain(comparison->replay, i).bank == bank)
                        judge_chain(comparison, i, pcr, &result);
        result.verdict = explain(comparison, pcr, &result, boot);
        return result;
}

bool comparison_is_asked_for(const Comparison *comparison, HashAlgorithm bank, uint32_t pcr)
{
        const PcrValueList *values = comparison->values;

        for (size_t i = 0; values && i < values->count; i++)
                if (values->items[i].value.algorithm == bank && values->items[i].pcr == pcr)
                        return values->items[i].asked && pcr >= BOOT_AGGREGATE_PCRS;
        return false;
}

/* The list speaks of PCR 10 always. */
static bool is_compared(const Comparison *comparison, const PcrValue *value)
{
        uint64_t extended = replay_get_pcrs(comparison->replay) | UINT64_C(1) << DEFAULT_PCR;

        return (extended & (UINT64_C(1) << value->pcr)) ||
               comparison_is_asked_for(comparison, value->value.algorithm, value->pcr);
}

bool comparison_is_explained(const Comparison *comparison)
{
        for (size_t i = 0; comparison->values && i < comparison->values->count; i++) {
                const PcrValue *value = &comparison->values->items[i];
                Digest plain;

                if (is_compared(comparison, value) &&
                                replay_get_pcr(comparison->replay, value->value.algorithm,
                                                value->pcr, &plain) >= 0 &&
                                !digest_equal(&plain, &value->value))
                        return false;
        }
        return true;
}

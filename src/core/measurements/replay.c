/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/replay.h"

#include <errno.h>
#include <string.h>

#define CHAINS_MAX (REPLAY_FORM_MAX * REPLAY_BANKS_MAX)
#define SHA1_SIZE 20U

typedef struct Chain {
        HashAlgorithm bank;
        size_t size;
        size_t hash; /* index into ReplayDigests */
        ReplayForm form;
        bool broken; /* an entry could not be hashed for it */
        DigestContext *context;
        uint8_t pcrs[REPLAY_PCRS][DIGEST_SIZE_MAX];
} Chain;

struct Replay {
        ReplayHasher *hasher;
        size_t n_banks;
        HashAlgorithm banks[REPLAY_BANKS_MAX];
        size_t n_chains;
        Chain chains[CHAINS_MAX];
        ReplayCounts counts;
        uint64_t pcrs;
};

static int add_chain(Replay *replay, HashAlgorithm bank, size_t hash, ReplayForm form)
{
        Chain *chain = &replay->chains[replay->n_chains];
        int r = digest_context_new(bank, &chain->context);

        if (r < 0)
                return r;
        chain->bank = bank;
        chain->size = hash_algorithm_size(bank);
        chain->hash = hash;
        chain->form = form;
        replay->n_chains++;
        return 0;
}

/* *next_hash is the place of the bank's hash behind SHA-1, which is always the first. */
static int add_bank(Replay *replay, HashAlgorithm bank, size_t *next_hash)
{
        int r;

        for (size_t i = 0; i < replay->n_banks; i++)
                if (replay->banks[i] == bank)
                        return -EINVAL;
        replay->banks[replay->n_banks++] = bank;
        if (bank == HASH_SHA1)
                return add_chain(replay, bank, 0, REPLAY_FORM_OWN);
        r = add_chain(replay, bank, (*next_hash)++, REPLAY_FORM_OWN);
        if (r < 0 || hash_algorithm_size(bank) < SHA1_SIZE)
                return r;
        r = add_chain(replay, bank, 0, REPLAY_FORM_PADDED);
        return r < 0 ? r : add_chain(replay, bank, 0, REPLAY_FORM_PADDED_VIOLATIONS);
}

int replay_new(const HashAlgorithm *banks, size_t n_banks, Replay **ret_replay)
{
        _cleanup_replay_ Replay *replay = NULL;
        size_t next_hash = 1;
        int r = 0;

        if (n_banks == 0 || n_banks > REPLAY_BANKS_MAX)
                return -EINVAL;
        replay = calloc(1, sizeof(*replay));
        if (!replay)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n_banks; i++)
                r = add_bank(replay, banks[i], &next_hash);
        if (r >= 0)
                r = replay_hasher_new(banks, n_banks, &replay->hasher);
        if (r < 0)
                return r;
        *ret_replay = TAKE_PTR(replay);
        return 0;
}

Replay *replay_free(Replay *replay)
{
        if (replay) {
                for (size_t i = 0; i < replay->n_chains; i++)
                        digest_context_free(replay->chains[i].context);
                replay_hasher_free(replay->hasher);
                free(replay);
        }
        return NULL;
}

static const Chain *find_chain(const Replay *replay, HashAlgorithm bank, ReplayForm form)
{
        for (size_t i = 0; i < replay->n_chains; i++)
                if (replay->chains[i].bank == bank && replay->chains[i].form == form)
                        return &replay->chains[i];
        return NULL;
}

int replay_copy(const Replay *replay, Replay **ret_replay)
{
        _cleanup_replay_ Replay *copy = NULL;
        int r = replay_new(replay->banks, replay->n_banks, &copy);

        if (r < 0)
                return r;
        for (size_t i = 0; i < replay->n_banks; i++)
                if (!find_chain(replay, replay->banks[i], REPLAY_FORM_PADDED))
                        replay_drop_padded(copy, replay->banks[i]);
        for (size_t i = 0; i < copy->n_chains; i++) {
                DigestContext *context = copy->chains[i].context;

                copy->chains[i] = replay->chains[i];
                copy->chains[i].context = context;
        }
        copy->counts = replay->counts;
        copy->pcrs = replay->pcrs;
        *ret_replay = TAKE_PTR(copy);
        return 0;
}

bool replay_pcr_is_extendable(uint32_t pcr)
{
        return pcr < 17 || pcr == 23;
}

int replay_extend(Replay *replay, size_t chain, const Measurement *m, const ReplayDigests *digests)
{
        Chain *c = &replay->chains[chain];
        uint8_t joined[2 * DIGEST_SIZE_MAX] = { 0 };
        size_t size = c->form == REPLAY_FORM_OWN ? c->size : SHA1_SIZE;
        uint8_t *pcr;

        if (!replay_pcr_is_extendable(m->pcr))
                return 0;
        pcr = c->pcrs[m->pcr];
        memcpy(joined, pcr, c->size);
        if (m->violation)
                memset(joined + c->size, 0xff,
                                c->form == REPLAY_FORM_PADDED_VIOLATIONS ? SHA1_SIZE : c->size);
        else if (digests->known & (UINT32_C(1) << c->hash))
                memcpy(joined + c->size, digests->values[c->hash], size);
        else
                c->broken = true;
        return digest_context_hash(c->context, joined, 2 * c->size, pcr);
}

void replay_count(Replay *replay, const Measurement *m, bool fits)
{
        if (replay_pcr_is_extendable(m->pcr))
                replay->pcrs |= UINT64_C(1) << m->pcr;
        else
                replay->counts.not_replayable++;
        replay->counts.entries++;
        replay->counts.violations += m->violation;
        replay->counts.bad_digests += !fits;
}

int replay_add(Replay *replay, const Measurement *m)
{
        ReplayDigests digests;
        int r = replay_hasher_hash(replay->hasher, m, &digests);

        for (size_t i = 0; r >= 0 && i < replay->n_chains; i++)
                r = replay_extend(replay, i, m, &digests);
        if (r < 0)
                return r;
        replay_count(replay, m, digests.fits);
        return digests.fits;
}

size_t replay_get_n_chains(const Replay *replay)
{
        return replay->n_chains;
}

ReplayChain replay_get_chain(const Replay *replay, size_t chain)
{
        return (ReplayChain){ replay->chains[chain].bank, replay->chains[chain].form };
}

const uint8_t *replay_peek(const Replay *replay, size_t chain, uint32_t pcr)
{
        return replay->chains[chain].pcrs[pcr];
}

void replay_drop_padded(Replay *replay, HashAlgorithm bank)
{
        size_t kept = 0;

        for (size_t i = 0; i < replay->n_chains; i++) {
                Chain *chain = &replay->chains[i];

                if (chain->bank == bank && chain->form != REPLAY_FORM_OWN)
                        digest_context_free(chain->context);
                else
                        replay->chains[kept++] = *chain;
        }
        replay->n_chains = kept;
}

int replay_set_pcr(Replay *replay, uint32_t pcr, const Digest *value)
{
        if (pcr >= REPLAY_PCRS || value->size != hash_algorithm_size(value->algorithm))
                return -EINVAL;
        for (size_t i = 0; i < replay->n_chains; i++)
                if (replay->chains[i].bank == value->algorithm)
                        memcpy(replay->chains[i].pcrs[pcr], value->bytes, value->size);
        return 0;
}

static int get_pcr(const Chain *chain, uint32_t pcr, Digest *ret_digest)
{
        Digest digest = { 0 };

        if (!chain || pcr >= REPLAY_PCRS)
                return -ENOENT;
        if (chain->broken)
                return -ENODATA;
        digest.algorithm = chain->bank;
        digest.size = chain->size;
        memcpy(digest.bytes, chain->pcrs[pcr], chain->size);
        *ret_digest = digest;
        return 0;
}

int replay_get_pcr(const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        return get_pcr(find_chain(replay, bank, REPLAY_FORM_OWN), pcr, ret_digest);
}

int replay_get_pcr_as(const Replay *replay, ReplayForm form, HashAlgorithm bank, uint32_t pcr,
                Digest *ret_digest)
{
        const Chain *chain = find_chain(replay, bank, form);

        return get_pcr(chain ?: find_chain(replay, bank, REPLAY_FORM_OWN), pcr, ret_digest);
}

const ReplayCounts *replay_get_counts(const Replay *replay)
{
        return &replay->counts;
}

uint64_t replay_get_pcrs(const Replay *replay)
{
        return replay->pcrs;
}

const HashAlgorithm *replay_get_banks(const Replay *replay, size_t *ret_n_banks)
{
        *ret_n_banks = replay->n_banks;
        return replay->banks;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/replay.h"

#include <errno.h>
#include <string.h>

#include "core/measurements/template.h"

/* The banks' hashes, SHA-1 for padded banks, and that of the list's own template digests. */
#define HASHERS_MAX (REPLAY_BANKS_MAX + 2)

typedef struct Hasher {
        HashAlgorithm algorithm;
        size_t size;
        DigestContext *context;
        uint8_t value[DIGEST_SIZE_MAX]; /* of the entry at hand */
} Hasher;

typedef struct Bank {
        size_t hasher;
        bool padded_differs;
        uint8_t plain[REPLAY_PCRS][DIGEST_SIZE_MAX];
        uint8_t padded[REPLAY_PCRS][DIGEST_SIZE_MAX];
} Bank;

struct Replay {
        size_t n_hashers;
        Hasher hashers[HASHERS_MAX];
        size_t n_banks;
        HashAlgorithm algorithms[REPLAY_BANKS_MAX];
        Bank banks[REPLAY_BANKS_MAX];
        ReplayCounts counts;
        uint64_t pcrs;
};

/* Index of the hasher, which is made when it is new. */
static int add_hasher(Replay *replay, HashAlgorithm algorithm)
{
        Hasher *h;
        int r;

        for (size_t i = 0; i < replay->n_hashers; i++)
                if (replay->hashers[i].algorithm == algorithm)
                        return (int) i;
        if (replay->n_hashers == HASHERS_MAX)
                return -E2BIG;
        h = &replay->hashers[replay->n_hashers];
        r = digest_context_new(algorithm, &h->context);
        if (r < 0)
                return r;
        h->algorithm = algorithm;
        h->size = hash_algorithm_size(algorithm);
        return (int) replay->n_hashers++;
}

static int add_bank(Replay *replay, HashAlgorithm algorithm)
{
        Bank *bank = &replay->banks[replay->n_banks];
        int r;

        for (size_t i = 0; i < replay->n_banks; i++)
                if (replay->algorithms[i] == algorithm)
                        return -EINVAL;
        r = add_hasher(replay, algorithm);
        if (r < 0)
                return r;
        bank->hasher = (size_t) r;
        bank->padded_differs = algorithm != HASH_SHA1 && replay->hashers[r].size >= 20;
        replay->algorithms[replay->n_banks++] = algorithm;
        return 0;
}

int replay_new(const HashAlgorithm *banks, size_t n_banks, Replay **ret_replay)
{
        _cleanup_replay_ Replay *replay = NULL;
        int r;

        if (n_banks == 0 || n_banks > REPLAY_BANKS_MAX)
                return -EINVAL;
        replay = calloc(1, sizeof(*replay));
        if (!replay)
                return -ENOMEM;
        /* SHA-1 comes first: the padded values and most lists need it. */
        r = add_hasher(replay, HASH_SHA1);
        for (size_t i = 0; r >= 0 && i < n_banks; i++)
                r = add_bank(replay, banks[i]);
        if (r < 0)
                return r;
        *ret_replay = TAKE_PTR(replay);
        return 0;
}

Replay *replay_free(Replay *replay)
{
        if (replay) {
                for (size_t i = 0; i < replay->n_hashers; i++)
                        digest_context_free(replay->hashers[i].context);
                free(replay);
        }
        return NULL;
}

int replay_copy(const Replay *replay, Replay **ret_replay)
{
        _cleanup_replay_ Replay *copy = NULL;
        int r;

        r = replay_new(replay->algorithms, replay->n_banks, &copy);
        if (r < 0)
                return r;
        memcpy(copy->banks, replay->banks, sizeof(copy->banks));
        copy->counts = replay->counts;
        copy->pcrs = replay->pcrs;
        *ret_replay = TAKE_PTR(copy);
        return 0;
}

static int hash(DigestContext *context, const void *bytes, size_t size, uint8_t *ret_bytes)
{
        int r;

        r = digest_context_begin(context);
        if (r >= 0)
                r = digest_context_update(context, bytes, size);
        if (r >= 0)
                r = digest_context_end(context, ret_bytes);
        return r;
}

/* The template "ima" hashes its digest and its name padded to 256 bytes, without the length. */
static size_t pad_unframed(const Measurement *m, uint8_t buffer[static 20 + 256])
{
        MeasurementView view;
        size_t digest_size;

        if (measurement_decode(m, &view) < 0 || !view.name)
                return 0;
        digest_size = m->data_size - view.name_size - sizeof(uint32_t);
        memset(buffer, 0, 20 + 256);
        memcpy(buffer, m->data, digest_size);
        memcpy(buffer + digest_size, view.name, view.name_size);
        return digest_size + 256;
}

static int hash_entry(Replay *replay, const Measurement *m)
{
        uint8_t padded[20 + 256];
        const uint8_t *bytes = m->data;
        size_t size = m->data_size;

        if (m->template && m->template->unframed) {
                size = pad_unframed(m, padded);
                if (size == 0)
                        return -EBADMSG;
                bytes = padded;
        }
        for (size_t i = 0; i < replay->n_hashers; i++) {
                Hasher *h = &replay->hashers[i];
                int r;

                r = hash(h->context, bytes, size, h->value);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The hash of the template digests in this list, by their size. */
static int find_list_hasher(Replay *replay, size_t digest_size)
{
        static const HashAlgorithm by_size[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(by_size); i++)
                if (hash_algorithm_size(by_size[i]) == digest_size)
                        return add_hasher(replay, by_size[i]);
        return -EINVAL;
}

static bool digest_fits(const Replay *replay, size_t hasher, const Measurement *m)
{
        const uint8_t *sha1 = replay->hashers[0].value;
        const uint8_t *own = m->template_digest;

        if (memcmp(own, replay->hashers[hasher].value, m->template_digest_size) == 0)
                return true;
        return memcmp(own, sha1, 20) == 0 && bytes_are_zero(own + 20, m->template_digest_size - 20);
}

static int extend(DigestContext *context, uint8_t *pcr, const uint8_t *value, size_t size)
{
        uint8_t joined[2 * DIGEST_SIZE_MAX];

        memcpy(joined, pcr, size);
        memcpy(joined + size, value, size);
        return hash(context, joined, 2 * size, pcr);
}

static int extend_bank(Replay *replay, Bank *bank, const Measurement *m)
{
        const Hasher *h = &replay->hashers[bank->hasher];
        uint8_t ones[DIGEST_SIZE_MAX];
        uint8_t padded[DIGEST_SIZE_MAX] = { 0 };
        int r;

        memset(ones, 0xff, sizeof(ones));
        r = extend(h->context, bank->plain[m->pcr], m->violation ? ones : h->value, h->size);
        if (r < 0 || !bank->padded_differs)
                return r;
        memcpy(padded, m->violation ? ones : replay->hashers[0].value, 20);
        return extend(h->context, bank->padded[m->pcr], padded, h->size);
}

int replay_add(Replay *replay, const Measurement *m)
{
        int hasher, r;
        bool fits;

        hasher = find_list_hasher(replay, m->template_digest_size);
        if (hasher < 0)
                return hasher;
        if (!m->violation) {
                r = hash_entry(replay, m);
                if (r < 0)
                        return r;
        }
        fits = m->violation || digest_fits(replay, (size_t) hasher, m);
        for (size_t i = 0; m->pcr < REPLAY_PCRS && i < replay->n_banks; i++) {
                r = extend_bank(replay, &replay->banks[i], m);
                if (r < 0)
                        return r;
        }
        if (m->pcr < REPLAY_PCRS)
                replay->pcrs |= UINT64_C(1) << m->pcr;
        else
                replay->counts.not_replayable++;
        replay->counts.entries++;
        replay->counts.violations += m->violation;
        replay->counts.bad_digests += !fits;
        return fits;
}

static int get_pcr(const Replay *replay, HashAlgorithm algorithm, uint32_t pcr, bool padded,
                Digest *ret_digest)
{
        if (pcr >= REPLAY_PCRS)
                return -ENOENT;
        for (size_t i = 0; i < replay->n_banks; i++) {
                const Bank *bank = &replay->banks[i];
                Digest digest = { .algorithm = algorithm };

                if (replay->algorithms[i] != algorithm)
                        continue;
                digest.size = replay->hashers[bank->hasher].size;
                memcpy(digest.bytes,
                                padded && bank->padded_differs ? bank->padded[pcr]
                                                               : bank->plain[pcr],
                                digest.size);
                *ret_digest = digest;
                return 0;
        }
        return -ENOENT;
}

int replay_get_pcr(const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        return get_pcr(replay, bank, pcr, false, ret_digest);
}

int replay_get_padded_pcr(
                const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        return get_pcr(replay, bank, pcr, true, ret_digest);
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
        return replay->algorithms;
}

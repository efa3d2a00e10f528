/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/label-signer.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "base/process.h"
#include "core/signature/signer.h"
#include "system/key-source.h"
#include "system/tpm.h"

#define SIGNER_KEY "signer:"
#define PROCESSES_MAX 4

typedef struct Share {
        LabelTable *table;
        LabelNumber first, last, step;
        Signer *signer;
} Share;

static int sign_entry(const Share *share, LabelNumber number)
{
        Digest digest = { .algorithm = HASH_SHA256, .size = LABEL_DIGEST_SIZE };
        _cleanup_free_ uint8_t *value = NULL;
        size_t size = 0;
        int r;

        memcpy(digest.bytes, label_table_get_digest(share->table, number), LABEL_DIGEST_SIZE);
        r = signer_sign(share->signer, SIGNATURE_TYPE_DIGSIG, &digest, &value, &size);
        if (r < 0 || size > LABEL_SIGNATURE_MAX)
                size = 0;
        return label_table_set_signature(share->table, number, value, size);
}

/* The number of signatures that were made. */
static size_t sign_wanted(const Share *share)
{
        size_t n = 0;

        for (LabelNumber i = share->first; i <= share->last; i += share->step)
                if (label_table_get_state(share->table, i) == LABEL_STATE_WANTED) {
                        (void) sign_entry(share, i);
                        n++;
                }
        return n;
}

static void sign_share(const Share *share)
{
        uint32_t wants = 0;

        for (LabelNumber i = share->first; i <= share->last; i += share->step) {
                uint32_t now = label_table_count_wants(share->table);

                if (now != wants)
                        (void) sign_wanted(share);
                wants = now;
                if (label_table_get_state(share->table, i) == LABEL_STATE_UNSIGNED)
                        (void) sign_entry(share, i);
        }
        (void) sign_wanted(share);
}

typedef struct Start {
        Share share;
        int root_fd;
        const char *key_path;
} Start;

/* A key that needs a passphrase is held by imad-signer, which has a credential for it. */
static int open_key(const Start *start, SigningKey *ret_key)
{
        int r = key_source_open(
                        &(KeySource){ start->root_fd, start->key_path, NULL, TPM_TCTI }, ret_key);

        if (r == -ENOKEY &&
                        key_source_open(&(KeySource){ start->root_fd, SIGNER_KEY, NULL, TPM_TCTI },
                                        ret_key) >= 0)
                return 0;
        return r;
}

static void be_signer(void *userdata, int ready_fd)
{
        const Start *start = userdata;
        Share share = start->share;
        _cleanup_signing_key_ SigningKey key = { 0 };
        int r;

        (void) prctl(PR_SET_NAME, "imad-signing");
        key_source_protect_process(false);
        r = open_key(start, &key);
        if (r >= 0)
                r = signer_new(&key, HASH_SHA256, &share.signer);
        if (!process_ready(ready_fd, r < 0 ? r : 0) || r < 0)
                _exit(1);
        sign_share(&share);
        signer_free(share.signer);
        signing_key_done(&key);
        _exit(0);
}

static void end_from(LabelSigners *signers, size_t first)
{
        while (signers->count > first)
                process_end(signers->pids[--signers->count]);
}

void label_signers_done(LabelSigners *signers)
{
        end_from(signers, 0);
}

static size_t count_processes(void)
{
        long processors = sysconf(_SC_NPROCESSORS_ONLN);

        return processors < 1               ? 1
               : processors > PROCESSES_MAX ? PROCESSES_MAX
                                            : (size_t) processors;
}

int label_signers_start(LabelSigners *signers, LabelTable *table, int root_fd, const char *key_path)
{
        LabelNumber last = label_table_get_count(table);
        size_t n = count_processes(), before = signers->count;
        int r = before + n <= LABEL_SIGNERS_MAX ? 0 : -E2BIG;

        for (LabelNumber i = signers->last + 1; r >= 0 && i <= last; i++)
                label_table_retry(table, i);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                LabelNumber first = signers->last + 1 + (LabelNumber) i;
                Start start = {
                        {table, first, last, (LabelNumber) n, NULL},
                        root_fd, key_path
                };

                r = process_start(be_signer, &start, &signers->pids[signers->count]);
                signers->count += r >= 0;
        }
        if (r < 0)
                end_from(signers, before);
        else
                signers->last = last;
        return r;
}

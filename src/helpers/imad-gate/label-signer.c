/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/label-signer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "core/signature/signer.h"
#include "system/key-source.h"
#include "system/tpm.h"

typedef struct Share {
        LabelTable *table;
        LabelNumber first, step;
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
        LabelNumber count = label_table_get_count(share->table);
        size_t n = 0;

        for (LabelNumber i = share->first; i <= count; i += share->step)
                if (label_table_get_state(share->table, i) == LABEL_STATE_WANTED) {
                        (void) sign_entry(share, i);
                        n++;
                }
        return n;
}

static void sign_share(const Share *share)
{
        uint32_t wants = 0;

        for (LabelNumber i = share->first; i <= label_table_get_count(share->table);
                        i += share->step) {
                uint32_t now = label_table_count_wants(share->table);

                if (now != wants)
                        (void) sign_wanted(share);
                wants = now;
                if (label_table_get_state(share->table, i) == LABEL_STATE_UNSIGNED)
                        (void) sign_entry(share, i);
        }
        (void) sign_wanted(share);
}

static void __attribute__((noreturn))
be_signer(Share share, int root_fd, const char *key_path, int ready_fd)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        int r;

        key_source_protect_process(false);
        r = key_source_open(&(KeySource){ root_fd, key_path, NULL, TPM_TCTI }, &key);
        if (r >= 0)
                r = signer_new(&key, HASH_SHA256, &share.signer);
        if (write(ready_fd, &r, sizeof(r)) != sizeof(r) || r < 0)
                _exit(1);
        (void) close(ready_fd);
        sign_share(&share);
        signer_free(share.signer);
        signing_key_done(&key);
        _exit(0);
}

void label_signers_done(LabelSigners *signers)
{
        for (size_t i = 0; i < signers->count; i++) {
                (void) kill(signers->pids[i], SIGKILL);
                (void) waitpid(signers->pids[i], NULL, 0);
        }
        signers->count = 0;
}

static int start_one(const Share *share, int root_fd, const char *key_path, LabelSigners *signers)
{
        _cleanup_close_ int ready = -EBADF, child = -EBADF;
        int fds[2], r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        ready = fds[0];
        child = fds[1];
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                be_signer(*share, root_fd, key_path, child);
        signers->pids[signers->count++] = pid;
        cleanup_closep(&child);
        child = -EBADF;
        return read(ready, &r, sizeof(r)) == (ssize_t) sizeof(r) ? r : -ECHILD;
}

int label_signers_start(LabelTable *table, LabelNumber first, int root_fd, const char *key_path,
                LabelSigners *ret_signers)
{
        _cleanup_label_signers_ LabelSigners signers = { .count = 0 };
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        size_t n = processors < 1                            ? 1
                   : (size_t) processors > LABEL_SIGNERS_MAX ? LABEL_SIGNERS_MAX
                                                             : (size_t) processors;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const Share share = { table, first + (LabelNumber) i, (LabelNumber) n, NULL };

                r = start_one(&share, root_fd, key_path, &signers);
        }
        if (r >= 0)
                *ret_signers = TAKE_STRUCT(signers);
        return r;
}

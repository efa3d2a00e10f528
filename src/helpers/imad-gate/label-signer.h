/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that sign the entries of a table, each its share, in the order of the table, and first
 * what somebody waits for. They hold the key and nothing else.
 */
#pragma once

#include "helpers/imad-gate/label-table.h"

#define LABEL_SIGNERS_MAX 4U

typedef struct LabelSigners {
        pid_t pids[LABEL_SIGNERS_MAX]; /* 0: none */
        size_t count;
} LabelSigners;

/*
 * Starts them for the entries from `first` on that the table has by now; key_path is a key as
 * key_source_open() takes it. The key is tried before this returns: -ENOENT, -EBADMSG for what is
 * no key, -ENOKEY for one that needs a passphrase and that imad-signer does not hold either,
 * -EOPNOTSUPP for one that no kernel verifies with.
 */
int label_signers_start(LabelTable *table, LabelNumber first, int root_fd, const char *key_path,
                LabelSigners *ret_signers);

/* Ends those that still run. */
void label_signers_done(LabelSigners *signers);

#define _cleanup_label_signers_ _cleanup_(label_signers_done)

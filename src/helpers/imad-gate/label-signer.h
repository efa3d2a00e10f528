/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that sign the entries of a table, each its share, in the order of the table, and first
 * what somebody waits for. They hold the key and nothing else.
 */
#pragma once

#include "helpers/imad-gate/label-table.h"

#define LABEL_SIGNERS_MAX 256U

typedef struct LabelSigners {
        pid_t pids[LABEL_SIGNERS_MAX];
        size_t count;
        LabelNumber last; /* the newest entry that they were started for */
} LabelSigners;

/*
 * Starts more of them, for the entries of the table that none was started for yet; key_path is a
 * key as key_source_open() takes it. The key is tried before this returns: -ENOENT, -EBADMSG for
 * what is no key, -ENOKEY for one that needs a passphrase and that imad-signer does not hold
 * either, -EOPNOTSUPP for one that no kernel verifies with. -E2BIG above the limit.
 */
int label_signers_start(
                LabelSigners *signers, LabelTable *table, int root_fd, const char *key_path);

/* Ends those that still run. */
void label_signers_done(LabelSigners *signers);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers what core/policy/simulate/appraisal.h has to ask about one file after the other: digests
 * and signatures by reading them, with the certificates that stand for the kernel's keys. What one
 * file was asked is remembered until the next one, as the kernel does.
 */
#pragma once

#include "core/policy/simulate/appraisal.h"
#include "system/signing.h"

/* Of one thread. */
typedef struct FileOracle {
        SignatureVerifier *verifier; /* borrowed; NULL: signatures stay open */
        int path_fd;                 /* the file at hand, with O_PATH */
        bool is_checked;
        int error; /* of the check */
        SigningCheck check;
        bool is_appended_checked;
        int appended; /* as verify_appended() answers */
        bool has_digest;
        bool is_verity; /* the digest is */
        Digest digest;
} FileOracle;

/* Turns to another file, which must stay open as long as it is asked about. */
void file_oracle_set_file(FileOracle *oracle, int path_fd);

/* The functions that ask it; borrows it. */
AppraisalOracle file_oracle_get_functions(FileOracle *oracle);

/* The labels of the file at hand and what they come to; negative errno when it cannot be read. */
int file_oracle_check(FileOracle *oracle, SigningCheck *ret_check);

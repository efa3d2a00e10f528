/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that the kernel takes and that do not do what somebody meant: never reached, never
 * matching, denying what cannot be labelled, or acting where nobody looks for it.
 *
 * Everything is a warning, said once for each rule of a fragment, however many kernel rules it
 * makes. The work grows with the number of rules only: what is compared with other rules is limited
 * by the bounds of lint-index.h and LINT_PEERS_MAX, behind which less is found.
 */
#pragma once

#include "base/diag.h"
#include "core/policy/compile.h"

/* A mounted file system. */
typedef struct LintFilesystem {
        const char *path; /* where it is mounted */
        const char *type; /* as in /proc/filesystems */
        const char *uuid; /* in lower case, or NULL: none, or not known */
        uint64_t magic;
        bool noexec;       /* nothing can be executed there */
        bool lacks_xattrs; /* it cannot hold security.ima */
} LintFilesystem;

/* What is known of the machine that the policy is for; all zero: nothing. All is borrowed. */
typedef struct LintFacts {
        const LintFilesystem *filesystems;
        size_t n_filesystems;
        const char *const *types; /* registered types of file systems */
        size_t n_types;
        unsigned n_pcrs; /* of the TPM; 0: not known */
} LintFacts;

/*
 * Adds a warning to diags for everything found, in the order of the rules. Rules keep silent about
 * what they allow. The target and facts may be NULL: then nothing that depends on them is looked
 * at. -ENOMEM.
 */
int lint_policy(const Policy *policy, const Target *target, const LintFacts *facts,
                DiagList *diags);

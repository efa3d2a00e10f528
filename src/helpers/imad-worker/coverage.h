/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Of the files that a policy appraises in their normal use, how many pass as they are now: the gate
 * before a policy is enforced.
 */
#pragma once

#include "core/signature/certificate.h"
#include "helpers/imad-worker/simulation.h"

/* Files that are appraised: some request about them is. Each of these is one of the other three. */
typedef struct CoverageCount {
        uint64_t appraised;
        uint64_t passing; /* in every use */
        uint64_t failing; /* in some use, whether the mode enforces or not */
        uint64_t open;    /* nobody can tell, for want of certificates */
} CoverageCount;

typedef struct CoverageGroup {
        char *name;
        CoverageCount count;
} CoverageGroup;

typedef struct Coverage {
        uint64_t files; /* looked at */
        CoverageCount count;
        CoverageCount *rules; /* by number; a file counts for each that appraises it */
        size_t n_rules;
        CoverageGroup *packages; /* the first one is of files without package */
        size_t n_packages;
        CoverageGroup *directories;
        size_t n_directories;
        json_t *missing; /* [{path, package, status, cause, key_id, mend}] */
        uint64_t unlisted;
        uint64_t skipped_mounts;
        uint64_t unreadable; /* what could not be looked at, which may be anything */
        double seconds;
} Coverage;

void coverage_done(Coverage *coverage);

/*
 * Surveys everything below the words of the run, or / when there are none. The certificates stand
 * for the keys that the kernel will have; without any, what has a signature stays open. The
 * worker's error is set on failure.
 */
ExitCode coverage_run(Worker *worker, const Simulation *simulation,
                const CertificateList *certificates, Coverage *ret_coverage);

/* 0 … 100, rounded down to hundredths; 100 when nothing is appraised. */
double coverage_get_percent(const CoverageCount *count);

/*
 * What makes a file pass that an appraisal refuses or leaves open by that cause, which may be NULL;
 * package is its owner or NULL. A command, or half a sentence; malloc()ed, NULL: no memory.
 */
char *coverage_mend(const char *cause, const char *path, const char *package);

#define _cleanup_coverage_ _cleanup_(coverage_done)

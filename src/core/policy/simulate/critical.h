/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files without which a machine does not come up, in the order in which a boot needs them, and the
 * first of them that a policy would deny.
 */
#pragma once

#include "core/policy/simulate/appraisal.h"
#include "core/policy/simulate/file-use.h"

typedef struct CriticalFile {
        const char *path;
        const char *what; /* "the init process": a noun phrase for messages */
        FileUse use;
        const char *fsname; /* of the file system that it lies on */
        uint64_t fsmagic;
        bool has_xattrs;
} CriticalFile;

/* All of them in order; *ret_count of them. Where distributions differ a file has several rows. */
const CriticalFile *critical_list(size_t *ret_count);

/* The row of a path, below a multiarch directory or not; NULL when it is not critical. */
const CriticalFile *critical_find(const char *path);

typedef struct CriticalDenial {
        const CriticalFile *file;
        RuleFunc func; /* the request of its use that is denied */
        unsigned mask;
        SimulateDecision decision;
        Appraisal appraisal;
} CriticalDenial;

/*
 * Finds the first denial of a boot where init, root-owned, uses files of root. With labelled every
 * file that can carry a label has a good signature; else none has one. The simulator is sealed, the
 * target may be NULL. Returns 1, or 0 when nothing is denied.
 */
int critical_find_denial(const Simulator *simulator, const Target *target, bool labelled,
                CriticalDenial *ret_denial);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/problem.h"

#include <stddef.h>

#include "base/cleanup.h"

/* clang-format off */
static const struct {
        const char *name;
        const char *text;
} problems[PROBLEM_MAX] = {
        [PROBLEM_NONE] = { "none", "" },
        [PROBLEM_LIST_ABSENT] = { "list-absent", "The kernel offers no measurement list" },
        [PROBLEM_LIST_DENIED] = { "list-denied", "imad may not read the measurement list" },
        [PROBLEM_LIST_UNREADABLE] = { "list-unreadable", "The measurement list cannot be read" },
        [PROBLEM_LIST_MALFORMED] = { "list-malformed", "The measurement list is malformed" },
        [PROBLEM_LIST_REPLACED] = { "list-replaced",
                "The measurement list got shorter, so it is another kernel's and was read anew" },
        [PROBLEM_TPM_ABSENT] = { "tpm-absent", "No TPM answers" },
        [PROBLEM_TPM_DENIED] = { "tpm-denied", "imad may not use the TPM" },
        [PROBLEM_TPM_BUSY] = { "tpm-busy", "The TPM is busy" },
        [PROBLEM_TPM_RESETTING] = { "tpm-resetting", "The TPM has been reset and not started" },
        [PROBLEM_TPM_LOCKED_OUT] = { "tpm-locked-out", "The TPM is locked out" },
        [PROBLEM_TPM_FAILED] = { "tpm-failed", "The TPM cannot be read" },
        [PROBLEM_TPM_LATE] = { "tpm-late",
                "IMA found no TPM when it started: its driver must be built into the kernel" },
        [PROBLEM_BANK_MISSING] = { "bank-missing", "The TPM lacks a PCR bank" },
};
/* clang-format on */

const char *problem_to_string(Problem problem)
{
        return problem >= 0 && problem < PROBLEM_MAX ? problems[problem].name : NULL;
}

const char *problem_describe(Problem problem)
{
        return problem >= 0 && problem < PROBLEM_MAX ? problems[problem].text : "";
}

typedef struct Meaning {
        int error;
        Problem problem;
} Meaning;

static Problem find_meaning(const Meaning *meanings, size_t n, int error, Problem otherwise)
{
        for (size_t i = 0; i < n; i++)
                if (meanings[i].error == -error)
                        return meanings[i].problem;
        return otherwise;
}

Problem problem_from_list_error(int error)
{
        static const Meaning meanings[] = {
                {ENOENT,   PROBLEM_LIST_ABSENT   },
                { EACCES,  PROBLEM_LIST_DENIED   },
                { EPERM,   PROBLEM_LIST_DENIED   },
                { EBADMSG, PROBLEM_LIST_MALFORMED},
        };

        return find_meaning(meanings, ELEMENTSOF(meanings), error, PROBLEM_LIST_UNREADABLE);
}

/* ETIME is what the kernel says when the TPM did not answer in time. */
Problem problem_from_tpm_error(int error)
{
        static const Meaning meanings[] = {
                {ENODEV,   PROBLEM_TPM_ABSENT    },
                { EACCES,  PROBLEM_TPM_DENIED    },
                { EPERM,   PROBLEM_TPM_DENIED    },
                { EBUSY,   PROBLEM_TPM_BUSY      },
                { ETIME,   PROBLEM_TPM_BUSY      },
                { EUCLEAN, PROBLEM_TPM_RESETTING },
                { EAGAIN,  PROBLEM_TPM_LOCKED_OUT},
                { ENOENT,  PROBLEM_BANK_MISSING  },
        };

        return find_meaning(meanings, ELEMENTSOF(meanings), error, PROBLEM_TPM_FAILED);
}

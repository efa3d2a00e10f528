/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the measurement list or the TPM cannot be read, as a token of D-Bus and in words. */
#pragma once

#include <errno.h>

typedef enum Problem {
        PROBLEM_NONE,
        PROBLEM_LIST_ABSENT, /* the kernel has no IMA, or securityfs is not mounted */
        PROBLEM_LIST_DENIED,
        PROBLEM_LIST_UNREADABLE,
        PROBLEM_LIST_MALFORMED,
        PROBLEM_LIST_REPLACED, /* it got shorter: another kernel's list, which is read anew */
        PROBLEM_TPM_ABSENT,
        PROBLEM_TPM_DENIED,
        PROBLEM_TPM_BUSY,
        PROBLEM_TPM_RESETTING, /* it waits for TPM2_Startup() */
        PROBLEM_TPM_LOCKED_OUT,
        PROBLEM_TPM_FAILED,
        PROBLEM_TPM_LATE,     /* IMA found none when it started */
        PROBLEM_BANK_MISSING, /* a PCR bank is not allocated any more, or none is */
        PROBLEM_MAX,
        PROBLEM_INVALID = -EINVAL,
} Problem;

/* "none", "list-absent", "tpm-busy", …; NULL for what is no problem. */
const char *problem_to_string(Problem problem);

/* A sentence without full stop; "" for none. */
const char *problem_describe(Problem problem);

/* What a negative errno of reading the list, or of system/tpm.h, means. */
Problem problem_from_list_error(int error);
Problem problem_from_tpm_error(int error);

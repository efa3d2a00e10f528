/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/conclude.h"

#include <stdarg.h>

#define HINT_SEE_LOG                                                                               \
        "the kernel log (audit type 1807, res=0) names it; correct it, then imactl policy apply"

int conclude(BootRecord *record, BootOutcome outcome, const char *hint, const char *format, ...)
{
        va_list args;
        int r;

        record->outcome = outcome;
        va_start(args, format);
        r = vasprintf(&record->message, format, args);
        va_end(args);
        if (r < 0) {
                record->message = NULL;
                return -ENOMEM;
        }
        if (hint) {
                record->hint = strdup(hint);
                if (!record->hint)
                        return -ENOMEM;
        }
        return 0;
}

int conclude_from_diags(BootRecord *record, BootOutcome outcome, const DiagList *diags)
{
        const Diag *d = diags->count > 0 ? &diags->items[0] : NULL;

        if (!d)
                return conclude(record, outcome, "run imactl policy apply",
                                "the store of generations cannot be read");
        return conclude(record, outcome, d->hint, "%s: %s", d->source, d->message);
}

/* What an error of a load step means; the first fitting entry is taken, error 0 fits all. */
typedef struct Failure {
        PolicyLoadStep step;
        int error;
        BootOutcome outcome;
        const char *message;
        const char *hint;
} Failure;

/* Version 14 crashes on tables with rows of several lines. */
/* clang-format off */
static const Failure failures[] = {
        { POLICY_LOAD_STEP_OPEN, ENOENT, BOOT_OUTCOME_ALREADY_LOADED,
          "another policy was loaded at this moment",
          HINT_ALREADY },
        { POLICY_LOAD_STEP_OPEN, EBUSY, BOOT_OUTCOME_BUSY,
          "another process holds the kernel's policy file open",
          "find that process with fuser, order it after imad-load.service, and reboot" },
        { POLICY_LOAD_STEP_OPEN, EROFS, BOOT_OUTCOME_READ_ONLY,
          "securityfs is mounted read-only",
          HINT_REMOUNT },
        { POLICY_LOAD_STEP_OPEN, 0, BOOT_OUTCOME_REFUSED,
          "the kernel's policy file cannot be opened",
          "imad-load must run as root, outside of containers" },
        { POLICY_LOAD_STEP_WRITE, EINVAL, BOOT_OUTCOME_REFUSED,
          "the kernel refused a rule",
          HINT_SEE_LOG },
        { POLICY_LOAD_STEP_WRITE, ERANGE, BOOT_OUTCOME_REFUSED,
          "the kernel refused a number in a rule as too large",
          HINT_SEE_LOG },
        { POLICY_LOAD_STEP_WRITE, EACCES, BOOT_OUTCOME_REFUSED,
          "the kernel demands a signature on the policy file, or a security module denied it",
          "sign the policy file with a key in the IMA keyring, or remove func=POLICY_CHECK" },
        { POLICY_LOAD_STEP_WRITE, ETXTBSY, BOOT_OUTCOME_REFUSED,
          "the policy file is open for writing",
          "find the writer with fuser and end it, then reboot" },
        { POLICY_LOAD_STEP_WRITE, ENOENT, BOOT_OUTCOME_REFUSED,
          "the kernel did not find the policy file",
          "/var/lib/imad must be mounted and visible to imad-load.service" },
        { POLICY_LOAD_STEP_WRITE, 0, BOOT_OUTCOME_REFUSED,
          "the kernel refused the policy",
          "see the kernel log for the cause" },
        { POLICY_LOAD_STEP_VERIFY, 0, BOOT_OUTCOME_REFUSED,
          "the kernel took the policy file but did not put the policy in force",
          "see the kernel log for the line \"ima: policy update\"" },
};
/* clang-format on */

int conclude_failure(BootRecord *record, PolicyLoadStep step, int error)
{
        for (size_t i = 0; i < ELEMENTSOF(failures); i++) {
                if (failures[i].step != step ||
                                (failures[i].error != 0 && failures[i].error != error))
                        continue;
                record->error = error;
                return conclude(record, failures[i].outcome, failures[i].hint, "%s: %s",
                                failures[i].message, strerror(error));
        }
        return -EINVAL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/load.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/diag.h"
#include "base/strings.h"
#include "system/generation.h"
#include "system/kernel.h"

#define HINT_SEE_LOG                                                                               \
        "the kernel log (audit type 1807, res=0) names it; correct it, then imactl policy apply"
#define HINT_ALREADY "see imactl doctor for who loaded it, remove that, and reboot"
#define HINT_REMOUNT "remount securityfs read-write before imad-load.service runs"

static int _printf_(4, 5) conclude(
                BootRecord *record, BootOutcome outcome, const char *hint, const char *format, ...)
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

/* The first diagnostic says why the store cannot be used. */
static int conclude_from_diags(BootRecord *record, BootOutcome outcome, const DiagList *diags)
{
        const Diag *d = diags->count > 0 ? &diags->items[0] : NULL;

        if (!d)
                return conclude(record, outcome, "run imactl policy apply",
                                "the store of generations cannot be read");
        return conclude(record, outcome, d->hint, "%s: %s", d->source, d->message);
}

static bool is_disabled(int root_fd)
{
        _cleanup_free_ char *command_line = NULL, *value = NULL;

        return kernel_read_command_line(root_fd, &command_line) >= 0 &&
               kernel_command_line_get(command_line, "imad.policy", &value) > 0 &&
               string_equal(value, "off");
}

/* 1: go on; 0: concluded; negative errno. */
static int check_ima(int root_fd, BootRecord *record)
{
        int r;

        switch (securityfs_get_ima_state(root_fd)) {
        case IMA_STATE_PRESENT:
                return 1;
        case IMA_STATE_NO_SECURITYFS:
                r = conclude(record, BOOT_OUTCOME_NO_SECURITYFS,
                                "mount it, or use a kernel with CONFIG_SECURITYFS=y",
                                "securityfs is not mounted at " SECURITYFS_PATH);
                break;
        default:
                r = conclude(record, BOOT_OUTCOME_NO_IMA, "use a kernel with CONFIG_IMA=y",
                                "this kernel has no IMA");
        }
        return r;
}

/* 1: go on; 0: concluded; negative errno. */
static int check_policy_file(int root_fd, BootRecord *record)
{
        ImaPolicyState state;
        int r = securityfs_get_policy_state(root_fd, &state);

        if (r < 0) {
                record->error = -r;
                return conclude(record, BOOT_OUTCOME_REFUSED,
                                "see whether " SECURITYFS_POLICY_PATH " is accessible",
                                "the kernel's policy file cannot be examined: %s", strerror(-r));
        }
        switch (state) {
        case IMA_POLICY_STATE_LOADABLE:
                return 1;
        case IMA_POLICY_STATE_READ_ONLY:
                record->error = EROFS;
                return conclude(record, BOOT_OUTCOME_READ_ONLY, HINT_REMOUNT,
                                "securityfs is mounted read-only");
        default:
                return conclude(record, BOOT_OUTCOME_ALREADY_LOADED, HINT_ALREADY,
                                "another policy was loaded before, and this kernel takes one");
        }
}

/* 1 with the generation and the running kernel's part of it; 0: concluded; negative errno. */
static int find_policy(int root_fd, Generation *generation, const GenerationKernel **ret_kernel,
                BootRecord *record)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        const GenerationKernel *kernel;
        size_t size;
        int r;

        r = generation_load(root_fd, record->generation, generation, &diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags);
        kernel = record->release ? generation_find_kernel(generation, record->release) : NULL;
        if (!kernel || kernel->rules == 0)
                return conclude(record, BOOT_OUTCOME_NO_POLICY_FOR_KERNEL,
                                "run imactl policy apply under this kernel, then reboot",
                                "generation %" PRIu64 " has no %s for kernel %s",
                                record->generation, kernel ? "rule" : "policy",
                                record->release ? record->release : "(unknown)");
        record->rules = kernel->rules;
        r = generation_read_policy(root_fd, generation, kernel, &text, &size, &diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags);
        *ret_kernel = kernel;
        return 1;
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

static int conclude_failure(BootRecord *record, PolicyLoadStep step, int error)
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

static int load(int root_fd, const PolicyFileOps *ops, const GenerationKernel *kernel,
                BootRecord *record)
{
        static const char *const proofs[] = {
                [POLICY_LOAD_PROOF_GONE] = "",
                [POLICY_LOAD_PROOF_READ_BACK] = ", and shows it in force",
                [POLICY_LOAD_PROOF_NONE] = ", which offers no further proof",
        };
        _cleanup_free_ char *path = NULL;
        PolicyLoadResult result;
        int r = generation_policy_path(record->generation, kernel->release, &path);

        if (r < 0)
                return r;
        /* -ENOMEM too is a verdict of the kernel's, and belongs on record. */
        r = securityfs_load_policy(root_fd, path, ops, &result);
        if (r < 0)
                return conclude_failure(record, result.step, -r);
        return conclude(record, BOOT_OUTCOME_LOADED, NULL,
                        "generation %" PRIu64 " with %" PRIu64 " rules was taken by the kernel%s",
                        record->generation, record->rules, proofs[result.proof]);
}

static int run(int root_fd, const PolicyFileOps *ops, BootRecord *record)
{
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        const GenerationKernel *kernel = NULL;
        GenerationState state;
        int r;

        (void) kernel_get_release(root_fd, &record->release);
        if (is_disabled(root_fd))
                return conclude(record, BOOT_OUTCOME_DISABLED,
                                "reboot without imad.policy=off to load it",
                                "imad.policy=off is on the kernel command line");
        r = check_ima(root_fd, record);
        if (r <= 0)
                return r;
        r = generation_state_load(root_fd, &state, &diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags);
        if (state.intended == 0)
                return conclude(record, BOOT_OUTCOME_NONE_INTENDED,
                                "run imactl policy apply to have one at the next boot",
                                "no policy is intended");
        record->generation = state.intended;
        r = check_policy_file(root_fd, record);
        if (r <= 0)
                return r;
        r = find_policy(root_fd, &generation, &kernel, record);
        if (r <= 0 || !kernel)
                return r;
        return load(root_fd, ops, kernel, record);
}

int load_policy(int root_fd, const PolicyFileOps *ops, BootRecord *ret_record)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        int r;

        /* /run lives as long as the boot: what it says loaded is loaded, and stays so. */
        if (boot_record_load(root_fd, &record) >= 0 && record.outcome == BOOT_OUTCOME_LOADED) {
                *ret_record = TAKE_STRUCT(record);
                return 1;
        }
        boot_record_done(&record);
        r = run(root_fd, ops, &record);
        if (r >= 0)
                *ret_record = TAKE_STRUCT(record);
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/load.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/diag.h"
#include "base/strings.h"
#include "core/policy/import/kernel-text.h"
#include "system/generation.h"
#include "system/kernel.h"
#include "system/rollout.h"
#include "system/settings.h"

#define HINT_SEE_LOG                                                                               \
        "the kernel log (audit type 1807, res=0) names it; correct it, then imactl policy apply"
#define HINT_ALREADY "see imactl doctor for who loaded it, remove that, and reboot"
#define HINT_REMOUNT "remount securityfs read-write before imad-load.service runs"
#define HINT_WRITABLE "make /var/lib/imad writable before imad-load.service runs"
#define HINT_GUARD "see journalctl -b -u imad-load.service"

typedef struct Load {
        int root_fd;
        const LoadOps *ops;
        char boot_id[BOOT_ID_SIZE]; /* "": not known */
        GenerationState state;
        RolloutFinding finding;
        BootRecord *record;
} Load;

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

/* imad.policy= on the kernel command line. */
typedef enum Override {
        OVERRIDE_NONE,
        OVERRIDE_OFF,
        OVERRIDE_GOOD,
} Override;

static Override read_override(int root_fd)
{
        _cleanup_free_ char *command_line = NULL, *value = NULL;

        if (kernel_read_command_line(root_fd, &command_line) < 0 ||
                        kernel_command_line_get(command_line, "imad.policy", &value) <= 0)
                return OVERRIDE_NONE;
        if (string_equal(value, "off"))
                return OVERRIDE_OFF;
        return string_equal(value, "good") ? OVERRIDE_GOOD : OVERRIDE_NONE;
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
                bool *ret_appraises, BootRecord *record)
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
        *ret_appraises = kernel_text_appraises(text);
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

static int load(Load *load, const GenerationKernel *kernel)
{
        static const char *const proofs[] = {
                [POLICY_LOAD_PROOF_GONE] = "",
                [POLICY_LOAD_PROOF_READ_BACK] = ", and shows it in force",
                [POLICY_LOAD_PROOF_NONE] = ", which offers no further proof",
        };
        BootRecord *record = load->record;
        _cleanup_free_ char *path = NULL;
        PolicyLoadResult result;
        int r = generation_policy_path(record->generation, kernel->release, &path);

        if (r < 0)
                return r;
        /* -ENOMEM too is a verdict of the kernel's, and belongs on record. */
        r = securityfs_load_policy(load->root_fd, path, load->ops->policy, &result);
        if (r < 0)
                return conclude_failure(record, result.step, -r);
        return conclude(record, BOOT_OUTCOME_LOADED, NULL,
                        "generation %" PRIu64 " with %" PRIu64 " rules was taken by the kernel%s",
                        record->generation, record->rules, proofs[result.proof]);
}

/* On disk before anything that could end this boot. */
static int begin_try(Load *load)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        GuardianPlan plan = {
                .generation = load->record->generation,
                .confirm_usec = load->state.confirm_within_usec,
                .argv0 = load->ops->argv0,
        };
        int r;

        if (*load->boot_id == '\0')
                return conclude(load->record, BOOT_OUTCOME_UNGUARDED, HINT_GUARD,
                                "this boot has no id, so its try cannot be counted");
        rollout_begin(&load->state, load->record->generation, load->boot_id,
                        time_now(CLOCK_REALTIME));
        r = generation_state_store(load->root_fd, &load->state);
        if (r < 0)
                return conclude(load->record, BOOT_OUTCOME_UNGUARDED, HINT_WRITABLE,
                                "the policy appraises files, and the try cannot be written to "
                                "%s: %s",
                                GENERATION_STATE_PATH, strerror(-r));
        r = settings_load(load->root_fd, &settings, &diags);
        if (r < 0)
                return r;
        plan.boot_usec = settings.boot_timeout_usec;
        r = load->ops->start_guardian(load->root_fd, &plan);
        if (r >= 0)
                return 1;
        /* Nothing was loaded under this try. */
        (void) rollout_shut_down(&load->state, load->boot_id);
        (void) generation_state_store(load->root_fd, &load->state);
        return conclude(load->record, BOOT_OUTCOME_UNGUARDED, HINT_GUARD,
                        "the policy appraises files, and no guardian can be started: %s",
                        strerror(-r));
}

/* What the kernel did not take cannot keep this boot from ending; a trial of it has failed. */
static void end_try(Load *load)
{
        BootTry *try = rollout_find_try(&load->state, load->boot_id);

        if (try) {
                rollout_fail(&load->state, try, load->record->message, time_now(CLOCK_REALTIME));
                (void) rollout_shut_down(&load->state, load->boot_id);
                (void) generation_state_store(load->root_fd, &load->state);
        }
        (void) load->ops->stop_guardian(load->root_fd);
        (void) guardian_restore_panic(load->root_fd);
}

/* 1 when the generation may be loaded; 0: concluded; negative errno. */
static int check_history(Load *load)
{
        if (load->finding == ROLLOUT_FINDING_GOOD_FAILED)
                return conclude(load->record, BOOT_OUTCOME_LAST_BOOT_FAILED,
                                "find the cause in journalctl -b -1; the next boot loads it again, "
                                "unless you run imactl policy rollback or off",
                                "the last boot under generation %" PRIu64 " did not come up",
                                load->record->generation);
        if (load->state.restored)
                return conclude(load->record, BOOT_OUTCOME_LAST_BOOT_FAILED,
                                "see imactl policy log; the next boot loads it again",
                                "the state file was damaged, so it is not known whether the last "
                                "boot came up");
        return 1;
}

static int load_generation(Load *l)
{
        _cleanup_generation_ Generation generation = { 0 };
        const GenerationKernel *kernel = NULL;
        bool appraises = false;
        int r = check_policy_file(l->root_fd, l->record);

        if (r > 0)
                r = find_policy(l->root_fd, &generation, &kernel, &appraises, l->record);
        if (r > 0 && appraises)
                r = check_history(l);
        if (r > 0 && appraises)
                r = begin_try(l);
        if (r <= 0 || !kernel)
                return r;
        r = load(l, kernel);
        if (appraises && (r < 0 || l->record->outcome != BOOT_OUTCOME_LOADED))
                end_try(l);
        return r;
}

/*
 * Reads the state and judges the boots before. 1: go on; 0: damaged, concluded in the record unless
 * that is NULL; negative errno.
 */
static int settle(Load *load, BootRecord *record)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = generation_state_load(load->root_fd, &load->state, &diags);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return record ? conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags)
                              : 0;
        if (rollout_read_boot_id(load->root_fd, load->boot_id) < 0)
                *load->boot_id = '\0';
        load->finding = rollout_settle(&load->state, load->boot_id, time_now(CLOCK_REALTIME));
        /* Where this cannot be written nothing that appraises is loaded, either. */
        if (load->finding != ROLLOUT_FINDING_NONE || load->state.restored)
                (void) generation_state_store(load->root_fd, &load->state);
        return 1;
}

static int conclude_none(Load *load, Override override)
{
        if (override == OVERRIDE_GOOD && load->state.intended != 0)
                return conclude(load->record, BOOT_OUTCOME_DISABLED,
                                "reboot without imad.policy=good to load it",
                                "imad.policy=good is on the kernel command line, and no "
                                "generation is good");
        if (load->finding == ROLLOUT_FINDING_TRIAL_FAILED)
                return conclude(load->record, BOOT_OUTCOME_NONE_INTENDED,
                                "find the cause in journalctl -b -1, then run imactl policy apply",
                                "the trial failed, and nothing was good before: %s",
                                load->state.alarm);
        return conclude(load->record, BOOT_OUTCOME_NONE_INTENDED,
                        "run imactl policy apply to have one at the next boot",
                        "no policy is intended");
}

static int run(Load *load)
{
        Override override = read_override(load->root_fd);
        int r = 1;

        (void) kernel_get_release(load->root_fd, &load->record->release);
        if (override == OVERRIDE_OFF) {
                r = conclude(load->record, BOOT_OUTCOME_DISABLED,
                                "reboot without imad.policy=off to load it",
                                "imad.policy=off is on the kernel command line");
                /* The last boot is judged all the same. */
                if (r >= 0)
                        r = settle(load, NULL);
                return r < 0 ? r : 0;
        }
        r = check_ima(load->root_fd, load->record);
        if (r > 0)
                r = settle(load, load->record);
        if (r <= 0)
                return r;
        load->record->generation = override == OVERRIDE_GOOD ? rollout_find_good(&load->state)
                                                             : load->state.intended;
        return load->record->generation == 0 ? conclude_none(load, override)
                                             : load_generation(load);
}

const LoadOps load_kernel_ops = {
        .start_guardian = guardian_start,
        .stop_guardian = guardian_stop,
};

int load_policy(int root_fd, const LoadOps *ops, BootRecord *ret_record)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        Load load = { .root_fd = root_fd, .ops = ops, .record = &record };
        int r;

        /* /run lives as long as the boot: what it says loaded is loaded, and stays so. */
        if (boot_record_load(root_fd, &record) >= 0 && record.outcome == BOOT_OUTCOME_LOADED) {
                *ret_record = TAKE_STRUCT(record);
                return 1;
        }
        boot_record_done(&record);
        r = run(&load);
        if (r >= 0)
                *ret_record = TAKE_STRUCT(record);
        return r;
}

int load_shut_down(int root_fd)
{
        _cleanup_close_ int lock_fd = -EBADF;
        _cleanup_diags_ DiagList diags = { 0 };
        char boot_id[BOOT_ID_SIZE];
        GenerationState state;
        int r = rollout_read_boot_id(root_fd, boot_id);

        if (r >= 0)
                r = generation_store_wait(root_fd, &lock_fd);
        if (r >= 0)
                r = generation_state_load(root_fd, &state, &diags);
        if (r < 0)
                return r;
        if (rollout_shut_down(&state, boot_id))
                r = generation_state_store(root_fd, &state);
        if (r < 0)
                return r;
        r = guardian_stop(root_fd);
        return r == -ENOENT || r == -ESRCH ? 0 : r;
}

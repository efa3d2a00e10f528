/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/load.h"

#include <inttypes.h>

#include "base/diag.h"
#include "base/fs.h"
#include "base/strings.h"
#include "config.h"
#include "core/policy/import/kernel-text.h"
#include "helpers/imad-load/conclude.h"
#include "helpers/imad-load/load-initrd.h"
#include "system/generation.h"
#include "system/kernel.h"
#include "system/rollout.h"
#include "system/settings.h"

#define HINT_WRITABLE "make /var/lib/imad writable before imad-load.service runs"
#define HINT_GUARD "see journalctl -b -u imad-load.service"
#define HINT_KEYS                                                                                  \
        "put a certificate that this kernel takes into " KEY_STORE_PATH " and sign with its key"
#define HINT_TRIGGER                                                                               \
        "let the policy demand a signature of programs or libraries, and sign imad's own: imactl " \
        "sign " IMAD_LIBEXECDIR "/*"
#define HINT_UNPROVED "sign anew with a key of " KEY_STORE_PATH ", then run imactl policy apply"

typedef struct Load {
        int root_fd;
        int state_fd;        /* the root of state and signed files: the real one */
        const char *sysroot; /* where an initrd sees that; NULL: this is the real root */
        const LoadOps *ops;
        char boot_id[BOOT_ID_SIZE]; /* "": not known */
        GenerationState state;
        RolloutFinding finding;
        BootRecord *record;
        Settings settings;
        BootKeys keys;
        TriggerList triggers;
} Load;

/* The running kernel's part of a generation. */
typedef struct Text {
        Generation generation;
        const GenerationKernel *kernel; /* of the generation */
        char *text;
        size_t size;
        bool appraises;
} Text;

static void text_done(Text *text)
{
        generation_done(&text->generation);
        free(text->text);
}

/* imad.policy= on the kernel command line. */
typedef enum Override {
        OVERRIDE_NONE,
        OVERRIDE_OFF,
        OVERRIDE_GOOD,
        OVERRIDE_OBSERVE,
} Override;

static Override read_override(int root_fd)
{
        _cleanup_free_ char *command_line = NULL, *value = NULL;

        if (kernel_read_command_line(root_fd, &command_line) < 0 ||
                        kernel_command_line_get(command_line, "imad.policy", &value) <= 0)
                return OVERRIDE_NONE;
        if (string_equal(value, "off"))
                return OVERRIDE_OFF;
        if (string_equal(value, "observe"))
                return OVERRIDE_OBSERVE;
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

/* 1: go on; 0: concluded; negative errno. */
static int find_policy(int root_fd, Text *text, BootRecord *record)
{
        _cleanup_diags_ DiagList diags = { 0 };
        const GenerationKernel *kernel;
        int r;

        r = generation_load(root_fd, record->generation, &text->generation, &diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags);
        kernel = record->release ? generation_find_kernel(&text->generation, record->release)
                                 : NULL;
        if (!kernel || kernel->rules == 0)
                return conclude(record, BOOT_OUTCOME_NO_POLICY_FOR_KERNEL,
                                "run imactl policy apply under this kernel, then reboot",
                                "generation %" PRIu64 " has no %s for kernel %s",
                                record->generation, kernel ? "rule" : "policy",
                                record->release ? record->release : "(unknown)");
        record->rules = kernel->rules;
        r = generation_read_policy(
                        root_fd, &text->generation, kernel, &text->text, &text->size, &diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags);
        text->kernel = kernel;
        text->appraises = kernel_text_appraises(text->text);
        return 1;
}

/* "": no key was refused. */
static char *format_refused(const BootKeys *keys)
{
        char *text = NULL;

        if (keys->refused.count == 0)
                return strdup("");
        if (asprintf(&text, "; %zu key%s refused: %s", keys->refused.count,
                            keys->refused.count == 1 ? " was" : "s were",
                            keys->refused.items[0]) < 0)
                return NULL;
        return text;
}

/*
 * The kernel gets its keys before the policy that needs them. 1: go on; 0: concluded; negative
 * errno.
 */
static int prepare_keys(Load *load, const Text *text)
{
        bool signatures = strstr(text->text, "appraise_type=");
        _cleanup_free_ char *refused = NULL;
        int r = load->ops->load_keys(load->root_fd, &load->keys);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return conclude(load->record, BOOT_OUTCOME_KEYS_REFUSED, HINT_GUARD,
                                "the kernel has no keyring for the keys of " KEY_STORE_PATH ": %s",
                                strerror(-r));
        if (load->keys.n_loaded == 0 && load->keys.refused.count == 0)
                return 1;
        refused = format_refused(&load->keys);
        if (!refused)
                return -ENOMEM;
        if (load->keys.n_loaded == 0 && signatures)
                return conclude(load->record, BOOT_OUTCOME_KEYS_REFUSED, HINT_KEYS,
                                "the policy demands signatures, and the kernel has no key%s",
                                refused);
        r = load->ops->find_triggers(load->state_fd, load->sysroot ?: "", &load->keys, text->text,
                        text->size, &load->triggers);
        if (r < 0)
                return r;
        if (load->triggers.count == 0 && signatures && !load->keys.is_trusted)
                return conclude(load->record, BOOT_OUTCOME_NO_TRIGGER, HINT_TRIGGER,
                                "this kernel takes its keys from whoever first uses a signed file, "
                                "and the policy demands no signature of any file that imad could "
                                "use");
        return 1;
}

/* The policy is in force, and denies what it should allow: only another boot helps. */
static int conclude_unproved(Load *load)
{
        BootTry *try = rollout_find_try(&load->state, load->boot_id);
        int r = conclude(load->record, BOOT_OUTCOME_UNPROVED, HINT_UNPROVED,
                        "generation %" PRIu64 " is in force, and the kernel denies %s, which is "
                        "signed with a key of " KEY_STORE_PATH "; the machine reboots",
                        load->record->generation, load->triggers.items[0].path);

        if (r >= 0 && try)
                rollout_fail(&load->state, try, load->record->message, time_now(CLOCK_REALTIME));
        if (try)
                (void) generation_state_store(load->state_fd, &load->state);
        (void) load->ops->expire_guardian(load->root_fd);
        return r;
}

static int conclude_loaded(Load *load, PolicyLoadProof proof)
{
        static const char *const proofs[] = {
                [POLICY_LOAD_PROOF_GONE] = "",
                [POLICY_LOAD_PROOF_READ_BACK] = ", and shows it in force",
                [POLICY_LOAD_PROOF_NONE] = ", which offers no further proof",
        };
        _cleanup_free_ char *refused = format_refused(&load->keys);

        if (!refused)
                return -ENOMEM;
        return conclude(load->record, BOOT_OUTCOME_LOADED, NULL,
                        "generation %" PRIu64 " with %" PRIu64
                        " rules was taken by the kernel%s%s%s",
                        load->record->generation, load->record->rules,
                        load->sysroot ? " in the initrd" : "", proofs[proof], refused);
}

static int load(Load *load, const Text *text)
{
        _cleanup_free_ char *path = NULL;
        PolicyLoadResult result;
        KeyClaim claim = { 0 };
        bool proved;
        int r = text->appraises ? prepare_keys(load, text) : 1;

        if (r > 0)
                r = generation_policy_path(load->record->generation, text->kernel->release, &path);
        if (r < 0 || !path)
                return r;
        if (load->triggers.count > 0 && !load->keys.is_trusted) {
                r = load->ops->claim_keys(&load->triggers, &claim);
                if (r < 0)
                        return r;
        }
        /* -ENOMEM too is a verdict of the kernel's, and belongs on record. */
        r = securityfs_load_policy(load->root_fd, path, load->ops->policy, &result);
        proved = r < 0 || load->triggers.count == 0 || load->ops->prove_keys(&load->triggers) >= 0;
        load->ops->end_claim(&claim);
        if (r < 0)
                return conclude_failure(load->record, result.step, -r);
        return proved ? conclude_loaded(load, result.proof) : conclude_unproved(load);
}

/* On disk before anything that could end this boot. */
static int begin_try(Load *load)
{
        const GuardianPlan plan = {
                .generation = load->record->generation,
                .boot_usec = load->settings.boot_timeout_usec,
                .confirm_usec = load->state.confirm_within_usec,
                .argv0 = load->ops->argv0,
        };
        int r;

        if (*load->boot_id == '\0')
                return conclude(load->record, BOOT_OUTCOME_UNGUARDED, HINT_GUARD,
                                "this boot has no id, so its try cannot be counted");
        rollout_begin(&load->state, load->record->generation, load->boot_id,
                        time_now(CLOCK_REALTIME));
        r = generation_state_store(load->state_fd, &load->state);
        if (r < 0)
                return conclude(load->record, BOOT_OUTCOME_UNGUARDED, HINT_WRITABLE,
                                "the policy appraises files, and the try cannot be written to "
                                "%s: %s",
                                GENERATION_STATE_PATH, strerror(-r));
        r = load->ops->start_guardian(load->root_fd, &plan);
        if (r >= 0)
                return 1;
        /* Nothing was loaded under this try. */
        (void) rollout_shut_down(&load->state, load->boot_id);
        (void) generation_state_store(load->state_fd, &load->state);
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
                (void) generation_state_store(load->state_fd, &load->state);
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

/* 1: go on; 0: concluded; negative errno. `text` is NULL before the copies are read. */
static int check_initrd(Load *load, const Text *text)
{
        _cleanup_free_ char *why = NULL;
        int r;

        if (!load->sysroot)
                return 1;
        r = text ? load_initrd_is_spared(load->root_fd, text->text, text->size, &why)
                 : load_initrd_is_current(load->root_fd, load->state_fd, load->record->generation,
                                   load->record->release, &why);
        if (r != 0)
                return r;
        return conclude(load->record, BOOT_OUTCOME_DEFERRED,
                        text ? "exclude ramfs and tmpfs, or set BootPlacement=root"
                             : "make the initrd anew: update-initramfs -u, or dracut --force",
                        "%s", why);
}

static int load_generation(Load *l)
{
        _cleanup_(text_done) Text text = { 0 };
        int r = check_policy_file(l->root_fd, l->record);

        if (r > 0)
                r = check_initrd(l, NULL);
        if (r > 0)
                r = find_policy(l->root_fd, &text, l->record);
        if (r > 0 && text.appraises)
                r = check_initrd(l, &text);
        if (r > 0 && text.appraises)
                r = check_history(l);
        if (r > 0 && text.appraises)
                r = begin_try(l);
        if (r <= 0)
                return r;
        r = load(l, &text);
        if (text.appraises &&
                        (r < 0 || (l->record->outcome != BOOT_OUTCOME_LOADED &&
                                                  l->record->outcome != BOOT_OUTCOME_UNPROVED)))
                end_try(l);
        return r;
}

/*
 * Reads the state and judges the boots before. 1: go on; 0: damaged, or an initrd cannot write what
 * it found: concluded in the record unless that is NULL; negative errno.
 */
static int settle(Load *load, BootRecord *record)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = generation_state_load(load->state_fd, &load->state, &diags);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return record ? conclude_from_diags(record, BOOT_OUTCOME_CORRUPT_GENERATION, &diags)
                              : 0;
        if (rollout_read_boot_id(load->root_fd, load->boot_id) < 0)
                *load->boot_id = '\0';
        load->finding = rollout_settle(&load->state, load->boot_id, time_now(CLOCK_REALTIME));
        if (load->finding == ROLLOUT_FINDING_NONE && !load->state.restored)
                return 1;
        r = generation_state_store(load->state_fd, &load->state);
        /* The real root can write it. Else the next boot would find the same failure again. */
        if (r < 0 && load->sysroot && record)
                return conclude(record, BOOT_OUTCOME_DEFERRED, HINT_WRITABLE,
                                "what became of the boots before cannot be written to %s: %s",
                                GENERATION_STATE_PATH, strerror(-r));
        /* Where the real root cannot write it nothing that appraises is loaded, either. */
        return 1;
}

static int conclude_none(Load *load, Override override)
{
        if (override == OVERRIDE_GOOD && load->state.intended != 0)
                return conclude(load->record, BOOT_OUTCOME_DISABLED,
                                "reboot without imad.policy=good to load it",
                                "imad.policy=good is on the kernel command line, and no "
                                "generation is good");
        if (override == OVERRIDE_OBSERVE && load->state.intended != 0)
                return conclude(load->record, BOOT_OUTCOME_DISABLED,
                                "reboot without imad.policy=observe to load what is intended; "
                                "imactl policy apply --observe has one observed",
                                "imad.policy=observe is on the kernel command line, and no "
                                "generation is observed");
        if (load->finding == ROLLOUT_FINDING_TRIAL_FAILED)
                return conclude(load->record, BOOT_OUTCOME_NONE_INTENDED,
                                "find the cause in journalctl -b -1, then run imactl policy apply",
                                "the trial failed, and nothing was good before: %s",
                                load->state.alarm);
        return conclude(load->record, BOOT_OUTCOME_NONE_INTENDED,
                        "run imactl policy apply to have one at the next boot",
                        "no policy is intended");
}

/* A machine whose policy is missing says so until somebody has seen it. */
static void raise_alarm(Load *load)
{
        if (!boot_outcome_is_failure(load->record->outcome) ||
                        load->finding != ROLLOUT_FINDING_NONE || load->state.next == 0)
                return;
        rollout_raise_alarm(&load->state, load->record->generation, load->record->message,
                        time_now(CLOCK_REALTIME));
        (void) generation_state_store(load->state_fd, &load->state);
}

/* imad.policy=observe never loads what refuses files, whatever is intended. */
static uint64_t choose_generation(Load *load, Override override)
{
        const GenerationEntry *entry = generation_state_find(&load->state, load->state.intended);

        if (override == OVERRIDE_GOOD)
                return rollout_find_good(&load->state);
        if (override == OVERRIDE_OBSERVE && (!entry || entry->phase != GENERATION_PHASE_OBSERVED))
                return 0;
        return load->state.intended;
}

static int run(Load *load)
{
        Override override = load->settings.allow_kernel_override ? read_override(load->root_fd)
                                                                 : OVERRIDE_NONE;
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
        load->record->generation = choose_generation(load, override);
        return load->record->generation == 0 ? conclude_none(load, override)
                                             : load_generation(load);
}

const LoadOps load_kernel_ops = {
        .start_guardian = guardian_start,
        .stop_guardian = guardian_stop,
        .expire_guardian = guardian_expire,
        .load_keys = boot_keys_load,
        .find_triggers = boot_keys_find_triggers,
        .claim_keys = boot_keys_claim,
        .end_claim = boot_keys_end_claim,
        .prove_keys = boot_keys_prove,
};

/* Nothing was loaded and nothing noted, so the real root can do better. */
static void defer_failure(Load *load)
{
        BootOutcome outcome = load->record->outcome;

        if (load->sysroot && boot_outcome_is_failure(outcome) && outcome != BOOT_OUTCOME_REFUSED &&
                        outcome != BOOT_OUTCOME_UNPROVED &&
                        outcome != BOOT_OUTCOME_LAST_BOOT_FAILED)
                load->record->outcome = BOOT_OUTCOME_DEFERRED;
}

static int load_anew(Load *load)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = settings_load(load->root_fd, &load->settings, &diags);

        if (r >= 0)
                r = run(load);
        if (r >= 0) {
                defer_failure(load);
                raise_alarm(load);
        }
        boot_keys_done(&load->keys);
        settings_done(&load->settings);
        return r;
}

/*
 * /run lives as long as the boot: what it says loaded is loaded, and stays so. What the initrd has
 * left out after a boot that did not come up is left out of this one.
 */
static bool is_final(const BootRecord *record)
{
        return record->outcome == BOOT_OUTCOME_LOADED ||
               (record->in_initrd && record->outcome == BOOT_OUTCOME_LAST_BOOT_FAILED);
}

int load_policy(int root_fd, const LoadOps *ops, BootRecord *ret_record)
{
        _cleanup_boot_record_ BootRecord record = { 0 }, before = { 0 };
        Load load = { .root_fd = root_fd, .state_fd = root_fd, .ops = ops, .record = &record };
        int r = boot_record_load(root_fd, &before);

        if (r >= 0 && is_final(&before)) {
                *ret_record = TAKE_STRUCT(before);
                return 1;
        }
        r = load_anew(&load);
        if (r < 0)
                return r;
        record.initrd = TAKE_PTR(before.initrd);
        *ret_record = TAKE_STRUCT(record);
        return 0;
}

int load_policy_in_initrd(
                int root_fd, const char *sysroot, const LoadOps *ops, BootRecord *ret_record)
{
        _cleanup_close_ int sysroot_fd = fs_open_root(sysroot);
        _cleanup_boot_record_ BootRecord record = { .in_initrd = true };
        Load load = { .root_fd = root_fd,
                .state_fd = sysroot_fd,
                .sysroot = sysroot,
                .ops = ops,
                .record = &record };
        int r;

        if (sysroot_fd < 0)
                return sysroot_fd;
        if (fs_exists(sysroot_fd, GENERATION_STATE_PATH))
                r = load_anew(&load);
        else
                r = conclude(&record, BOOT_OUTCOME_DEFERRED, NULL,
                                GENERATION_STATE_PATH " is not on the root file system");
        if (r >= 0 && record.outcome == BOOT_OUTCOME_DEFERRED) {
                record.initrd = strdup(record.message);
                r = record.initrd ? 0 : -ENOMEM;
        }
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

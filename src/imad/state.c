/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/state.h"

#include "base/diag-code.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/strings.h"
#include "system/boot-record.h"
#include "system/generation.h"
#include "system/guardian.h"
#include "system/kernel.h"
#include "system/rollout.h"
#include "system/securityfs.h"

/* What PID 1 loads; systemd, src/core/ima-setup.c. */
#define FOREIGN_POLICY_PATH "/etc/ima/ima-policy"

static const char *const policy_state_names[POLICY_STATE_MAX] = {
        [POLICY_STATE_NONE] = "none",
        [POLICY_STATE_LOADED] = "loaded",
        [POLICY_STATE_NEXT_BOOT] = "next-boot",
        [POLICY_STATE_FAILED] = "failed",
        [POLICY_STATE_FOREIGN] = "foreign",
        [POLICY_STATE_UNSUPPORTED] = "unsupported",
};

const char *policy_state_to_string(PolicyState state)
{
        return policy_state_names[state];
}

void state_done(State *state)
{
        free(state->release);
        json_decref(state->boot);
        json_decref(state->trial);
        json_decref(state->alarm);
        *state = (State){ 0 };
}

static bool is_consumed(int root_fd)
{
        ImaPolicyState state;

        return securityfs_get_policy_state(root_fd, &state) >= 0 &&
               state == IMA_POLICY_STATE_CONSUMED;
}

/* A failure counts until something else is intended; then the next boot decides. */
static PolicyState determine_policy_state(int root_fd, const State *state, const BootRecord *record)
{
        if (!state->supported)
                return POLICY_STATE_UNSUPPORTED;
        if (record && record->outcome == BOOT_OUTCOME_LOADED)
                return record->generation == state->intended ? POLICY_STATE_LOADED
                                                             : POLICY_STATE_NEXT_BOOT;
        if ((record && record->outcome == BOOT_OUTCOME_ALREADY_LOADED) || is_consumed(root_fd))
                return POLICY_STATE_FOREIGN;
        if (record && boot_outcome_is_failure(record->outcome) &&
                        (state->intended == 0 || record->generation == state->intended ||
                                        record->generation == 0))
                return POLICY_STATE_FAILED;
        return state->intended > 0 ? POLICY_STATE_NEXT_BOOT : POLICY_STATE_NONE;
}

static int read_generation_rules(int root_fd, const State *state, char **ret_text, DiagList *diags)
{
        _cleanup_generation_ Generation generation = { 0 };
        const GenerationKernel *kernel;
        int r = generation_load(root_fd, state->generation, &generation, diags);

        if (r < 0)
                return r;
        kernel = generation_find_kernel(&generation, state->release);
        if (!kernel)
                return -ENOENT;
        return generation_read_policy(root_fd, &generation, kernel, ret_text, NULL, diags);
}

/* The custom policy in force: as the kernel shows it where it does, else as it was loaded. */
static char *read_rules(int root_fd, const State *state, DiagList *diags)
{
        char *text = NULL;

        if (state->generation == 0 && state->policy != POLICY_STATE_FOREIGN)
                return NULL;
        if (fs_read_file(root_fd, SECURITYFS_POLICY_PATH, GENERATION_POLICY_MAX, &text, NULL) >= 0)
                return text;
        if (state->generation > 0)
                (void) read_generation_rules(root_fd, state, &text, diags);
        else
                (void) fs_read_file(
                                root_fd, FOREIGN_POLICY_PATH, GENERATION_POLICY_MAX, &text, NULL);
        return text;
}

/* Not /proc/config.gz: what unpacks it would double the daemon. Then nothing is known. */
static Kconfig *read_config(int root_fd, const char *release)
{
        _cleanup_free_ char *text = NULL, *path = NULL;
        Kconfig *config = NULL;
        size_t size;

        if (release && kernel_read_config_file(root_fd, release, &text, &size, &path) >= 0)
                (void) kconfig_parse(text, size, &config);
        return config;
}

static Enforcement determine_enforcement(int root_fd, const State *state, DiagList *diags)
{
        _cleanup_(kconfig_freep) Kconfig *config = read_config(root_fd, state->release);
        _cleanup_free_ char *rules = read_rules(root_fd, state, diags), *command_line = NULL;

        if (kernel_read_command_line(root_fd, &command_line) < 0)
                command_line = NULL;
        return enforcement_determine(&(EnforcementInput){
                        .ima = state->supported,
                        .command_line = command_line,
                        .config = config,
                        .rules = rules,
        });
}

static int read_boot_record(int root_fd, BootRecord *record, DiagList *diags)
{
        int r = boot_record_load(root_fd, record);

        if (r == -EBADMSG)
                (void) diag_error(diags, DIAG_CODE_BOOT_RECORD,
                                ((DiagPlace){ .source = BOOT_RECORD_PATH }),
                                "reboot, so that imad-load writes it anew",
                                "record of this boot is malformed");
        return r;
}

/* {"state", "confirm_within_usec", "deadline_usec"}: when the guardian reboots, 0 without one. */
static int describe_trial(int root_fd, GenerationState *rollout, json_t **ret_trial)
{
        const GenerationEntry *entry = generation_state_find(rollout, rollout->intended);
        _cleanup_json_ json_t *trial = NULL;
        char boot_id[BOOT_ID_SIZE];
        Guardian guardian = { 0 };
        const BootTry *try = NULL;

        if (!entry || (entry->phase != GENERATION_PHASE_CANDIDATE &&
                                      entry->phase != GENERATION_PHASE_TRIAL))
                return 0;
        if (rollout_read_boot_id(root_fd, boot_id) >= 0)
                try = rollout_find_try(rollout, boot_id);
        if (try && guardian_load(root_fd, &guardian) < 0)
                guardian = (Guardian){ 0 };
        trial = json_pack("{s:s, s:s?, s:I}", "state", generation_phase_to_string(entry->phase),
                        "result", try ? boot_try_result_to_string(try->result) : NULL,
                        "confirm_within_usec", (json_int_t) rollout->confirm_within_usec);
        if (!trial || json_set_time(trial, "deadline_usec", guardian.deadline_usec) < 0)
                return -ENOMEM;
        *ret_trial = TAKE_PTR(trial);
        return 0;
}

static int describe_alarm(const GenerationState *rollout, json_t **ret_alarm)
{
        _cleanup_json_ json_t *alarm = NULL;

        if (*rollout->alarm == '\0')
                return 0;
        alarm = json_pack("{s:s}", "message", rollout->alarm);
        if (!alarm || json_set_time(alarm, "since_usec", rollout->alarm_usec) < 0)
                return -ENOMEM;
        *ret_alarm = TAKE_PTR(alarm);
        return 0;
}

int state_read(int root_fd, State *ret_state, DiagList *diags)
{
        _cleanup_state_ State state = { 0 };
        _cleanup_boot_record_ BootRecord record = { 0 };
        GenerationState intended = { 0 };
        bool recorded;

        state.supported = securityfs_get_ima_state(root_fd) == IMA_STATE_PRESENT;
        if (kernel_get_release(root_fd, &state.release) < 0)
                state.release = NULL;
        if (generation_state_load(root_fd, &intended, diags) >= 0)
                state.intended = intended.intended;
        if (describe_trial(root_fd, &intended, &state.trial) < 0 ||
                        describe_alarm(&intended, &state.alarm) < 0)
                return -ENOMEM;
        recorded = read_boot_record(root_fd, &record, diags) >= 0;
        if (recorded) {
                state.boot = boot_record_to_json(&record);
                if (!state.boot)
                        return -ENOMEM;
        }
        if (recorded && record.outcome == BOOT_OUTCOME_LOADED) {
                state.generation = record.generation;
                state.rules = record.rules;
        }
        state.policy = determine_policy_state(root_fd, &state, recorded ? &record : NULL);
        state.enforcement = determine_enforcement(root_fd, &state, diags);
        *ret_state = TAKE_STRUCT(state);
        return 0;
}

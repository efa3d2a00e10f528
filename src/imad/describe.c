/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/describe.h"

#include "base/json.h"
#include "base/strings.h"
#include "config.h"
#include "imad/manager.h"

static json_t *describe_policy(const State *state)
{
        return json_pack("{s:s, s:I, s:I, s:I, s:O?, s:O?, s:O?}", "state",
                        policy_state_to_string(state->policy), "generation",
                        (json_int_t) state->generation, "intended", (json_int_t) state->intended,
                        "rules", (json_int_t) state->rules, "boot", state->boot, "trial",
                        state->trial, "alarm", state->alarm);
}

static json_t *describe_measurements(const TailState *tail)
{
        _cleanup_json_ json_t *object = json_pack("{s:I, s:I, s:s, s:o*, s:s, s:s?}", "entries",
                        (json_int_t) tail->count, "violations", (json_int_t) tail->violations,
                        "status", verdict_to_string(tail->verdict), "banks",
                        tail_results_to_json(tail), "condition", problem_to_string(tail->problem),
                        "problem", *tail->problem_text ? tail->problem_text : NULL);

        if (!object)
                return NULL;
        if (tail->verified_usec > 0) {
                if (json_set_time(object, "last_verified_usec", tail->verified_usec) < 0)
                        return NULL;
        } else if (json_object_set_new(object, "last_verified_usec", json_integer(0)) < 0 ||
                        json_object_set_new(object, "last_verified", json_null()) < 0) {
                return NULL;
        }
        return TAKE_PTR(object);
}

static json_t *describe_tpm(const TailState *tail)
{
        _cleanup_json_ json_t *banks = json_array();

        for (size_t i = 0; banks && i < tail->n_results; i++)
                if (i == 0 || tail->results[i].bank != tail->results[i - 1].bank)
                        (void) json_array_append_new(
                                        banks, json_string(hash_algorithm_to_string(
                                                               tail->results[i].bank)));
        return json_pack("{s:b, s:s?, s:O?}", "present", tail->tpm, "source",
                        tail->tpm ? tpm_source_to_string(tail->tpm_source) : NULL, "banks",
                        tail->tpm ? banks : NULL);
}

static void add_step(json_t *steps, const char *text)
{
        if (text)
                (void) json_array_append_new(steps, json_string(text));
}

static const char *const policy_steps[POLICY_STATE_MAX] = {
        [POLICY_STATE_NONE] =
                        "No policy is in force. Run \"imactl preset list\" and \"imactl preset "
                        "enable NAME\", or write a fragment to /etc/imad/policy.d, then run "
                        "\"imactl policy apply\".",
        [POLICY_STATE_FOREIGN] = "A policy was loaded by somebody else, so imad cannot load one at "
                                 "this boot. Run \"imactl doctor\" to see who loaded it; \"imactl "
                                 "policy import\" makes a fragment of it.",
        [POLICY_STATE_UNSUPPORTED] =
                        "IMA cannot be used here. Run \"imactl doctor\" to see what the "
                        "kernel lacks.",
};

static void add_rollout_steps(json_t *steps, const State *state)
{
        const char *alarm = json_string_value(json_object_get(state->alarm, "message"));
        const char *result = json_string_value(json_object_get(state->trial, "result"));

        if (alarm)
                (void) json_array_append_new(steps,
                                json_sprintf("A boot did not come up under a policy: %s. Run "
                                             "\"imactl policy log\" and \"journalctl -b -1\" for "
                                             "the cause; \"imactl policy confirm\" acknowledges "
                                             "it.",
                                                alarm));
        if (string_equal(result, "waiting"))
                add_step(steps, "This boot tries a policy, and came up. Run \"imactl policy "
                                "confirm\" to keep it, or the machine reboots without it.");
        else if (string_equal(result, "open"))
                add_step(steps, "This boot tries a policy, and is not judged yet. Run \"systemctl "
                                "status imad-bless.service\".");
}

static void add_policy_step(json_t *steps, const State *state)
{
        const char *hint = json_string_value(json_object_get(state->boot, "hint"));

        if (state->policy == POLICY_STATE_NEXT_BOOT && state->intended > 0)
                (void) json_array_append_new(
                                steps, json_sprintf("Generation %" JSON_INTEGER_FORMAT
                                                    " is loaded at the next boot. Run \"systemctl "
                                                    "reboot\" when it suits you.",
                                                       (json_int_t) state->intended));
        else if (state->policy == POLICY_STATE_NEXT_BOOT)
                add_step(steps, "The next boot loads no policy. Run \"systemctl reboot\" when it "
                                "suits you.");
        else if (state->policy == POLICY_STATE_FAILED)
                (void) json_array_append_new(steps,
                                json_sprintf("The policy was not loaded at this boot: %s. %s",
                                                json_string_value(json_object_get(
                                                                state->boot, "message")),
                                                hint ? hint : "Run \"imactl doctor\"."));
        else
                add_step(steps, policy_steps[state->policy]);
}

/* True when there is something to do about the fragments. */
static bool add_pending_step(json_t *steps, const json_t *pending)
{
        const json_t *diagnostics = json_object_get(pending, "diagnostics"), *item;
        size_t i;

        json_array_foreach (diagnostics, i, item) {
                const char *severity = json_string_value(json_object_get(item, "severity"));

                if (string_equal(severity, "error")) {
                        add_step(steps, "The fragments have errors, so they cannot be applied. Run "
                                        "\"imactl policy check\" and mend them.");
                        return true;
                }
        }
        if (!json_is_true(json_object_get(pending, "changed")))
                return false;
        add_step(steps, "The fragments differ from the intended generation. Run \"imactl policy "
                        "apply\".");
        return true;
}

static void add_measurement_step(json_t *steps, const TailState *tail)
{
        if (tail->verdict == VERDICT_NO_TPM)
                add_step(steps, "No TPM answers, so the measurement list cannot be verified. Run "
                                "\"imactl doctor\".");
        else if (tail->verdict == VERDICT_DIVERGED)
                add_step(steps, "The measurement list and the TPM do not agree. Run \"imactl "
                                "measurements verify\" and treat this machine as suspect.");
        else if (tail->problem != PROBLEM_NONE)
                (void) json_array_append_new(steps,
                                json_sprintf("%s. Run \"imactl doctor\".", tail->problem_text));
}

static void add_package_step(json_t *steps, const StringList *packages)
{
        if (packages->count > 0)
                (void) json_array_append_new(steps,
                                json_sprintf("%zu package%s installed without imad, %s%s. Run "
                                             "\"imactl sign --installed\" to have the files "
                                             "signed.",
                                                packages->count,
                                                packages->count == 1 ? " was" : "s were",
                                                packages->items[0],
                                                packages->count == 1 ? "" : " among them"));
}

static json_t *describe_steps(const Manager *manager)
{
        json_t *steps = json_array();

        if (steps) {
                bool pending = add_pending_step(steps, pending_get(&manager->pending));

                /* Whoever has fragments need not be told how to begin. */
                add_rollout_steps(steps, &manager->state);
                if (!pending || manager->state.policy != POLICY_STATE_NONE)
                        add_policy_step(steps, &manager->state);
                if (manager->state.supported)
                        add_measurement_step(steps, tail_get_state(manager->tail));
                add_package_step(steps, &manager->unrecorded.packages);
        }
        return steps;
}

json_t *describe_manager(const Manager *manager)
{
        const State *state = &manager->state;
        const TailState *tail = tail_get_state(manager->tail);

        return json_pack("{s:s, s:{s:s?, s:b}, s:s, s:o, s:O, s:o, s:o, s:o}", "version",
                        IMAD_VERSION, "kernel", "release", state->release, "ima", state->supported,
                        "enforcement", enforcement_to_string(state->enforcement), "policy",
                        describe_policy(state), "pending", pending_get(&manager->pending),
                        "measurements", describe_measurements(tail), "tpm", describe_tpm(tail),
                        "next_steps", describe_steps(manager));
}

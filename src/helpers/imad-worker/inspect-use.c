/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/inspect-use.h"

#include "base/json.h"
#include "helpers/imad-worker/simulation.h"
#include "system/file-oracle.h"

typedef struct Use {
        Appraisal appraisal; /* the worst of its requests */
        RuleFunc func;
        int rule;
} Use;

static void take_outcome(void *userdata, const Request *request, const Outcome *outcome)
{
        Use *use = userdata;

        if (use->appraisal.status >= outcome->appraisal.status)
                return;
        use->appraisal = outcome->appraisal;
        use->func = request->func;
        use->rule = outcome->decision.classes[SIMULATE_CLASS_APPRAISE].rule;
}

/* What the kernel does; where the mode does not enforce, what fails is allowed all the same. */
static const char *describe(const Appraisal *a)
{
        static const char *const names[APPRAISAL_STATUS_MAX] = {
                [APPRAISAL_STATUS_NOT_APPRAISED] = "not-appraised",
                [APPRAISAL_STATUS_PASSES] = "allowed",
                [APPRAISAL_STATUS_OPEN] = "unknown",
                [APPRAISAL_STATUS_FIXED] = "fixed",
                [APPRAISAL_STATUS_FAILS] = "tolerated",
        };

        return a->is_denied ? "denied" : names[a->status];
}

static json_t *use_to_json(const Simulation *s, FileUse number, const Use *use)
{
        const Appraisal *a = &use->appraisal;
        _cleanup_json_ json_t *json = json_pack("{s:s, s:s, s:s?}", "use",
                        file_use_to_string(number), "verdict", describe(a), "cause", a->cause);
        int r = json ? 0 : -ENOMEM;

        if (r >= 0 && a->status != APPRAISAL_STATUS_NOT_APPRAISED)
                r = json_object_set_new(
                                json, "func", json_string(rule_func_get_info(use->func)->name));
        if (r >= 0 && use->rule >= 0)
                r = json_object_set_new(
                                json, "rule", simulation_rule_to_json(s, (size_t) use->rule));
        return r < 0 ? NULL : TAKE_PTR(json);
}

static json_t *uses_to_json(const Simulation *s, SimulationOverride *override, const char *path,
                const FileFacts *facts, FileOracle *oracle)
{
        const AppraisalOracle functions = file_oracle_get_functions(oracle);
        _cleanup_json_ json_t *list = json_array();

        for (int number = 0; list && number < FILE_USE_MAX; number++) {
                Use use = { .rule = SIMULATE_NO_RULE };

                override->use = (FileUse) number;
                simulation_ask_file(s, override, path, facts, &functions, take_outcome, &use);
                if (json_array_append_new(list, use_to_json(s, (FileUse) number, &use)) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

static int report_policy(Worker *worker, const Simulation *s)
{
        return worker_set(worker, "policy",
                        json_pack("{s:s, s:s, s:b, s:s?}", "source", s->source, "appraise_mode",
                                        builtin_appraise_mode_to_string(s->settings.mode), "evm",
                                        s->settings.is_evm_active, "kernel",
                                        s->target ? s->target->release : NULL));
}

ExitCode inspect_uses(Worker *worker, const char *path, int path_fd, SignatureVerifier *verifier)
{
        _cleanup_simulation_ Simulation s = { 0 };
        SimulationOverride override;
        FileFacts facts;
        FileOracle oracle = { .verifier = verifier };
        int r;

        if (simulation_choose_policy(worker) < 0)
                return EXIT_CODE_OK;
        if (simulation_read_override(worker, &override) < 0 || simulation_prepare(worker, &s) < 0)
                return worker->code;
        file_oracle_set_file(&oracle, path_fd);
        r = file_facts_read(path_fd, &s.mounts, true, &facts);
        if (r >= 0)
                r = report_policy(worker, &s);
        if (r >= 0)
                r = worker_set(worker, "uses", uses_to_json(&s, &override, path, &facts, &oracle));
        return r < 0 ? worker_fail_errno(worker, r, worker->words[0]) : EXIT_CODE_OK;
}

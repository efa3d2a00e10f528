/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/denial.h"

#include "core/policy/code.h"
#include "core/policy/simulate/critical.h"

static int make_simulator(const Policy *policy, const Target *target, Simulator **ret_simulator)
{
        _cleanup_(simulate_freep) Simulator *simulator = NULL;
        int r = simulate_new(target, &simulator);

        for (size_t i = 0; r >= 0 && i < policy_get_rule_count(policy); i++)
                r = simulate_add_rule(simulator, policy_get_rule(policy, i),
                                (SimulateOrigin){ "policy", (uint32_t) i + 1, true });
        if (r >= 0)
                r = simulate_seal(simulator, true);
        if (r >= 0)
                *ret_simulator = TAKE_PTR(simulator);
        return r;
}

static int warn(const Policy *policy, const CriticalDenial *denial, bool labelled,
                const char *source, DiagList *diags)
{
        const CriticalFile *file = denial->file;
        const Rule *rule = policy_get_rule(
                        policy, (size_t) denial->decision.classes[SIMULATE_CLASS_APPRAISE].rule);
        DiagPlace place = { .source = source, .line = rule->line, .column = rule->column };
        const char *func = rule_func_get_info(denial->func)->name;

        if (!labelled)
                return diag_warning(diags, POLICY_CODE_BOOT_DENIAL, place,
                                "label every file that the rule reaches before the policy is "
                                "loaded",
                                "would deny %s, %s, at %s as long as it has no label", file->path,
                                file->what, func);
        if (!file->has_xattrs)
                return diag_warning(diags, POLICY_CODE_BOOT_DENIAL, place,
                                "put a rule before it: action: dont_appraise, fsmagic: [proc, "
                                "sysfs, securityfs, cgroup2, …]",
                                "would deny %s, %s, at %s whatever is labelled: %s holds no labels",
                                file->path, file->what, func, file->fsname);
        return diag_warning(diags, POLICY_CODE_BOOT_DENIAL, place,
                        "limit the rule by fowner, func or fsmagic, or exclude the files before it",
                        "would deny %s, %s, at %s even with a label", file->path, file->what, func);
}

int denial_warn(const Policy *policy, const Target *target, const char *source, DiagList *diags)
{
        _cleanup_(simulate_freep) Simulator *simulator = NULL;
        CriticalDenial bare, labelled;
        bool is_bare, is_labelled;
        int r;

        if (!policy_has_action(policy, RULE_ACTION_APPRAISE))
                return 0;
        r = make_simulator(policy, target, &simulator);
        if (r < 0)
                return r;
        is_bare = critical_find_denial(simulator, target, false, &bare) > 0;
        is_labelled = critical_find_denial(simulator, target, true, &labelled) > 0;
        if (is_bare && !(is_labelled && bare.file == labelled.file))
                r = warn(policy, &bare, false, source, diags);
        if (r >= 0 && is_labelled)
                r = warn(policy, &labelled, true, source, diags);
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/worker.h"
#include "system/vouch-rules.h"

static json_t *rule_to_json(const VouchRule *rule)
{
        json_t *paths = json_array();

        for (size_t i = 0; i < rule->paths.count; i++)
                (void) json_array_append_new(paths, json_string(rule->paths.items[i]));
        return json_pack("{s:s, s:o, s:s, s:I, s:I}", "id", rule->id, "paths", paths, "package",
                        rule->package, "max_files", (json_int_t) rule->max_files, "max_size",
                        (json_int_t) rule->max_size);
}

static int report_rules(Worker *worker, const VouchRules *rules)
{
        json_t *list = json_array();

        for (size_t i = 0; i < rules->count; i++)
                if (json_array_append_new(list, rule_to_json(&rules->items[i])) < 0) {
                        json_decref(list);
                        return -ENOMEM;
                }
        return worker_set(worker, "rules", list);
}

ExitCode verb_vouch_check(Worker *worker)
{
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_strings_ StringList paths = { 0 };
        DiagList *diags = &worker->diags;
        bool is_valid;
        int r = worker_resolve_words(worker, &paths);

        if (r >= 0 && paths.count == 0)
                r = vouch_rules_load(worker->root_fd, &rules, diags);
        else if (r >= 0)
                r = vouch_rules_load_files(worker->root_fd, (const char *const *) paths.items,
                                paths.count, &rules, diags);
        is_valid = diags->errors == 0 && !(worker->strict && diags->count > 0);
        if (r >= 0)
                r = worker_set(worker, "valid", json_boolean(is_valid));
        if (r >= 0)
                r = report_rules(worker, &rules);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot check the rules");
        return is_valid ? EXIT_CODE_OK : EXIT_CODE_INVALID_INPUT;
}

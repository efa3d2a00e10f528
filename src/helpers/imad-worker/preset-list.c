/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/presets.h"

static int add_preset(Worker *worker, const char *name, json_t *array)
{
        _cleanup_(preset_summary_done) PresetSummary summary = { 0 };
        _cleanup_free_ char *target = NULL, *link = NULL;
        PresetState state;
        json_t *item;
        int r = presets_get_paths(name, &target, &link);

        if (r >= 0)
                r = presets_get_state(worker, link, target, &state);
        if (r < 0)
                return r;
        r = presets_summarize(worker, target, &summary);
        if (r < 0)
                return r;
        item = json_pack("{s:s, s:s, s:s, s:s?, s:b, s:b}", "name", name, "path", target, "link",
                        link, "description", summary.description, "refuses", summary.refuses,
                        "enabled", state == PRESET_STATE_ENABLED);
        return item && json_array_append_new(array, item) >= 0 ? 0 : -ENOMEM;
}

ExitCode verb_preset_list(Worker *worker)
{
        _cleanup_strings_ StringList names = { 0 };
        json_t *array = json_array();
        int r = worker_set(worker, "presets", array);

        if (r >= 0)
                r = presets_list(worker, &names);
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = add_preset(worker, names.items[i], array);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot list the presets");
        return EXIT_CODE_OK;
}

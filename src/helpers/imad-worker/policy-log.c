/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "helpers/imad-worker/observation.h"
#include "helpers/imad-worker/store.h"

/* What was forced stands in the generations, as long as they are kept. */
static int add_forced(Worker *worker, json_t *generations)
{
        json_t *item;
        size_t i;

        json_array_foreach (generations, i, item) {
                _cleanup_generation_ Generation generation = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };
                json_int_t number = json_integer_value(json_object_get(item, "number"));
                int r = generation_load(worker->root_fd, (uint64_t) number, &generation, &diags);

                if (r == -ENOMEM)
                        return r;
                if (json_object_set_new(item, "forced", json_string(generation.forced ?: "")) < 0 ||
                                json_object_set_new(item, "forced_reason",
                                                json_string(generation.reason ?: "")) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* The stored history as it is, or what --observed asks for. */
ExitCode verb_policy_log(Worker *worker)
{
        _cleanup_json_ json_t *json = NULL;
        GenerationState state;
        int r;

        if (worker->observed)
                return observation_report(worker);
        r = store_load_state(worker, &state);
        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        json = generation_state_to_json(&state);
        r = json ? json_object_del(json, "version") : -ENOMEM;
        if (r >= 0)
                r = add_forced(worker, json_object_get(json, "generations"));
        if (r >= 0)
                r = json_object_update(worker->result, json);
        return r < 0 ? worker_fail_errno(worker, -ENOMEM, GENERATION_STATE_PATH) : EXIT_CODE_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "helpers/imad-worker/store.h"

/* The stored history as it is. */
ExitCode verb_policy_log(Worker *worker)
{
        _cleanup_json_ json_t *json = NULL;
        GenerationState state;
        int r = store_load_state(worker, &state);

        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        json = generation_state_to_json(&state);
        r = json ? json_object_del(json, "version") : -ENOMEM;
        if (r >= 0)
                r = json_object_update(worker->result, json);
        return r < 0 ? worker_fail_errno(worker, -ENOMEM, GENERATION_STATE_PATH) : EXIT_CODE_OK;
}

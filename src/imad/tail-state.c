/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/tail-state.h"

#include "base/json.h"
#include "base/strings.h"

static bool results_equal(const TailState *a, const TailState *b)
{
        if (a->n_results != b->n_results)
                return false;
        for (size_t i = 0; i < a->n_results; i++) {
                const TailResult *x = &a->results[i], *y = &b->results[i];

                if (x->bank != y->bank || x->pcr != y->pcr || x->verdict != y->verdict ||
                                x->has_value != y->has_value || x->confirmed != y->confirmed ||
                                x->behind != y->behind || !digest_equal(&x->value, &y->value) ||
                                !digest_equal(&x->replayed, &y->replayed))
                        return false;
        }
        return true;
}

TailChange tail_state_compare(const TailState *before, const TailState *now)
{
        return (TailChange){
                .counts = now->count != before->count || now->violations != before->violations,
                .results = !results_equal(now, before),
                .verdict = now->verdict != before->verdict,
                .problem = now->problem != before->problem,
        };
}

json_t *tail_results_to_json(const TailState *state)
{
        _cleanup_json_ json_t *array = json_array();

        for (size_t i = 0; array && i < state->n_results; i++) {
                const TailResult *result = &state->results[i];
                char value[2 * DIGEST_SIZE_MAX + 1], replayed[2 * DIGEST_SIZE_MAX + 1];
                json_t *item;

                hex_encode(result->value.bytes, result->value.size, value);
                hex_encode(result->replayed.bytes, result->replayed.size, replayed);
                item = json_pack("{s:s, s:I, s:s?, s:s?, s:s, s:I, s:I}", "algorithm",
                                hash_algorithm_to_string(result->bank), "pcr",
                                (json_int_t) result->pcr, "value", result->has_value ? value : NULL,
                                "replayed", result->replayed.size > 0 ? replayed : NULL, "verdict",
                                verdict_to_string(result->verdict), "confirmed",
                                (json_int_t) result->confirmed, "behind",
                                (json_int_t) result->behind);
                if (json_array_append_new(array, item) < 0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

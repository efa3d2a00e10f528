/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "helpers/imad-worker/worker.h"
#include "system/transaction-store.h"

static int set(json_t *item, const char *key, json_t *value)
{
        return json_object_set_new(item, key, value) < 0 ? -ENOMEM : 0;
}

/* Of lists only how long they are. */
static int summarize(const json_t *report, json_t *item)
{
        static const char *const kept[] = { "begin", "begin_usec", "end", "end_usec", "owner",
                "labelled" };
        static const char *const counted[] = { "packages", "unknown", "foreign", "kept", "failed",
                "vouched", "skipped", "denials" };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kept); i++)
                if (json_object_get(report, kept[i]))
                        r = set(item, kept[i], json_incref(json_object_get(report, kept[i])));
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(counted); i++)
                r = set(item, counted[i],
                                json_integer((json_int_t) json_array_size(
                                                json_object_get(report, counted[i]))));
        return r;
}

static int add_report(const Worker *worker, uint64_t number, json_t *array)
{
        _cleanup_json_ json_t *report = NULL,
                              *item = json_pack("{s:I}", "number", (json_int_t) number);
        int r = item ? transaction_store_load(worker->root_fd, number, &report) : -ENOMEM;

        if (r >= 0)
                r = summarize(report, item);
        if (r >= 0 && json_array_append(array, item) < 0)
                r = -ENOMEM;
        return r;
}

ExitCode verb_transaction_list(Worker *worker)
{
        _cleanup_free_ uint64_t *numbers = NULL;
        json_t *array = json_array();
        size_t count = 0;
        int r = worker_set(worker, "transactions", array);

        if (r >= 0)
                r = transaction_store_list(worker->root_fd, &numbers, &count);
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = add_report(worker, numbers[i], array);
        return r < 0 ? worker_fail_errno(worker, r, TRANSACTION_STORE_DIRECTORY) : EXIT_CODE_OK;
}

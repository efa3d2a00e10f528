/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "helpers/imad-worker/worker.h"
#include "system/transaction-store.h"

ExitCode verb_transaction_show(Worker *worker)
{
        _cleanup_json_ json_t *report = NULL;
        const char *argument = worker->words[0];
        uint64_t number;
        int r = parse_u64(argument, UINT32_MAX, &number);

        if (r >= 0)
                r = transaction_store_load(worker->root_fd, number, &report);
        if (r == -EINVAL || r == -ERANGE || r == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND, "imactl transaction list",
                                "there is no transaction %s", argument);
        if (r >= 0)
                r = worker_set(worker, "number", json_integer((json_int_t) number));
        if (r >= 0 && json_object_update(worker->result, report) < 0)
                r = -ENOMEM;
        return r < 0 ? worker_fail_errno(worker, r, argument) : EXIT_CODE_OK;
}

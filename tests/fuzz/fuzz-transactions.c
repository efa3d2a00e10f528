/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of transactions that are no reports: their summary is an object all the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "imad/transactions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_json_ json_t *report = NULL, *summary = NULL;

        if (json_parse((const char *) data, size, &report) < 0)
                return 0;
        summary = transaction_summarize(report);
        if (!json_is_object(summary) || !json_is_integer(json_object_get(summary, "unsigned")))
                abort();
        return 0;
}

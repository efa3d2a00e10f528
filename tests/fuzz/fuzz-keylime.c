/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of Keylime and lists of sha256sum, read and written again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "core/measurements/keylime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_sums(AllowList *list)
{
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_allow_list_ AllowList again = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        allow_list_sort(list);
        for (size_t i = 0; i < list->count; i++)
                if (allow_list_format_entry(&list->items[i], &text) < 0)
                        abort();
        if (text.size > 0 && allow_list_parse(&again, text.data, text.size, &diags, "again") < 0)
                abort();
        allow_list_sort(&again);
        if (again.count != list->count)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_allow_list_ AllowList sums = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;

        if (allow_list_parse(&sums, (const char *) data, size, &diags, "fuzz") >= 0)
                write_sums(&sums);
        if (keylime_policy_parse(&policy, (const char *) data, size, &diags, "fuzz") >= 0 &&
                        keylime_policy_format(&policy, &diags, &json) < 0)
                abort();
        return 0;
}

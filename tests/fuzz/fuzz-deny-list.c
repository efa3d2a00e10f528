/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list that parses holds what its lines say: each of its digests is found. */
#include <stdint.h>
#include <stdlib.h>

#include "core/signature/deny-list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_deny_list_ DenyList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r = deny_list_parse(&list, (const char *) data, size, &diags, "fuzz");

        if ((r == -EBADMSG) != (diags.errors > 0))
                abort();
        for (size_t i = 0; i < list.count; i++)
                if (!deny_list_has(&list, &list.items[i]))
                        abort();
        return 0;
}

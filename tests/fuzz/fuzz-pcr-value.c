/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of PCR values over arbitrary text. */
#include <stdint.h>
#include <stdlib.h>

#include "core/measurements/pcr-value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_diags_ DiagList diags = { 0 };
        PcrValueList list = { 0 };

        (void) pcr_value_list_parse(&list, (const char *) data, size, &diags, "fuzz");
        for (size_t i = 0; i < list.count; i++)
                if (list.items[i].value.size != hash_algorithm_size(list.items[i].value.algorithm))
                        abort();
        return 0;
}

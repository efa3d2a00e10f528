/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of mounts of any bytes: what is left of it is complete. */
#include <stdlib.h>
#include <string.h>

#include "base/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_mounts_ MountList list = { 0 };

        if (mountinfo_parse((const char *) data, size, &list) < 0)
                return 0;
        for (size_t i = 0; i < list.count; i++)
                if (!list.items[i].path || !list.items[i].type || !list.items[i].source ||
                                strlen(list.items[i].path) > size ||
                                strchr(list.items[i].type, '.'))
                        abort();
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives are absolute paths on one line, whatever the text is. */
#include <stdint.h>
#include <stdlib.h>

#include "helpers/imad-hook/apt-input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = strndup((const char *) data, size);
        _cleanup_strings_ StringList archives = { 0 };
        int r = apt_input_parse(text, &archives);

        if (r < 0 && archives.count > 0)
                abort();
        for (size_t i = 0; i < archives.count; i++)
                if (archives.items[i][0] != '/' || strchr(archives.items[i], '\n'))
                        abort();
        return 0;
}

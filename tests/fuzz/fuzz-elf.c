/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a program: what it needs are strings within limits. */
#include <stdlib.h>

#include "core/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_elf_needs_ ElfNeeds needs = { 0 };

        if (elf_parse(data, size, &needs) < 0)
                return 0;
        if (needs.libraries.count > ELF_NEEDED_MAX || needs.directories.count > ELF_NEEDED_MAX)
                abort();
        return 0;
}

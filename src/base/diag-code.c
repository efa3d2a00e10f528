/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag-code.h"

#include "base/cleanup.h"

#define DIAG_CODE_ROW(name, code, title) { code, #name, title },

static const DiagCode codes[] = { DIAG_CODES(DIAG_CODE_ROW) };

const DiagCode *diag_code_list(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(codes);
        return codes;
}

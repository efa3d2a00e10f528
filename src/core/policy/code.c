/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"

#include "base/cleanup.h"

#define POLICY_CODE_ROW(name, code, title) { code, #name, title },

static const PolicyCode codes[] = { POLICY_CODES(POLICY_CODE_ROW) };

const PolicyCode *policy_code_list(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(codes);
        return codes;
}

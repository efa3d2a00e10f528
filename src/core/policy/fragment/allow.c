/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/allow.h"

#include "base/strings.h"
#include "core/policy/code.h"

uint64_t allow_get_bit(const char *code)
{
        const char *digits = string_after(code, ALLOW_PREFIX);
        unsigned number;

        if (!digits || strlen(digits) != 2 || strspn(digits, "0123456789") != 2)
                return 0;
        number = (unsigned) (digits[0] - '0') * 10 + (unsigned) (digits[1] - '0');
        return number < 64 ? UINT64_C(1) << number : 0;
}

static bool is_known(const char *code)
{
        size_t n_codes;
        const PolicyCode *codes = policy_code_list(&n_codes);

        for (size_t i = 0; i < n_codes; i++)
                if (strcmp(codes[i].code, code) == 0)
                        return true;
        return false;
}

int allow_parse(Fragment *fragment, const YamlNode *node, uint64_t *ret_allow, DiagList *diags)
{
        _cleanup_arena_ Arena arena = { 0 };
        NodeList list = { 0 };
        uint64_t allow = 0;
        int r = fragment_flatten(fragment, node, &arena, &list, diags);

        for (size_t i = 0; r >= 0 && i < list.count; i++) {
                const char *code = list.items[i]->text;
                uint64_t bit = allow_get_bit(code);

                if (bit != 0 && is_known(code))
                        allow |= bit;
                else
                        r = fragment_go_on(diag_error(diags, POLICY_CODE_INVALID_ALLOW,
                                        fragment_place(fragment, list.items[i]),
                                        "write the code that stands in brackets behind the "
                                        "warning; those about rules begin with " ALLOW_PREFIX,
                                        "'%s' is no warning that a rule can allow", code));
        }
        if (r >= 0)
                *ret_allow = allow;
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-trust.h"

#include <criterion/criterion.h>

static KeyTrust trust_of(const char *text)
{
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        _cleanup_(target_freep) Target *target = NULL;

        if (text)
                cr_assert_eq(kconfig_parse(text, strlen(text), &config), 0);
        cr_assert_eq(target_new("6.12.0", config, &target), 0);
        return key_trust_of_target(target);
}

Test(key_trust, the_configuration_decides)
{
        cr_expect_eq(trust_of("# CONFIG_INTEGRITY_TRUSTED_KEYRING is not set\n"), KEY_TRUST_NONE);
        cr_expect_eq(trust_of("CONFIG_INTEGRITY_TRUSTED_KEYRING=y\n"), KEY_TRUST_BUILTIN);
        cr_expect_eq(trust_of("CONFIG_INTEGRITY_TRUSTED_KEYRING=y\n"
                              "CONFIG_IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY=y\n"),
                        KEY_TRUST_SECONDARY);
        cr_expect_eq(trust_of(NULL), KEY_TRUST_INVALID);
}

Test(key_trust, names)
{
        cr_expect_str_eq(key_trust_to_string(KEY_TRUST_BUILTIN), "builtin");
        cr_expect_null(key_trust_to_string(KEY_TRUST_INVALID));
        for (int i = 0; i < KEY_TRUST_MAX; i++)
                cr_expect_not_null(key_trust_describe((KeyTrust) i));
}

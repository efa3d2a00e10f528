/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-trust.h"

/* clang-format off */
static const struct {
        const char *name;
        const char *description;
} trusts[KEY_TRUST_MAX] = {
        [KEY_TRUST_NONE] = { "none", "any, for _ima and _evm are ordinary ones" },
        [KEY_TRUST_BUILTIN] = { "builtin", "those that a key in .builtin_trusted_keys has signed" },
        [KEY_TRUST_SECONDARY] = { "secondary", "those that a key in .builtin_trusted_keys, "
                                  ".secondary_trusted_keys or .machine has signed" },
};
/* clang-format on */

const char *key_trust_to_string(KeyTrust trust)
{
        return trust >= 0 && trust < KEY_TRUST_MAX ? trusts[trust].name : NULL;
}

const char *key_trust_describe(KeyTrust trust)
{
        return trust >= 0 && trust < KEY_TRUST_MAX ? trusts[trust].description : NULL;
}

KeyTrust key_trust_of_target(const Target *target)
{
        int trusted = target_has_config(target, "INTEGRITY_TRUSTED_KEYRING"),
            secondary = target_has_config(
                            target, "IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY");

        if (trusted < 0 || secondary < 0)
                return KEY_TRUST_INVALID;
        return !trusted ? KEY_TRUST_NONE : secondary ? KEY_TRUST_SECONDARY : KEY_TRUST_BUILTIN;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who must have signed a certificate for it to enter the keyring that IMA and EVM verify with.
 * Source: security/integrity/digsig.c and Kconfig.
 */
#pragma once

#include <errno.h>

#include "core/policy/target/target.h"

typedef enum KeyTrust {
        KEY_TRUST_NONE,      /* nobody: _ima and _evm are ordinary keyrings */
        KEY_TRUST_BUILTIN,   /* for .ima and .evm, a key in .builtin_trusted_keys */
        KEY_TRUST_SECONDARY, /* or one in .secondary_trusted_keys or .machine */
        KEY_TRUST_MAX,
        KEY_TRUST_INVALID = -EINVAL,
} KeyTrust;

/* "none", "builtin", "secondary". */
const char *key_trust_to_string(KeyTrust trust);

/* Which certificates it lets in, for people. */
const char *key_trust_describe(KeyTrust trust);

/* What this kernel asks for; KEY_TRUST_INVALID when its configuration is not known. */
KeyTrust key_trust_of_target(const Target *target);

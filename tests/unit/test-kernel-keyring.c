/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyrings as they were read; reading them is the machine's business. */
#include "system/kernel-keyring.h"

#include <criterion/criterion.h>

#include "fixture-root.h"

#define KEY_ID 0x01020304U

/* No process has a key with this serial number. */
static KernelKeyringItem item = { .serial = INT32_MAX, .key_id = KEY_ID };

static SignatureVerdict ask(SignatureType type, uint32_t key_id, SignatureVerdict verdict)
{
        const Signature signature = { .type = type, .hash = HASH_SHA256, .key_id = key_id };
        const Digest digest = { .algorithm = HASH_SHA256, .size = 32 };
        KernelKeyrings keyrings = {
                .keyrings = { [KERNEL_KEYRING_IMA] = { ".ima", &item, 1 } },
                .is_known = { [KERNEL_KEYRING_IMA] = true },
        };

        return kernel_keyrings_ask(&keyrings, &signature, &digest, verdict);
}

Test(kernel_keyring, a_key_that_the_kernel_does_not_have_is_unknown)
{
        cr_expect_eq(ask(SIGNATURE_TYPE_DIGSIG, KEY_ID + 1, SIGNATURE_VERDICT_GOOD),
                        SIGNATURE_VERDICT_UNKNOWN_KEY);
        cr_expect_eq(ask(SIGNATURE_TYPE_VERITY, KEY_ID + 1, SIGNATURE_VERDICT_GOOD),
                        SIGNATURE_VERDICT_UNKNOWN_KEY);
}

Test(kernel_keyring, of_its_keys_the_certificates_decide)
{
        cr_expect_eq(ask(SIGNATURE_TYPE_DIGSIG, KEY_ID, SIGNATURE_VERDICT_GOOD),
                        SIGNATURE_VERDICT_GOOD);
        cr_expect_eq(ask(SIGNATURE_TYPE_DIGSIG, KEY_ID, SIGNATURE_VERDICT_BAD),
                        SIGNATURE_VERDICT_BAD);
}

Test(kernel_keyring, without_a_certificate_and_a_usable_key_it_stays_open)
{
        cr_expect_eq(ask(SIGNATURE_TYPE_DIGSIG, KEY_ID, SIGNATURE_VERDICT_UNKNOWN_KEY),
                        SIGNATURE_VERDICT_UNCHECKED);
}

Test(kernel_keyring, portable_signatures_are_by_keys_of_evm)
{
        cr_expect_eq(ask(SIGNATURE_TYPE_PORTABLE, KEY_ID, SIGNATURE_VERDICT_GOOD),
                        SIGNATURE_VERDICT_GOOD);
        cr_expect_eq(ask(SIGNATURE_TYPE_PORTABLE, KEY_ID, SIGNATURE_VERDICT_UNKNOWN_KEY),
                        SIGNATURE_VERDICT_UNCHECKED);
}

Test(kernel_keyring, without_keyrings_nothing_is_known)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_kernel_keyrings_ KernelKeyrings keyrings = { 0 };

        fixture_root_write(&root, "/proc/keys",
                        "0fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .blacklist: "
                        "2\n");
        kernel_keyrings_load(root.fd, &keyrings);
        cr_expect_not(keyrings.is_known[KERNEL_KEYRING_IMA]);
        cr_expect_not(keyrings.is_known[KERNEL_KEYRING_EVM]);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adds certificates to keyrings of the running kernel and lets it verify signatures with them.
 *
 * A scratch keyring belongs to this process alone and ends with it, so that a key can be tried
 * without being relied on. Nothing here needs a library: imad-load uses it early at boot.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "core/signature/key-trust.h"

/* What the kernel was asked to do. */
typedef enum KernelKeyStep {
        KERNEL_KEY_STEP_KEYRING, /* make a keyring with that restriction */
        KERNEL_KEY_STEP_ADD,     /* take the certificate */
        KERNEL_KEY_STEP_VERIFY,  /* verify a signature */
        KERNEL_KEY_STEP_MAX,
        KERNEL_KEY_STEP_INVALID = -EINVAL,
} KernelKeyStep;

/* "keyring", "add", "verify". */
const char *kernel_key_step_to_string(KernelKeyStep step);

/*
 * Makes a keyring of this thread that takes certificates by that rule, which cannot be undone
 * (KEYCTL_RESTRICT_KEYRING, crypto/asymmetric_keys/restrict.c). -ENOSYS, -EPERM or -EACCES where
 * the kernel or a sandbox has no keyrings, -ENOENT or -EOPNOTSUPP when it does not know the rule.
 */
int kernel_key_new_keyring(KeyTrust trust, int32_t *ret_keyring);

/* Unlinks it; its keys go with it. */
void kernel_key_drop_keyring(int32_t keyring);

/*
 * Adds an X.509 certificate in DER to a keyring (add_key(2), type "asymmetric"); the errors are
 * those that kernel_key_explain() tells of. Adding the same one again replaces it.
 */
int kernel_key_add(int32_t keyring, const void *der, size_t size, int32_t *ret_key);

typedef struct KernelKeySignature {
        bool is_ecdsa; /* DER of r and s; else RSA PKCS#1 v1.5 */
        const Digest *digest;
        const uint8_t *bytes;
        size_t size;
} KernelKeySignature;

/* Lets the kernel verify a signature (KEYCTL_PKEY_VERIFY). -EKEYREJECTED when it is not good. */
int kernel_key_verify(int32_t key, const KernelKeySignature *signature);

/* How far a proof came, and the error that ended it; 0: proved. */
typedef struct KernelKeyProof {
        KernelKeyStep step;
        int error;
} KernelKeyProof;

/*
 * Proves that the running kernel verifies the signature with this certificate after it has let it
 * into a keyring of that rule; with a signature of NULL only that it lets it in. The keyring is
 * gone afterwards.
 */
KernelKeyProof kernel_key_prove(
                KeyTrust trust, const void *der, size_t size, const KernelKeySignature *signature);

/* What an error means and what to do next. Never NULL; for what is not known it is strerror()'s. */
typedef struct KernelKeyExplanation {
        const char *reason;
        const char *hint; /* or NULL */
} KernelKeyExplanation;

KernelKeyExplanation kernel_key_explain(KernelKeyStep step, int error);

/* Whether the error says that nothing could be asked, rather than that the key is not good. */
bool kernel_key_is_unknown(const KernelKeyProof *proof);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys in the keyring that IMA or EVM of the running kernel verifies with. Public keys are not
 * to be had from a kernel, but it tells key ids, and where this process may search the keys it
 * verifies for it. Keyrings in the session of another process, as _ima is, are not seen
 * (security/keys/proc.c).
 */
#pragma once

#include "core/signature/signature.h"

typedef struct KernelKeyringItem {
        int32_t serial;
        uint32_t key_id;
} KernelKeyringItem;

typedef struct KernelKeyring {
        const char *name;         /* ".ima", …; static */
        KernelKeyringItem *items; /* NULL without any */
        size_t count;
} KernelKeyring;

typedef enum KernelKeyringKind {
        KERNEL_KEYRING_IMA,
        KERNEL_KEYRING_EVM,
        KERNEL_KEYRING_KIND_MAX,
} KernelKeyringKind;

/*
 * Reads it. -ENOENT when there is none that this process sees, -EACCES when it may not be read;
 * -ENOSYS and -EPERM where keyrings are not to be had.
 */
int kernel_keyring_load(int root_fd, KernelKeyringKind kind, KernelKeyring *ret_keyring);
void kernel_keyring_done(KernelKeyring *keyring);

bool kernel_keyring_has(const KernelKeyring *keyring, uint32_t key_id);

/*
 * Has the kernel verify: of an unknown key when the keyring has none of that id, and unchecked when
 * the kernel does not let this process use it.
 */
SignatureVerdict kernel_keyring_check(
                const KernelKeyring *keyring, const Signature *signature, const Digest *digest);

/* Both keyrings of the running kernel, as far as they are to be had; for a verifier. */
typedef struct KernelKeyrings {
        KernelKeyring keyrings[KERNEL_KEYRING_KIND_MAX];
        bool is_known[KERNEL_KEYRING_KIND_MAX];
} KernelKeyrings;

void kernel_keyrings_load(int root_fd, KernelKeyrings *ret_keyrings);
void kernel_keyrings_done(KernelKeyrings *keyrings);

/*
 * A SignatureAsk over KernelKeyrings: a key counts when the kernel has it, and without a
 * certificate the kernel is asked. Of keyrings that are not known the certificates decide.
 */
SignatureVerdict kernel_keyrings_ask(void *userdata, const Signature *signature,
                const Digest *digest, SignatureVerdict verdict);

#define _cleanup_kernel_keyrings_ _cleanup_(kernel_keyrings_done)
#define _cleanup_kernel_keyring_ _cleanup_(kernel_keyring_done)

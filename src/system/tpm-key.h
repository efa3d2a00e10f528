/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys that sign files and never leave the TPM: made and used through ESYS. They are named by the
 * handle that they were made persistent under, or lie in a file that only this TPM can load
 * (core/signature/tss2-key.h).
 *
 * Errors of all functions: -ENODEV without a TPM, -EACCES, -EBUSY, -EUCLEAN, -EIO as in
 * system/tpm.h, -EAGAIN while it is locked out after failed attempts, -EOPNOTSUPP when it does not
 * know the algorithm, or imad was built without tpm2-tss.
 */
#pragma once

#include "base/digest.h"
#include "core/signature/key-type.h"
#include "core/signature/tss2-key.h"
#include "system/tpm.h"

#define TPM_KEY_HANDLE_MIN 0x81000000U
#define TPM_KEY_HANDLE_MAX 0x81ffffffU
#define TPM_KEY_AUTH_MAX 64U

/* For one thread at a time. */
typedef struct TpmKey TpmKey;

/*
 * auth may be NULL. -ENOENT when nothing is under the handle, -EMEDIUMTYPE when it is no key that
 * signs what others made.
 */
int tpm_key_open_handle(
                int root_fd, const char *tcti, uint32_t handle, const char *auth, TpmKey **ret_key);

/*
 * -ENOENT when its parent is not there, -EBADMSG when this TPM did not make it, -EPERM when the
 * parent asks for an authorization of its own.
 */
int tpm_key_open_file(int root_fd, const char *tcti, const Tss2Key *file, const char *auth,
                TpmKey **ret_key);

TpmKey *tpm_key_free(TpmKey *key);

/* TPM2B_PUBLIC, borrowed. */
const TpmBytes *tpm_key_get_public(const TpmKey *key);

/*
 * Signs a digest as SigningKeyDevice does. -EKEYREJECTED when the authorization is wrong, -ENOKEY
 * when it needs one and none was given.
 */
int tpm_key_sign(TpmKey *key, const Digest *digest, uint8_t *bytes, size_t *size);

/*
 * Makes a key below the storage key of the owner hierarchy. With an auth, which may be NULL, it is
 * protected against guessing. -EPERM when the hierarchy has a password.
 */
int tpm_key_create(
                int root_fd, const char *tcti, KeyType type, const char *auth, Tss2Key *ret_file);

/* Keeps an open key in the TPM under a persistent handle. -EEXIST when that is taken. */
int tpm_key_persist(TpmKey *key, uint32_t handle);

DEFINE_CLEANUP_FUNC(TpmKey *, tpm_key_free)
#define _cleanup_tpm_key_ _cleanup_(tpm_key_freep)

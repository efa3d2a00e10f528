/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of devices as signing keys: any thread may use them, one at a time. */
#pragma once

#include "core/signature/tss2-key.h"
#include "system/key-source.h"

/* rest is what stands behind the prefix of the key's name. */
int key_device_open_tpm_handle(const KeySource *source, const char *rest, SigningKey *ret_key);
int key_device_open_pkcs11(const KeySource *source, const char *rest, SigningKey *ret_key);
int key_device_open_signer(const KeySource *source, const char *rest, SigningKey *ret_key);

/* The text of a "TSS2 PRIVATE KEY". -EBADF when it is not one that this TPM can load. */
int key_device_open_tpm_file(
                const KeySource *source, const void *pem, size_t size, SigningKey *ret_key);

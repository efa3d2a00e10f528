/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/kernel-keyring.h"

#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/strings.h"
#include "system/kernel-key.h"
#include "system/keyring.h"

#define KEYS_MAX 1000U
#define DESCRIPTION_MAX 1024
#define KEY_ID_DIGITS 8

static const char *const names[KERNEL_KEYRING_KIND_MAX][2] = {
        [KERNEL_KEYRING_IMA] = {".ima",  "_ima"},
        [KERNEL_KEYRING_EVM] = { ".evm", "_evm"},
};

void kernel_keyring_done(KernelKeyring *keyring)
{
        free(keyring->items);
        *keyring = (KernelKeyring){ 0 };
}

/*
 * "asymmetric;0;0;1f0f0000;CN: 6ccece7e…": the description ends with the subject key identifier, or
 * with the serial number where there is none, by which no signature names a key.
 */
static bool describe(int32_t serial, uint32_t *ret_key_id)
{
        char text[DESCRIPTION_MAX] = "";
        uint8_t bytes[KEY_ID_DIGITS / 2];
        size_t length, size;

        if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, serial, text, sizeof(text) - 1) < 0 ||
                        !string_after(text, "asymmetric;"))
                return false;
        length = strlen(text);
        if (length < KEY_ID_DIGITS ||
                        hex_decode(text + length - KEY_ID_DIGITS, bytes, sizeof(bytes), &size) <
                                        0 ||
                        size != sizeof(bytes))
                return false;
        *ret_key_id = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 |
                      (uint32_t) bytes[2] << 8 | bytes[3];
        return true;
}

static int read_items(uint32_t id, KernelKeyring *keyring)
{
        _cleanup_free_ int32_t *serials = calloc(KEYS_MAX, sizeof(*serials));
        long size;

        keyring->items = calloc(KEYS_MAX, sizeof(*keyring->items));
        if (!serials || !keyring->items)
                return -ENOMEM;
        size = syscall(SYS_keyctl, KEYCTL_READ, (int32_t) id, serials, KEYS_MAX * sizeof(*serials));
        if (size < 0)
                return -errno;
        for (size_t i = 0; i < (size_t) size / sizeof(*serials) && i < KEYS_MAX; i++) {
                KernelKeyringItem *item = &keyring->items[keyring->count];

                item->serial = serials[i];
                keyring->count += describe(serials[i], &item->key_id);
        }
        return 0;
}

int kernel_keyring_load(int root_fd, KernelKeyringKind kind, KernelKeyring *ret_keyring)
{
        _cleanup_kernel_keyring_ KernelKeyring keyring = { 0 };
        _cleanup_keyrings_ KeyringList list = { 0 };
        const Keyring *found = NULL;
        int r = keyring_list_load(root_fd, &list);

        for (size_t i = 0; r >= 0 && !found && i < ELEMENTSOF(names[kind]); i++) {
                keyring.name = names[kind][i];
                found = keyring_list_find(&list, keyring.name);
        }
        if (r < 0 || !found)
                return r < 0 ? r : -ENOENT;
        r = read_items(found->id, &keyring);
        if (r >= 0)
                *ret_keyring = TAKE_STRUCT(keyring);
        return r;
}

bool kernel_keyring_has(const KernelKeyring *keyring, uint32_t key_id)
{
        for (size_t i = 0; i < keyring->count; i++)
                if (keyring->items[i].key_id == key_id)
                        return true;
        return false;
}

/* The kind of key is not told, and a signature of one kind is none of the other. */
static SignatureVerdict ask(int32_t serial, const Signature *signature, const Digest *digest)
{
        SignatureVerdict verdict = SIGNATURE_VERDICT_BAD;

        for (int is_ecdsa = 0; is_ecdsa < 2; is_ecdsa++) {
                const KernelKeySignature asked = { is_ecdsa, digest, signature->bytes,
                        signature->size };
                int r = kernel_key_verify(serial, &asked);

                if (r >= 0)
                        return SIGNATURE_VERDICT_GOOD;
                if (r == -EACCES || r == -EPERM || r == -EOPNOTSUPP || r == -ENOSYS || r == -ENOKEY)
                        verdict = SIGNATURE_VERDICT_UNCHECKED;
        }
        return verdict;
}

SignatureVerdict kernel_keyring_check(
                const KernelKeyring *keyring, const Signature *signature, const Digest *digest)
{
        SignatureVerdict verdict = SIGNATURE_VERDICT_UNKNOWN_KEY;

        for (size_t i = 0; i < keyring->count; i++) {
                if (keyring->items[i].key_id != signature->key_id)
                        continue;
                if (signature->hash != digest->algorithm)
                        return SIGNATURE_VERDICT_BAD;
                verdict = ask(keyring->items[i].serial, signature, digest);
                if (verdict != SIGNATURE_VERDICT_BAD)
                        return verdict;
        }
        return verdict;
}

void kernel_keyrings_load(int root_fd, KernelKeyrings *ret_keyrings)
{
        *ret_keyrings = (KernelKeyrings){ 0 };
        for (int kind = 0; kind < KERNEL_KEYRING_KIND_MAX; kind++)
                ret_keyrings->is_known[kind] =
                                kernel_keyring_load(root_fd, (KernelKeyringKind) kind,
                                                &ret_keyrings->keyrings[kind]) >= 0;
}

void kernel_keyrings_done(KernelKeyrings *keyrings)
{
        for (int kind = 0; kind < KERNEL_KEYRING_KIND_MAX; kind++)
                kernel_keyring_done(&keyrings->keyrings[kind]);
}

SignatureVerdict kernel_keyrings_ask(void *userdata, const Signature *signature,
                const Digest *digest, SignatureVerdict verdict)
{
        const KernelKeyrings *keyrings = userdata;
        KernelKeyringKind kind = signature->type == SIGNATURE_TYPE_PORTABLE ? KERNEL_KEYRING_EVM
                                                                            : KERNEL_KEYRING_IMA;
        const KernelKeyring *keyring = &keyrings->keyrings[kind];

        if (!keyrings->is_known[kind])
                return verdict == SIGNATURE_VERDICT_UNKNOWN_KEY ? SIGNATURE_VERDICT_UNCHECKED
                                                                : verdict;
        if (!kernel_keyring_has(keyring, signature->key_id))
                return SIGNATURE_VERDICT_UNKNOWN_KEY;
        return verdict == SIGNATURE_VERDICT_UNKNOWN_KEY
                               ? kernel_keyring_check(keyring, signature, digest)
                               : verdict;
}

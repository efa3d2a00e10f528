/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's keyrings that matter for IMA and EVM, as /proc/keys shows them to this process
 * (security/keys/proc.c). A keyring without view permission is not there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct Keyring {
        char *name; /* ".ima", "_ima", … */
        uint32_t id;
        uint32_t permissions; /* as KEYCTL_SETPERM takes them */
        int64_t uid;
        uint64_t n_keys;
} Keyring;

typedef struct KeyringList {
        Keyring *items;
        size_t count;
} KeyringList;

void keyring_list_done(KeyringList *list);

/* -ENOENT without /proc/keys. Lines that do not parse are left out. */
int keyring_list_load(int root_fd, KeyringList *ret_list);

/* The first one of this name, or NULL. */
const Keyring *keyring_list_find(const KeyringList *list, const char *name);

/*
 * The ids of all asymmetric keys that this process sees, in any keyring: the last four bytes of the
 * subject key identifier, as signatures have them (crypto/asymmetric_keys/asymmetric_type.c,
 * asymmetric_key_describe). malloc()ed. -ENOENT without /proc/keys.
 */
int keyring_load_key_ids(int root_fd, uint32_t **ret_ids, size_t *ret_n_ids);

/*
 * Gives this process, and those that it forks, a session keyring of their own that nobody else
 * possesses; keyctl(2). Returns its id.
 */
int keyring_join_private(void);

/* Makes an empty keyring in another one, in the place of one with the same name. Returns its id. */
int keyring_make(const char *name, int32_t parent);

/*
 * Who possesses the keyring may look for keys in it, and nobody may do anything else: a process
 * that may only search it as its owner could invalidate it (security/keys/keyctl.c).
 */
int keyring_close(int32_t keyring);

/* A key in a keyring. */
typedef struct KeyringKey {
        char *description; /* of certificates "SUBJECT: SKI" */
        uint32_t key_id;   /* as signatures have it */
        bool has_key_id;
} KeyringKey;

typedef struct KeyringKeyList {
        KeyringKey *items;
        size_t count;
} KeyringKeyList;

void keyring_key_list_done(KeyringKeyList *list);

/*
 * The keys in a keyring of the running kernel (KEYCTL_READ, KEYCTL_DESCRIBE); those that may not be
 * seen are left out. -EACCES when the keyring may not be read, -ENOKEY when it is gone.
 */
int keyring_load_keys(const Keyring *keyring, KeyringKeyList *ret_list);

#define _cleanup_keyring_keys_ _cleanup_(keyring_key_list_done)
#define _cleanup_keyrings_ _cleanup_(keyring_list_done)

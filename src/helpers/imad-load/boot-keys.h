/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys that the kernel verifies with in this boot, and the proof that it does.
 *
 * Kernels with CONFIG_INTEGRITY_TRUSTED_KEYRING have .ima and .evm. Others look for a keyring _ima
 * (_evm) among those of the process whose use of a file makes them verify a signature first, and
 * keep what they have found until the next boot (integrity_digsig_verify() in
 * security/integrity/digsig.c). So the keys are added to one in a session keyring that nobody else
 * possesses, and a file whose signature the policy demands is used right behind the load.
 */
#pragma once

#include <sys/types.h>

#include "core/policy/simulate/file-use.h"
#include "core/policy/simulate/simulate.h"
#include "system/file-facts.h"
#include "system/key-store.h"

typedef struct BootKeys {
        KeyStore store;
        StringList refused; /* "/etc/imad/keys/NAME: REASON" */
        size_t n_loaded;
        bool is_trusted; /* the kernel has .ima */
} BootKeys;

void boot_keys_done(BootKeys *keys);

/*
 * Adds all certificates of the store to the kernel's keyrings, or to new ones of this process. What
 * the kernel refuses is told in `refused`. Negative errno when there is no keyring to add to.
 */
int boot_keys_load(int root_fd, BootKeys *ret_keys);

#define TRIGGERS_MAX 4
#define TRIGGER_PATH_SIZE 256

/* A file by which the kernel is made to verify a signature. */
typedef struct Trigger {
        char path[TRIGGER_PATH_SIZE];
        FileUse use;
} Trigger;

typedef struct TriggerList {
        Trigger items[TRIGGERS_MAX];
        size_t count;
} TriggerList;

/*
 * Whether the policy demands a signature for some use of the file, and the file has one that is by
 * a key of the store. The use is the one that costs least.
 */
bool boot_keys_fit(const BootKeys *keys, const Simulator *policy, const FileFacts *facts,
                FileUse *ret_use);

/*
 * Triggers among imad's own programs and those that every machine has, below a root that this
 * process sees at `prefix`, "" for its own; none is fine. -ENOMEM.
 */
int boot_keys_find_triggers(int root_fd, const char *prefix, const BootKeys *keys, const char *text,
                size_t size, TriggerList *ret_triggers);

/* A policy text, ready for questions about uses of files. -ENOMEM, -EBADMSG. */
int boot_keys_simulate(const char *text, size_t size, Simulator **ret_policy);

/* Whether the policy appraises this use of a file. */
bool boot_keys_is_appraised(const Simulator *policy, const FileFacts *facts, FileUse use);

#define KEY_CLAIMERS_MAX 64

/* Processes that make the kernel look for its keyring. */
typedef struct KeyClaim {
        pid_t claimers[KEY_CLAIMERS_MAX];
        size_t n_claimers;
} KeyClaim;

/*
 * Starts a child for each processor that uses the first trigger without a pause, so that whoever
 * makes the kernel look for its keyring first possesses it: a policy is in force before the load of
 * it returns, and other programs would be used, and denied, at once. Until the claim ends they get
 * no processor, as this process and its children run at real-time priorities, where that is
 * permitted; the children for a second at most. Nothing is started for uses that the kernel would
 * tell of in its log each time.
 */
int boot_keys_claim(const TriggerList *triggers, KeyClaim *ret_claim);
void boot_keys_end_claim(KeyClaim *claim);

/*
 * Uses the files as this process, and then as a child that possesses no keyring of it. 0 when the
 * kernel verifies with the keys, and will go on; -EACCES when it does not.
 */
int boot_keys_prove(const TriggerList *triggers);

#define _cleanup_boot_keys_ _cleanup_(boot_keys_done)

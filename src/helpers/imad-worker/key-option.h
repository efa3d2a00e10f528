/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key of --key=, for verbs that sign. */
#pragma once

#include "core/signature/signing-key.h"
#include "helpers/imad-worker/worker.h"

/*
 * Opens it with the passphrase of --passphrase-fd= or of the credential, after this process was
 * made one that keeps secrets. What a device has against signing is found out here, by one
 * signature, and not once for each file.
 */
ExitCode key_option_open(Worker *worker, SigningKey *ret_key);

/* Fails the run for an error of system/key-source.h. */
ExitCode key_option_fail(Worker *worker, const char *name, int error);

/* The passphrase as above; -ENOENT without one. Wipe it afterwards. */
int key_option_read_passphrase(
                const Worker *worker, char ret_text[static SIGNING_KEY_PASSPHRASE_MAX]);

/* The key's name with a relative FILE resolved; malloc()ed. */
int key_option_resolve(const Worker *worker, const char *name, char **ret_name);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens the key that files are signed with, wherever it is kept. Its name says where:
 *
 *   FILE           a private key in PEM, or "TSS2 PRIVATE KEY", which only its TPM can use
 *   handle:0x81…   a persistent key of the TPM
 *   pkcs11:…       a key in a token (RFC 7512)
 *   signer:[PATH]  the key that imad-signer holds
 */
#pragma once

#include "base/exit-code.h"
#include "core/signature/signing-key.h"

#define KEY_SOURCE_PASSPHRASE_CREDENTIAL "imad.passphrase"

typedef struct KeySource {
        int root_fd;            /* files lie below it */
        const char *name;       /* a FILE as seen from the root */
        const char *passphrase; /* of the file, of the TPM's key, or the token's PIN; or NULL */
        const char *tcti;       /* where the TPM is, as tpm_new() takes it */
} KeySource;

/* True for a FILE: then relative ones are the caller's to resolve. */
bool key_source_is_file(const char *name);

/*
 * Opens it; what is slow or can be wrong is done here, once, but for the authorization of a TPM's
 * key, which counts when it signs. The errors are those of key_source_explain() and others of
 * files.
 */
int key_source_open(const KeySource *source, SigningKey *ret_key);

typedef struct KeySourceExplanation {
        int error;
        ExitCode code;
        const char *reason; /* completes the sentence "NAME …" */
        const char *hint;   /* what to do next */
} KeySourceExplanation;

/* What an error of opening this key, or of signing with it, means; NULL: just what errno says. */
const KeySourceExplanation *key_source_explain(const char *name, int error);

/*
 * Reads a passphrase: one line from a descriptor, or when that is negative the systemd credential
 * imad.passphrase. It may be empty. -ENOENT when nobody gives one, -E2BIG, -EBADF.
 */
int key_source_read_passphrase(int fd, char ret_text[static SIGNING_KEY_PASSPHRASE_MAX]);

/*
 * Makes this process one that keeps secrets: it leaves no core dump, nobody traces it, and private
 * keys are parsed into memory that is locked and is wiped when it is freed. With lock_all every
 * other page is locked as well, where the limits allow. Nothing fails: a process that may not lock
 * memory still signs.
 */
void key_source_protect_process(bool lock_all);

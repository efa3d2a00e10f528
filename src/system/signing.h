/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signs, verifies and strips one file. A file is opened and read once; each attribute is set in one
 * step of the kernel, so that whenever the process is killed an attribute is the old one or the new
 * one. security.evm covers security.ima and comes behind it.
 */
#pragma once

#include "core/signature/file-label.h"
#include "core/signature/signer.h"
#include "core/signature/verifier.h"

#define SIGNING_SIDECAR_SUFFIX ".sig"

typedef struct SigningSettings {
        HashAlgorithm hash;
        bool with_evm; /* a portable security.evm too */
        bool sidecar;  /* a file beside it in the place of security.ima, as evmctl(1) writes it */
        bool dry_run;
} SigningSettings;

/* Of one thread. The verifier knows the public half of the key under the signer's key id. */
typedef struct SigningTools {
        Signer *signer;
        SignatureVerifier *verifier;
} SigningTools;

typedef enum SigningResult {
        SIGNING_SIGNED, /* with a dry run: would be */
        SIGNING_KEPT,   /* its labels are good already */
} SigningResult;

/*
 * Signs the file that path_fd is open on with O_PATH; path, below the root, names the sidecar. What
 * is there already is kept when it is by this key and hash, and verifies. Errors are those of
 * label-file.h: the file is as before, or has good labels less those that could not be set.
 */
int signing_sign_file(const SigningSettings *settings, const SigningTools *tools, int root_fd,
                const char *path, int path_fd, SigningResult *ret_result);

/* What a file's labels come to. */
typedef struct SigningCheck {
        SignatureVerdict ima;
        SignatureVerdict evm;
        bool is_hash; /* security.ima is a digest only; then `ima` says whether it is the file's */
        bool is_evm_portable; /* security.evm has that type, whatever comes behind */
        bool has_key_id;
        uint32_t key_id;
} SigningCheck;

int signing_check_file(bool sidecar, SignatureVerifier *verifier, int root_fd, const char *path,
                int path_fd, SigningCheck *ret_check);

/* Removes both attributes, or the sidecar. 1 when there was something to remove, else 0. */
int signing_remove(const SigningSettings *settings, int root_fd, const char *path, int path_fd);

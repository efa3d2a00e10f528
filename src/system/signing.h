/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signs, verifies and strips one file. A file is opened and read once. security.evm covers
 * security.ima and comes behind it.
 */
#pragma once

#include "core/signature/file-label.h"
#include "core/signature/signer.h"
#include "core/signature/verifier.h"
#include "system/label-change.h"

#define SIGNING_SIDECAR_SUFFIX ".sig"

/*
 * Whether a file may be signed: 0, or why not as a negative errno. fd is open on the file, from
 * where the digest of its content, which is held against writers, was read. Called in any thread.
 */
typedef int SigningApproval(void *userdata, const char *path, int fd, const Digest *digest);

typedef struct SigningSettings {
        HashAlgorithm hash;
        bool with_evm; /* a portable security.evm too */
        bool sidecar;  /* a file beside it in the place of security.ima, as evmctl(1) writes it */
        bool dry_run;
        SigningApproval *approve; /* NULL: every file may be signed */
        void *approval;           /* userdata of it */
        bool with_verity; /* sign the digest of fs-verity and turn that on; SHA-256 or SHA-512 */
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
 * Reads the file that path_fd is open on with O_PATH and makes its signatures; path, below the
 * root, names the sidecar, which is written at once. What is there already is kept when it is by
 * this key and hash, and verifies. *ret_change is the change to make, and written only when there
 * is one. Errors are those of label-file.h.
 */
int signing_plan_file(const SigningSettings *settings, const SigningTools *tools, int root_fd,
                const char *path, int path_fd, LabelChange *ret_change, SigningResult *ret_result);

/* Plans and makes the change, without a journal. */
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
        const Certificate *ima_certificate; /* of what is good; borrowed from the verifier's */
        const Certificate *evm_certificate;
        int64_t labelled; /* seconds since 1970: not later than that the label was set */
        Digest digest;    /* of the content, as the label has it; size 0: none was computed */
} SigningCheck;

int signing_check_file(bool sidecar, SignatureVerifier *verifier, int root_fd, const char *path,
                int path_fd, SigningCheck *ret_check);

/* 1 and the change when there are labels to remove, else 0. */
int signing_plan_removal(int path_fd, LabelChange *ret_change);

/* 1 when there is one, else 0. */
int signing_remove_sidecar(bool dry_run, int root_fd, const char *path);

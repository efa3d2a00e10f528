/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What signing verbs need: the key of --key= with the certificate of --cert=, ready in each thread.
 */
#pragma once

#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/worker.h"
#include "system/key-store.h"
#include "system/signing.h"

/* Not to be copied: verifiers point into it. */
typedef struct SigningKit {
        CertificateList certificates; /* --cert= */
        SigningKey key;
        KeyStore vendors;            /* whose signatures --installed keeps */
        CertificateList public_keys; /* the key, under the id that signatures get, and these */
        HashAlgorithm hash;
        SigningTools tools[PARALLEL_THREADS_MAX];
} SigningKit;

void signing_kit_done(SigningKit *kit);

/* --hash=, or SHA-256. */
ExitCode signing_kit_read_hash(Worker *worker, HashAlgorithm *ret_hash);

/* Opens the key for signatures of that hash. On failure the worker's error is set. */
ExitCode signing_kit_open(Worker *worker, HashAlgorithm hash, SigningKit *ret_kit);

/*
 * A million files take longer than other verbs may; a writer that waits for a lease must not end
 * this process.
 */
void signing_kit_lift_limits(void);

#define _cleanup_signing_kit_ _cleanup_(signing_kit_done)

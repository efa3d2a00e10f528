/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bundle that a verb is given, and the certificates that it is believed by. */
#pragma once

#include "core/bundle/bundle.h"
#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/worker.h"
#include "system/file-source.h"

/* in-toto's, for attestations of several kinds in one file. */
#define BUNDLE_SUFFIX ".intoto.jsonl"

/* Not to be copied: verifiers point into it. */
typedef struct BundleFile {
        Bundle bundle;
        CertificateList certificates; /* --cert=, or those that this system trusts for files */
        SignatureVerifier *verifiers[PARALLEL_THREADS_MAX];
        const Certificate *signer; /* of the envelope */
} BundleFile;

void bundle_file_done(BundleFile *file);

/*
 * Reads a bundle and checks who signed it: by --cert=, or the certificates of system/key-store.h,
 * and with --ca= that it leads there. Sets "signer": {subject, key_id}. Fails the run with an E491
 * when it is nobody who counts, with an E492 for a certificate that has expired so many days from
 * now.
 */
ExitCode bundle_file_load(Worker *worker, const char *name, int64_t days, BundleFile *ret_file);

/* Reads a directory or an archive; what is wrong with it fails the run. */
ExitCode bundle_file_load_source(Worker *worker, const char *name,
                const FileSourceSettings *settings, FileSource *ret_source);

#define _cleanup_bundle_file_ _cleanup_(bundle_file_done)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signing a system that is already there (sign --installed): files whose bytes somebody vouches for
 * are signed, others that would be loaded or executed are named and left alone, and what is neither
 * is passed over.
 */
#pragma once

#include "helpers/imad-worker/file-report.h"
#include "system/vouched-files.h"

typedef struct Adoption {
        AptIndex index;
        Dpkg dpkg;
        VouchedFiles vouched;
} Adoption;

/*
 * Reads what vouches for the files of the run's root, with --fetch after the package manager has
 * downloaded the archives that lack, and sets "adoption": {packages, vouched, refused, md5sums}.
 */
ExitCode adoption_load(Worker *worker, HashAlgorithm hash, Adoption *ret_adoption);
void adoption_done(Adoption *adoption);

/* True when nothing loads or executes the file, or it cannot be read; then *ret_outcome says so. */
bool adoption_passes_over(
                const Adoption *adoption, const char *path, int path_fd, FileOutcome *ret_outcome);

/*
 * A SigningApproval over an Adoption: -EKEYREJECTED when nobody vouches for these bytes. A file
 * that is signed well already is not asked about.
 */
int adoption_approve(void *userdata, const char *path, int fd, const Digest *digest);

/* Why a file was refused: "altered", or "unvouched" when nobody vouches for any bytes of it. */
const char *adoption_describe_refusal(const Adoption *adoption, const char *path);

/* "archive" or "md5sums": what vouches for the file. */
const char *adoption_get_source(const Adoption *adoption, const char *path);

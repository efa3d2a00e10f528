/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles of signatures, imad.bundle(5): JSON lines, each a DSSE envelope around an in-toto
 * statement. One is the bundle proper, whose subjects are files by path and digest and whose
 * predicate holds their labels; another may be SLSA provenance of the same bytes. Lines of other
 * types are passed over.
 */
#pragma once

#include "core/bundle/dsse.h"
#include "core/bundle/statement.h"
#include "core/manifest/manifest.h"

#define BUNDLE_PREDICATE_TYPE "https://imad1.org/bundle/v1"
#define BUNDLE_SIZE_MAX ((size_t) 128 << 20)
#define BUNDLE_FILES_MAX 200000U
#define BUNDLE_LINES_MAX 16U

/* What a bundle was made of. Strings may be NULL but for the kind. */
typedef struct BundleSource {
        char *kind;    /* "directory", "deb", "rpm", "pacman", "tar" */
        char *name;    /* of the archive */
        char *package; /* of a deb */
        char *architecture;
        Digest digest; /* SHA-256 of the archive; size 0: none */
} BundleSource;

typedef struct Bundle {
        BundleSource source;
        Manifest files; /* sorted; with their labels, without classes */
        Dsse envelope;
        bool has_provenance;
        Dsse provenance;
        Statement provenance_statement;
} Bundle;

void bundle_source_done(BundleSource *source);
void bundle_done(Bundle *bundle);

/*
 * Parses a bundle; nothing is verified yet. -EBADMSG after an E490 that says what is wrong, -E2BIG
 * above BUNDLE_SIZE_MAX, -ENOMEM.
 */
int bundle_parse(const char *text, size_t size, DiagList *diags, const char *source,
                Bundle *ret_bundle);

/*
 * The payload of the bundle proper: the same bytes for the same files and labels. The files are
 * sorted. malloc()ed.
 */
int bundle_format_statement(const BundleSource *source, const Manifest *files, char **ret_text,
                size_t *ret_size);

/*
 * The payload of provenance: a predicate of SLSA 1 over the subjects of the bundle, or where it was
 * made of an archive, over that alone. malloc()ed.
 */
int bundle_format_provenance(const BundleSource *source, const Manifest *files,
                const json_t *predicate, char **ret_text, size_t *ret_size);

/*
 * Whether a statement is about the bytes of the bundle: it names the archive, or each of the files.
 * -EBADMSG after an E493, -ENOMEM.
 */
int bundle_check_provenance(const BundleSource *source, const Manifest *files,
                const Statement *provenance, DiagList *diags, const char *name);

/*
 * Who signed the bundle, of these certificates, which the verifier has too. -EBADMSG after an E491
 * when none of them did, after an E492 when the certificate has expired `days` after `now`, which
 * is in seconds since 1970. *ret_signer is set for that too.
 */
int bundle_check_signer(const Bundle *bundle, const CertificateList *certificates,
                SignatureVerifier *verifier, int64_t now, int64_t days, DiagList *diags,
                const char *name, const Certificate **ret_signer);

/* What the labels of a file come to by the verifier's certificates, against its digest. */
SignatureVerdict bundle_check_file(const ManifestEntry *file, SignatureVerifier *verifier);

#define _cleanup_bundle_ _cleanup_(bundle_done)

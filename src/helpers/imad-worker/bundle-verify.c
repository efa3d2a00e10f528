/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks a bundle, what it is said to be about, and, as the gate of a release, what it leaves out.
 */
#include "base/diag-code.h"
#include "base/fs.h"
#include "core/signature/certificate-check.h"
#include "helpers/imad-worker/bundle-file.h"
#include "helpers/imad-worker/bundle-gate.h"
#include "helpers/imad-worker/certificates.h"
#include "helpers/imad-worker/file-report.h"
#include "helpers/imad-worker/signing-kit.h"
#include "system/file-facts.h"

/* What a release is signed with should outlive the release for a while. */
#define VALID_FOR_DAYS 30U
#define VALID_FOR_DAYS_MAX 36500U

typedef struct Verification {
        Worker *worker;
        BundleFile file;
        BundleGate gate;
        bool has_gate, has_source;
        FileSource source;
        SignatureVerdict *verdicts; /* of the bundle's labels, by entry */
        int *errors;                /* of hashing files of a directory, by entry of the source */
        FileReport report;
} Verification;

static void verification_done(Verification *v)
{
        free(v->verdicts);
        free(v->errors);
        file_report_done(&v->report);
        file_source_done(&v->source);
        if (v->has_gate)
                bundle_gate_done(&v->gate);
        bundle_file_done(&v->file);
}

static int check_label(void *userdata, size_t index, size_t thread)
{
        const Verification *v = userdata;

        v->verdicts[index] = bundle_check_file(
                        &v->file.bundle.files.entries[index], v->file.verifiers[thread]);
        return 0;
}

/* The digest is that of the algorithm which the bundle has for this path. */
static int hash_file(void *userdata, size_t index, size_t thread)
{
        const Verification *v = userdata;
        ManifestEntry *entry = &v->source.files.entries[index];
        const ManifestEntry *signed_entry = manifest_find(&v->file.bundle.files, entry->path);
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        int r;

        if (!signed_entry)
                return 0;
        r = file_source_open_file(&v->source, entry, &file);
        if (r >= 0)
                r = file_facts_hash(file.fd, signed_entry->digest.algorithm, &entry->digest);
        v->errors[index] = r;
        return 0;
}

/* The files alone would leave open what else is in it: owners, modes, control members. Provenance
 * is about the archive too. */
static ExitCode check_archive(Verification *v, const char *name)
{
        const Digest *found = &v->source.about.digest,
                     *signed_digest = &v->file.bundle.source.digest;

        return found->size == 0 || signed_digest->size == 0 || digest_equal(found, signed_digest)
                               ? EXIT_CODE_OK
                               : worker_fail(v->worker, EXIT_CODE_MISMATCH,
                                                 "fetch the archive that the bundle was made of, "
                                                 "or make the bundle again",
                                                 "%s is not the archive of the bundle", name);
}

static ExitCode load_source(Verification *v)
{
        const Worker *worker = v->worker;
        const Manifest *files = &v->file.bundle.files;
        const FileSourceSettings settings = {
                .hash = files->count > 0 ? files->entries[0].digest.algorithm : HASH_SHA256,
                .all_mounts = worker->all_mounts,
                .only = v->has_gate ? NULL : files,
        };
        const char *name = worker->n_words > 1 ? worker->words[1] : "/";
        ExitCode code;

        v->has_source = worker->n_words > 1 || v->has_gate || !fs_root_is_host(worker->root_fd);
        if (!v->has_source)
                return EXIT_CODE_OK;
        code = bundle_file_load_source(v->worker, name, &settings, &v->source);
        return code == EXIT_CODE_OK ? check_archive(v, name) : code;
}

static ExitCode compute(Verification *v)
{
        _cleanup_parallel_ Parallel *parallel = NULL;
        int r = parallel_new(&parallel);

        v->verdicts = calloc(v->file.bundle.files.count + 1, sizeof(*v->verdicts));
        v->errors = calloc(v->source.files.count + 1, sizeof(*v->errors));
        if (r >= 0 && (!v->verdicts || !v->errors))
                r = -ENOMEM;
        worker_progress(v->worker, -1, "files");
        if (r >= 0)
                r = parallel_run(parallel, v->file.bundle.files.count, check_label, v);
        if (r >= 0 && v->source.root_fd >= 0)
                r = parallel_run(parallel, v->source.files.count, hash_file, v);
        return r < 0 ? worker_fail_errno(v->worker, r, "files") : EXIT_CODE_OK;
}

/* What is wrong with a file of the bundle itself. */
static FileOutcome judge_label(SignatureVerdict verdict)
{
        if (verdict == SIGNATURE_VERDICT_GOOD)
                return (FileOutcome){ .result = "good" };
        return (FileOutcome){
                .result = verdict == SIGNATURE_VERDICT_UNKNOWN_KEY ? "unknown-key"
                                                                   : "bad-signature",
                .is_failure = true,
        };
}

/* An archive says whom its files will belong to; a directory may be of whoever unpacked it. */
static bool has_other_metadata(const ManifestEntry *entry, const ManifestEntry *labels)
{
        return labels->evm.size > 0 && (entry->uid != labels->uid || entry->gid != labels->gid ||
                                                       entry->mode != labels->mode);
}

/* A file of the source, and what the bundle says of it. */
static FileOutcome judge_file(const Verification *v, size_t index)
{
        const Manifest *files = &v->file.bundle.files;
        const ManifestEntry *entry = &v->source.files.entries[index];
        const ManifestEntry *labels = manifest_find(files, entry->path);
        FileOutcome outcome = { .result = "uncovered", .is_failure = true };
        AppraisalStatus status;
        const char *cause;

        if (v->errors[index] < 0)
                return (FileOutcome){ .is_failure = true, .error = v->errors[index] };
        if (labels && !digest_equal(&entry->digest, &labels->digest))
                return (FileOutcome){ .result = "other-bytes", .is_failure = true };
        if (labels && v->source.root_fd < 0 && has_other_metadata(entry, labels))
                return (FileOutcome){ .result = "other-metadata", .is_failure = true };
        if (labels)
                outcome = judge_label(v->verdicts[labels - files->entries]);
        if (!v->has_gate || (labels && outcome.is_failure))
                return outcome;
        status = bundle_gate_judge(&v->gate, entry, labels, v->file.verifiers[0], &cause);
        if (status == APPRAISAL_STATUS_NOT_APPRAISED)
                return labels ? outcome : (FileOutcome){ .result = "not-appraised" };
        if (labels && status != APPRAISAL_STATUS_PASSES)
                outcome = (FileOutcome){ .result = "denied-by-policy", .is_failure = true };
        outcome.cause = outcome.is_failure ? cause : NULL;
        return outcome;
}

static int add(Verification *v, const char *path, const FileOutcome *outcome)
{
        return file_report_add(&v->report, v->worker, path, -EBADF, outcome);
}

/* Files of the bundle that the source lacks; without a source all of them. */
static int report_bundle(Verification *v)
{
        const Manifest *files = &v->file.bundle.files;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < files->count; i++) {
                const char *path = files->entries[i].path;
                FileOutcome outcome = judge_label(v->verdicts[i]);
                const bool is_control = string_after(path, MANIFEST_CONTROL_PREFIX);

                if (v->has_source && manifest_find(&v->source.files, path))
                        continue;
                /* A directory has no control members. */
                if (v->has_source && !(is_control && v->source.root_fd >= 0))
                        outcome = (FileOutcome){ .result = "missing", .is_failure = true };
                r = add(v, path, &outcome);
        }
        return r;
}

static ExitCode report(Verification *v, usec_t start)
{
        int r = file_report_new(&v->report);

        if (r >= 0)
                r = report_bundle(v);
        for (size_t i = 0; r >= 0 && i < v->source.files.count; i++) {
                FileOutcome outcome = judge_file(v, i);

                r = add(v, v->source.files.entries[i].path, &outcome);
        }
        v->report.tree = v->source.tree;
        if (r >= 0)
                r = file_report_set(&v->report, v->worker, start);
        if (r < 0)
                return worker_fail_errno(v->worker, r, "files");
        if (v->report.error != EXIT_CODE_OK)
                return v->report.error;
        return v->report.has_failure           ? EXIT_CODE_MISMATCH
               : v->report.tree.unreadable > 0 ? EXIT_CODE_NOT_PERMITTED
                                               : EXIT_CODE_OK;
}

static ExitCode lack(Worker *worker, const char *name, const char *hint, const char *what)
{
        if (diag_error(&worker->diags, DIAG_CODE_BUNDLE_PROVENANCE, ((DiagPlace){ .source = name }),
                            hint, "the provenance %s", what) == -ENOMEM)
                return worker_fail_errno(worker, -ENOMEM, name);
        return worker_fail(worker, EXIT_CODE_MISMATCH, "see the diagnostics", "%s is not accepted",
                        name);
}

static ExitCode check_builder(Worker *worker, const char *name, const CertificateList *certificates,
                Bundle *bundle)
{
        const char *wanted = worker->options[WORKER_OPTION_BUILDER];
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        const Certificate *signer;
        int r = signature_verifier_new(certificates, &verifier);

        if (r < 0)
                return worker_fail_errno(worker, r, name);
        if (dsse_verify(&bundle->provenance, certificates, verifier, &signer) !=
                        SIGNATURE_VERDICT_GOOD)
                return lack(worker, name, "give the certificate of the builder",
                                "is not signed by the key that is asked for");
        if (certificate_is_expired(signer, (int64_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC)))
                return lack(worker, name, "let the builder sign with a new certificate",
                                "is signed with a certificate that has expired");
        if (wanted && !string_equal(wanted, statement_get_builder(&bundle->provenance_statement)))
                return lack(worker, name, "build it with the builder that is asked for",
                                "is of another builder than the one that is asked for");
        return EXIT_CODE_OK;
}

/* What there is must be about these bytes, whether anybody asks for it or not. */
static ExitCode check_provenance(Worker *worker, const char *name, Bundle *bundle)
{
        const char *wanted = worker->options[WORKER_OPTION_REQUIRE_PROVENANCE];
        const StringList names = { (char *[]){ (char *) wanted }, 1 };
        _cleanup_certificates_ CertificateList certificates = { 0 };
        ExitCode code = EXIT_CODE_OK;
        const char *builder = NULL;
        int r = 0;

        if (!wanted && worker->options[WORKER_OPTION_BUILDER])
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "give its certificate with --require-provenance=",
                                "--builder= alone proves nothing: anybody can write that name");
        if (wanted)
                code = certificates_load(worker, &names, &certificates);
        if (code != EXIT_CODE_OK)
                return code;
        if (wanted && !bundle->has_provenance)
                return lack(worker, name, "make the bundle with --provenance=", "is missing");
        if (bundle->has_provenance) {
                r = bundle_check_provenance(&bundle->source, &bundle->files,
                                &bundle->provenance_statement, &worker->diags, name);
                builder = statement_get_builder(&bundle->provenance_statement);
        }
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_MISMATCH, "see the diagnostics",
                                "%s is not accepted", name);
        if (r < 0)
                return worker_fail_errno(worker, r, name);
        if (wanted)
                code = check_builder(worker, name, &certificates, bundle);
        if (code != EXIT_CODE_OK)
                return code;
        if (bundle->has_provenance)
                r = worker_set(worker, "provenance",
                                json_pack("{s:s?, s:b}", "builder", builder, "verified",
                                                wanted != NULL));
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

/* How long the certificate must still be valid: a gate looks ahead, a host at the present. */
static ExitCode read_validity(Worker *worker, int64_t *ret_days)
{
        const char *text = worker->options[WORKER_OPTION_VALID_FOR];
        uint64_t days = worker->options[WORKER_OPTION_POLICY] ? VALID_FOR_DAYS : 0;

        if (text && parse_u64(text, VALID_FOR_DAYS_MAX, &days) < 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "give days, as in --valid-for=90",
                                "--valid-for=%s is no number of days", text);
        *ret_days = (int64_t) days;
        return EXIT_CODE_OK;
}

ExitCode verb_bundle_verify(Worker *worker)
{
        _cleanup_(verification_done)
                        Verification v = { .worker = worker, .source = FILE_SOURCE_NONE };
        const usec_t start = time_now(CLOCK_MONOTONIC);
        const char *name = worker->words[0];
        int64_t days = 0;
        ExitCode code = read_validity(worker, &days);

        if (code == EXIT_CODE_OK)
                code = bundle_file_load(worker, name, days, &v.file);
        /* Not before it is known who made the bundle. */
        signing_kit_lift_limits();
        if (code == EXIT_CODE_OK)
                code = check_provenance(worker, name, &v.file.bundle);
        if (code == EXIT_CODE_OK && worker->options[WORKER_OPTION_POLICY]) {
                v.has_gate = true;
                code = bundle_gate_load(worker, &v.gate);
        }
        if (code == EXIT_CODE_OK)
                code = load_source(&v);
        if (code == EXIT_CODE_OK)
                code = compute(&v);
        return code == EXIT_CODE_OK ? report(&v, start) : code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/parallel.h"
#include "system/signing.h"

typedef struct Verification {
        MeasurementsInput input;
        SignatureVerifier *verifiers[PARALLEL_THREADS_MAX];
        int root_fd;
        bool sidecar;
} Verification;

static void verification_done(Verification *v)
{
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++)
                signature_verifier_free(v->verifiers[i]);
        measurements_input_done(&v->input);
}

static const char *describe(const SigningCheck *check)
{
        static const char *const names[SIGNATURE_VERDICT_MAX] = {
                [SIGNATURE_VERDICT_UNSIGNED] = "unsigned",
                [SIGNATURE_VERDICT_GOOD] = "good",
                [SIGNATURE_VERDICT_BAD] = "bad-signature",
                [SIGNATURE_VERDICT_UNKNOWN_KEY] = "unknown-key",
                [SIGNATURE_VERDICT_UNCHECKED] = "unchecked",
        };

        if (check->is_hash)
                return check->ima == SIGNATURE_VERDICT_BAD ? "wrong-digest" : "hash-only";
        return names[check->ima];
}

/* A portable signature of metadata covers the digest in security.ima as well. */
static bool is_good(const SigningCheck *check)
{
        if (check->evm == SIGNATURE_VERDICT_BAD)
                return false;
        return check->ima == SIGNATURE_VERDICT_GOOD &&
               (!check->is_hash || check->evm == SIGNATURE_VERDICT_GOOD);
}

static void verify_file(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        Verification *v = userdata;
        SigningCheck check;
        int r = signing_check_file(
                        v->sidecar, v->verifiers[thread], v->root_fd, path, path_fd, &check);

        if (r < 0) {
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
                return;
        }
        *ret_outcome = (FileOutcome){
                .result = describe(&check),
                .is_failure = !is_good(&check),
                .evm = signature_verdict_to_string(check.evm),
                .has_key_id = check.has_key_id,
                .key_id = check.key_id,
        };
}

ExitCode verb_verify(Worker *worker)
{
        _cleanup_(verification_done) Verification v = { .root_fd = worker->root_fd };
        const FileBatch batch = { verify_file, &v, NULL, NULL };
        const FileBatch sidecars = { verify_file, &v, SIGNING_SIDECAR_SUFFIX, NULL };
        ExitCode code = measurements_input_load(worker, &v.input);
        int r = 0;

        if (code != EXIT_CODE_OK || worker_parse_label_output(worker, &v.sidecar) < 0)
                return worker->error ? worker->code : code;
        for (size_t i = 0; r >= 0 && i < PARALLEL_THREADS_MAX; i++)
                r = signature_verifier_new(&v.input.certificates, &v.verifiers[i]);
        if (r < 0)
                return worker_fail_errno(worker, r, "certificates");
        return file_batch_run(worker, v.sidecar ? &sidecars : &batch, EXIT_CODE_MISMATCH);
}

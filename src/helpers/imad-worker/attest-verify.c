/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag-code.h"
#include "base/fs.h"
#include "core/attest/attestation.h"
#include "helpers/imad-worker/measurements-input.h"
#include "system/evidence.h"
#include "system/tpm-quote.h"

#define CHUNK_SIZE 65536U

typedef struct Verification {
        MeasurementsInput input;
        AttestKey *key;
        AllowList allow_list;
        uint8_t nonce[TPM_NONCE_MAX];
        AttestationExpectation expectation;
        int fd;
        EvidenceReader *archive;
        Evidence evidence;
        Attestation *attestation;
        MeasurementReader *reader;
} Verification;

static void verification_done(Verification *v)
{
        measurements_input_done(&v->input);
        attest_key_freep(&v->key);
        allow_list_done(&v->allow_list);
        cleanup_closep(&v->fd);
        evidence_reader_freep(&v->archive);
        evidence_done(&v->evidence);
        attestation_freep(&v->attestation);
        measurement_reader_freep(&v->reader);
}

static ExitCode load_key(Worker *worker, Verification *v)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        ExitCode code;

        if (!worker->options[WORKER_OPTION_AK])
                return EXIT_CODE_OK;
        code = worker_read_file(worker, worker->options[WORKER_OPTION_AK], ATTEST_KEY_SIZE_MAX,
                        &bytes, &size);
        if (code != EXIT_CODE_OK)
                return code;
        if (attest_key_parse_any(bytes, size, &v->key) < 0)
                return worker_fail(worker, EXIT_CODE_MALFORMED,
                                "give ak.pub or ak.pem of evidence that you trust",
                                "%s is no public key", worker->options[WORKER_OPTION_AK]);
        v->expectation.key = v->key;
        return EXIT_CODE_OK;
}

static ExitCode load_allow_list(Worker *worker, Verification *v)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        ExitCode code;

        if (!worker->options[WORKER_OPTION_ALLOW_LIST])
                return EXIT_CODE_OK;
        code = worker_read_file(worker, worker->options[WORKER_OPTION_ALLOW_LIST],
                        ALLOW_LIST_SIZE_MAX, &text, &size);
        if (code != EXIT_CODE_OK)
                return code;
        if (allow_list_parse(&v->allow_list, text, size, &worker->diags,
                            worker->options[WORKER_OPTION_ALLOW_LIST]) < 0)
                return worker_fail(worker, EXIT_CODE_MALFORMED, "see the diagnostics",
                                "%s cannot be used", worker->options[WORKER_OPTION_ALLOW_LIST]);
        allow_list_sort(&v->allow_list);
        v->expectation.allow_list = &v->allow_list;
        return EXIT_CODE_OK;
}

static ExitCode load_expectation(Worker *worker, Verification *v)
{
        ExitCode code;

        if (worker_parse_nonce(worker, v->nonce, &v->expectation.nonce_size) < 0)
                return worker->code;
        v->expectation.nonce = v->nonce;
        code = load_key(worker, v);
        if (code == EXIT_CODE_OK)
                code = measurements_input_load(worker, &v->input);
        if (worker->certificates.count > 0)
                v->expectation.certificates = &v->input.certificates;
        return code == EXIT_CODE_OK ? load_allow_list(worker, v) : code;
}

static ExitCode fail_malformed(Worker *worker, const char *name, const char *reason)
{
        (void) diag_error(&worker->diags, DIAG_CODE_EVIDENCE_MALFORMED,
                        (DiagPlace){ .source = name },
                        "make and copy the evidence again; see imad.evidence(5)", "the file %s",
                        reason);
        (void) worker_set(worker, "status", json_string("malformed"));
        return EXIT_CODE_MALFORMED;
}

static ExitCode open_evidence(Worker *worker, Verification *v, const char *name)
{
        _cleanup_free_ char *path = NULL;
        const char *reason;
        int r = worker_resolve_path(worker, name, &path);

        if (r >= 0)
                r = v->fd = fs_open(worker->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (r < 0)
                return worker_fail_errno(worker, r, name);
        r = evidence_reader_new(v->fd, &v->archive, &v->evidence, &reason);
        if (r == -EBADMSG)
                return fail_malformed(worker, name, reason);
        if (r >= 0)
                r = attestation_new(&v->evidence, &v->expectation, &worker->diags, name,
                                &v->attestation);
        if (r == -EBADMSG)
                (void) worker_set(worker, "status", json_string("malformed"));
        if (r == -EBADMSG)
                return EXIT_CODE_MALFORMED;
        if (r == -EOPNOTSUPP)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "use a TPM with SHA-256 and RSA or NIST P-256 keys",
                                "%s uses an algorithm that imad cannot check", name);
        if (r >= 0)
                r = measurement_reader_new_detecting(&v->reader);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

/* 0, also when the list is malformed: the reader remembers it. -EBADMSG: the archive is. */
static int read_list(Worker *worker, Verification *v, const char *name)
{
        _cleanup_free_ char *bytes = malloc(CHUNK_SIZE);
        size_t size = 1;
        int r = bytes ? 0 : -ENOMEM;

        while (r >= 0 && size > 0) {
                r = evidence_reader_read(v->archive, bytes, CHUNK_SIZE, &size);
                if (r < 0)
                        return r;
                if (size > 0)
                        r = measurement_reader_feed(v->reader, bytes, size);
                else
                        measurement_reader_end(v->reader);
                if (r >= 0)
                        r = attestation_drain(v->attestation, v->reader, &worker->diags, name);
        }
        return r == -EBADMSG ? 0 : r;
}

static ExitCode finish(Worker *worker, Verification *v, const char *name)
{
        static const ExitCode codes[] = {
                [ATTESTATION_VERIFIED] = EXIT_CODE_OK,
                [ATTESTATION_CONSISTENT] = EXIT_CODE_OK,
                [ATTESTATION_REFUTED] = EXIT_CODE_MISMATCH,
                [ATTESTATION_MALFORMED] = EXIT_CODE_MALFORMED,
        };
        AttestationStatus status;
        json_t *json;
        int r = attestation_finish(v->attestation, v->reader, &worker->diags, name, &status, &json);

        if (r < 0)
                return worker_fail_errno(worker, r, name);
        r = json_object_update(worker->result, json);
        json_decref(json);
        return r < 0 ? worker_fail_errno(worker, -ENOMEM, name) : codes[status];
}

ExitCode verb_attest_verify(Worker *worker)
{
        _cleanup_(verification_done) Verification v = { .fd = -EBADF };
        const char *name = worker->words[0];
        ExitCode code = load_expectation(worker, &v);
        int r;

        if (code == EXIT_CODE_OK)
                code = open_evidence(worker, &v, name);
        if (code != EXIT_CODE_OK)
                return code;
        r = read_list(worker, &v, name);
        if (r == -EBADMSG)
                return fail_malformed(worker, name, "is cut off or damaged");
        return r < 0 ? worker_fail_errno(worker, r, name) : finish(worker, &v, name);
}

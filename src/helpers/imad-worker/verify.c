/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"
#include "core/signature/chain.h"
#include "core/signature/deny-list.h"
#include "helpers/imad-worker/certificates.h"
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/read-cost.h"
#include "system/file-facts.h"
#include "system/signing.h"

typedef struct Verification {
        CertificateList certificates;
        char **names; /* subjects of the certificates; NULL for bare keys */
        SignatureVerifier *verifiers[PARALLEL_THREADS_MAX];
        ChainStore *chains; /* NULL: nobody asks for them */
        DenyList denied;
        int64_t now;
        int root_fd;
        bool sidecar;
} Verification;

static void verification_done(Verification *v)
{
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++)
                signature_verifier_free(v->verifiers[i]);
        for (size_t i = 0; v->names && i < v->certificates.count; i++)
                free(v->names[i]);
        free(v->names);
        chain_store_free(v->chains);
        deny_list_done(&v->denied);
        certificate_list_done(&v->certificates);
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
        if (check->evm == SIGNATURE_VERDICT_BAD || check->evm == SIGNATURE_VERDICT_UNKNOWN_KEY)
                return false;
        return check->ima == SIGNATURE_VERDICT_GOOD &&
               (!check->is_hash || check->evm == SIGNATURE_VERDICT_GOOD);
}

/* The worse of both certificates; mostly they are the same. */
static ChainVerdict check_chains(const Verification *v, const SigningCheck *check, bool past)
{
        const Certificate *certificates[] = { check->ima_certificate, check->evm_certificate };
        ChainVerdict worst = CHAIN_GOOD;

        for (size_t i = 0; i < ELEMENTSOF(certificates); i++) {
                ChainVerdict verdict;

                if (!certificates[i] || (i > 0 && certificates[i] == certificates[0]))
                        continue;
                verdict = chain_store_check(
                                v->chains, certificates[i], past ? check->labelled : v->now, past);
                if (verdict > worst)
                        worst = verdict;
        }
        return worst;
}

/* A signature that is good but for its certificate is told by what is wrong with that. */
static void judge_chains(const Verification *v, const SigningCheck *check, FileOutcome *outcome)
{
        ChainVerdict now;

        if (!v->chains || (!check->ima_certificate && !check->evm_certificate))
                return;
        now = check_chains(v, check, false);
        outcome->chain_now = chain_verdict_to_string(now);
        outcome->chain_then = chain_verdict_to_string(check_chains(v, check, true));
        if (now == CHAIN_GOOD || outcome->is_failure)
                return;
        outcome->result = outcome->chain_now;
        outcome->is_failure = true;
}

/* 1 when a digest of the file is on the list, in whatever algorithm. */
static int is_denied(const Verification *v, const SigningCheck *check, int path_fd)
{
        if (check->digest.size > 0 && deny_list_has(&v->denied, &check->digest))
                return 1;
        for (int algorithm = 0; algorithm < HASH_ALGORITHM_MAX; algorithm++) {
                Digest digest;
                int r;

                if (!(v->denied.algorithms & (UINT64_C(1) << algorithm)) ||
                                (check->digest.size > 0 &&
                                                check->digest.algorithm ==
                                                                (HashAlgorithm) algorithm))
                        continue;
                r = file_facts_digest(&path_fd, (HashAlgorithm) algorithm, false, &digest);
                if (r < 0)
                        return r;
                if (deny_list_has(&v->denied, &digest))
                        return 1;
        }
        return 0;
}

static const char *find_signer(const Verification *v, const SigningCheck *check)
{
        const Certificate *certificate = check->ima_certificate ?: check->evm_certificate;

        return certificate ? v->names[certificate - v->certificates.items] : NULL;
}

static void verify_file(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        Verification *v = userdata;
        SigningCheck check;
        int denied = 0, r;

        r = signing_check_file(v->sidecar, v->verifiers[thread], v->root_fd, path, path_fd, &check);
        if (r >= 0)
                r = denied = is_denied(v, &check, path_fd);
        if (r < 0) {
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
                return;
        }
        *ret_outcome = (FileOutcome){
                .result = denied ? "denied" : describe(&check),
                .is_failure = denied || !is_good(&check),
                .evm = signature_verdict_to_string(check.evm),
                .has_key_id = check.has_key_id,
                .key_id = check.key_id,
                .signer = find_signer(v, &check),
        };
        judge_chains(v, &check, ret_outcome);
}

static int parse_revocations(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return chain_store_add_revocations(into, bytes, size, &worker->diags, name);
}

static int parse_deny_list(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return deny_list_parse(into, bytes, size, &worker->diags, name);
}

static ExitCode load_lists(Worker *worker, const StringList *names, size_t limit,
                WorkerParser *parse, void *into)
{
        ExitCode code = EXIT_CODE_OK;

        for (size_t i = 0; code == EXIT_CODE_OK && i < names->count; i++)
                code = worker_parse_file(worker, names->items[i], limit, parse, into);
        return code;
}

static ExitCode load_chains(Worker *worker, Verification *v)
{
        _cleanup_certificates_ CertificateList authorities = { 0 };
        ExitCode code;
        int r;

        if (worker->authorities.count == 0 && worker->revocations.count == 0)
                return EXIT_CODE_OK;
        if (worker->authorities.count == 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "give the CA that made them with --ca=",
                                "revocation lists are of no use without their CA");
        code = certificates_load(worker, &worker->authorities, &authorities);
        if (code != EXIT_CODE_OK)
                return code;
        r = chain_store_new(&v->chains);
        if (r >= 0)
                r = chain_store_add_authorities(v->chains, &authorities);
        if (r == -ENODATA)
                return worker_fail(worker, EXIT_CODE_MALFORMED,
                                "a CA has a certificate, a public key is not enough",
                                "--ca= names no certificate");
        if (r < 0)
                return worker_fail_errno(worker, r, "--ca=");
        return load_lists(worker, &worker->revocations, CHAIN_CRL_SIZE_MAX, parse_revocations,
                        v->chains);
}

static int prepare(Verification *v)
{
        int r = 0;

        v->now = (int64_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC);
        v->names = calloc(v->certificates.count + 1, sizeof(*v->names));
        if (!v->names)
                return -ENOMEM;
        for (size_t i = 0; i < v->certificates.count; i++)
                v->names[i] = certificate_format_subject(&v->certificates.items[i]);
        for (size_t i = 0; r >= 0 && i < PARALLEL_THREADS_MAX; i++)
                r = signature_verifier_new(&v->certificates, &v->verifiers[i]);
        return r;
}

ExitCode verb_verify(Worker *worker)
{
        _cleanup_(verification_done) Verification v = { .root_fd = worker->root_fd };
        const FileBatch batch = { verify_file, &v, NULL, NULL };
        const FileBatch sidecars = { verify_file, &v, SIGNING_SIDECAR_SUFFIX, NULL };
        ExitCode code = certificates_load(worker, &worker->certificates, &v.certificates);
        int r;

        if (code == EXIT_CODE_OK)
                code = load_chains(worker, &v);
        if (code == EXIT_CODE_OK)
                code = load_lists(worker, &worker->deny_lists, DENY_LIST_SIZE_MAX, parse_deny_list,
                                &v.denied);
        if (code != EXIT_CODE_OK || worker_parse_label_output(worker, &v.sidecar) < 0)
                return worker->error ? worker->code : code;
        r = prepare(&v);
        if (r >= 0)
                r = read_cost_tell(worker, NULL);
        if (r < 0)
                return worker_fail_errno(worker, r, "certificates");
        return file_batch_run(worker, v.sidecar ? &sidecars : &batch, EXIT_CODE_MISMATCH);
}

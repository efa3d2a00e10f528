/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/signing-kit.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "core/signature/certificate-check.h"
#include "helpers/imad-worker/certificates.h"
#include "helpers/imad-worker/key-option.h"

void signing_kit_done(SigningKit *kit)
{
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++) {
                signer_free(kit->tools[i].signer);
                signature_verifier_free(kit->tools[i].verifier);
        }
        free(kit->public_keys.items);
        key_store_done(&kit->vendors);
        signing_key_done(&kit->key);
        certificate_list_done(&kit->certificates);
}

void signing_kit_lift_limits(void)
{
        const struct rlimit cpu = { RLIM_INFINITY, RLIM_INFINITY };

        (void) setrlimit(RLIMIT_CPU, &cpu);
        (void) signal(SIGIO, SIG_IGN);
}

ExitCode signing_kit_read_hash(Worker *worker, HashAlgorithm *ret_hash)
{
        const char *hash = worker->options[WORKER_OPTION_HASH];
        HashAlgorithm algorithm = hash ? hash_algorithm_from_string(hash) : HASH_SHA256;

        if (algorithm < 0)
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "sha256, sha384 and sha512 are known everywhere",
                                "--hash=%s is no hash of the kernel", hash);
        *ret_hash = algorithm;
        return EXIT_CODE_OK;
}

static ExitCode set_certificate(Worker *worker, SigningKit *kit)
{
        const char *name;
        int r;

        if (worker->certificates.count == 0)
                return EXIT_CODE_OK;
        name = worker->certificates.items[0];
        if (worker->certificates.count > 1 || kit->certificates.count != 1)
                return worker_fail(worker, EXIT_CODE_USAGE, "give the one that belongs to the key",
                                "--cert= names more than one certificate");
        if (certificate_is_expired(&kit->certificates.items[0], time(NULL)))
                return worker_fail(worker, EXIT_CODE_MISMATCH,
                                "make a new one for the key: verifiers refuse what this one signs",
                                "%s has expired", name);
        r = signing_key_set_certificate(&kit->key, &kit->certificates.items[0]);
        if (r == -ENODATA)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "make one with the extension subjectKeyIdentifier=hash",
                                "%s has no SubjectKeyIdentifier, by which kernels find keys", name);
        return r < 0 ? worker_fail(worker, EXIT_CODE_MISMATCH,
                                       "give the one that belongs to the key",
                                       "%s certifies another key", name)
                     : EXIT_CODE_OK;
}

/* What the kernel gets keys for need not be signed again. */
static int choose_public_keys(Worker *worker, SigningKit *kit)
{
        const CertificateList *vendors = &kit->vendors.certificates;
        _cleanup_diags_ DiagList unused = { 0 };
        Certificate *keys;
        int r = worker->installed ? key_store_load(worker->root_fd, &kit->vendors, &unused) : 0;

        if (r < 0)
                return r;
        keys = calloc(vendors->count + 1, sizeof(*keys));
        if (!keys)
                return -ENOMEM;
        keys[0] = (Certificate){
                .key_ids = { kit->key.key_id }, .n_key_ids = 1, .key = kit->key.key
        };
        for (size_t i = 0; i < vendors->count; i++)
                keys[i + 1] = vendors->items[i];
        kit->public_keys = (CertificateList){ keys, vendors->count + 1 };
        return 0;
}

static ExitCode make_tools(Worker *worker, SigningKit *kit)
{
        int r = choose_public_keys(worker, kit);

        for (size_t i = 0; r >= 0 && i < PARALLEL_THREADS_MAX; i++) {
                r = signer_new(&kit->key, kit->hash, &kit->tools[i].signer);
                if (r >= 0)
                        r = signature_verifier_new(&kit->public_keys, &kit->tools[i].verifier);
        }
        if (r == -EOPNOTSUPP)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "sha256, sha384 and sha512 can be signed by every key",
                                "nothing is signed as %s with this key",
                                hash_algorithm_to_string(kit->hash));
        return r < 0 ? worker_fail_errno(worker, r, "key") : EXIT_CODE_OK;
}

ExitCode signing_kit_open(Worker *worker, HashAlgorithm hash, SigningKit *ret_kit)
{
        ExitCode code = certificates_load(worker, &worker->certificates, &ret_kit->certificates);

        ret_kit->hash = hash;
        if (code == EXIT_CODE_OK)
                code = key_option_open(worker, &ret_kit->key);
        if (code == EXIT_CODE_OK)
                code = set_certificate(worker, ret_kit);
        return code == EXIT_CODE_OK ? make_tools(worker, ret_kit) : code;
}

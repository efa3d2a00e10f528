/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/bundle-file.h"

#include <inttypes.h>

#include "base/diag-code.h"
#include "base/time.h"
#include "core/signature/chain.h"
#include "helpers/imad-worker/certificates.h"
#include "system/key-store.h"

void bundle_file_done(BundleFile *file)
{
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++)
                signature_verifier_free(file->verifiers[i]);
        certificate_list_done(&file->certificates);
        bundle_done(&file->bundle);
}

static int parse(Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return bundle_parse(bytes, size, &worker->diags, name, into);
}

static ExitCode load_certificates(Worker *worker, BundleFile *file)
{
        _cleanup_key_store_ KeyStore keys = { 0 };
        int r = 0;

        if (worker->certificates.count > 0)
                return certificates_load(worker, &worker->certificates, &file->certificates);
        r = key_store_load(worker->root_fd, &keys, &worker->diags);
        if (r < 0)
                return worker_fail_errno(worker, r, KEY_STORE_PATH);
        file->certificates = TAKE_STRUCT(keys.certificates);
        return file->certificates.count > 0
                               ? EXIT_CODE_OK
                               : worker_fail(worker, EXIT_CODE_USAGE,
                                                 "give the certificate of the key with --cert=, or "
                                                 "put it into " KEY_STORE_PATH,
                                                 "there is no certificate to check the bundle "
                                                 "with");
}

static ExitCode refuse(Worker *worker, const char *name)
{
        return worker_fail(worker, EXIT_CODE_MISMATCH, "see the diagnostics", "%s is not accepted",
                        name);
}

static ExitCode check_signer(Worker *worker, const char *name, int64_t days, BundleFile *file)
{
        int r = bundle_check_signer(&file->bundle, &file->certificates, file->verifiers[0],
                        (int64_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC), days, &worker->diags,
                        name, &file->signer);

        return r == -EBADMSG ? refuse(worker, name)
               : r < 0       ? worker_fail_errno(worker, r, name)
                             : EXIT_CODE_OK;
}

static ExitCode check_chain(Worker *worker, const char *name, const Certificate *signer)
{
        _cleanup_certificates_ CertificateList authorities = { 0 };
        _cleanup_chain_store_ ChainStore *store = NULL;
        ExitCode code = certificates_load(worker, &worker->authorities, &authorities);
        ChainVerdict verdict;
        int r;

        if (code != EXIT_CODE_OK || worker->authorities.count == 0)
                return code;
        r = chain_store_new(&store);
        if (r >= 0)
                r = chain_store_add_authorities(store, &authorities);
        if (r < 0)
                return worker_fail_errno(worker, r, "--ca=");
        verdict = chain_store_check(
                        store, signer, (int64_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC), false);
        if (verdict == CHAIN_GOOD)
                return EXIT_CODE_OK;
        if (diag_error(&worker->diags, DIAG_CODE_BUNDLE_SIGNATURE, ((DiagPlace){ .source = name }),
                            "give the CA that has issued it, or a certificate of this CA",
                            "the certificate of its key is not accepted by the CA: %s",
                            chain_verdict_to_string(verdict)) == -ENOMEM)
                return worker_fail_errno(worker, -ENOMEM, name);
        return refuse(worker, name);
}

static int set_signer(Worker *worker, const Certificate *signer)
{
        _cleanup_free_ char *subject = certificate_format_subject(signer);
        char key_id[2 * sizeof(uint32_t) + 1];

        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, signer->key_ids[0]);
        return worker_set(worker, "signer",
                        json_pack("{s:s?, s:s}", "subject", subject, "key_id", key_id));
}

ExitCode bundle_file_load(Worker *worker, const char *name, int64_t days, BundleFile *ret_file)
{
        ExitCode code = worker_parse_file(worker, name, BUNDLE_SIZE_MAX, parse, &ret_file->bundle);
        int r = 0;

        if (code == EXIT_CODE_OK)
                code = load_certificates(worker, ret_file);
        if (code != EXIT_CODE_OK)
                return code;
        for (size_t i = 0; r >= 0 && i < PARALLEL_THREADS_MAX; i++)
                r = signature_verifier_new(&ret_file->certificates, &ret_file->verifiers[i]);
        if (r < 0)
                return worker_fail_errno(worker, r, "certificates");
        code = check_signer(worker, name, days, ret_file);
        if (code == EXIT_CODE_OK)
                code = check_chain(worker, name, ret_file->signer);
        if (code == EXIT_CODE_OK && set_signer(worker, ret_file->signer) < 0)
                return worker_fail_errno(worker, -ENOMEM, name);
        return code;
}

ExitCode bundle_file_load_source(Worker *worker, const char *name,
                const FileSourceSettings *settings, FileSource *ret_source)
{
        _cleanup_free_ char *path = NULL;
        const char *reason = NULL;
        int r = worker_resolve_path(worker, name, &path);

        if (r >= 0)
                r = file_source_load(worker->root_fd, path, settings, ret_source, &reason);
        if (r < 0 && reason)
                return worker_fail(worker,
                                r == -EBADMSG ? EXIT_CODE_MALFORMED : EXIT_CODE_INVALID_INPUT,
                                "name a directory, or an archive of dpkg, rpm, pacman or tar",
                                "%s %s", name, reason);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "base/strings.h"
#include "helpers/imad-worker/inspect-use.h"
#include "helpers/imad-worker/measurements-input.h"
#include "system/appended-signature.h"
#include "system/file-facts.h"
#include "system/kernel-keyring.h"
#include "system/label-file.h"
#include "system/signing.h"

static ExitCode describe_attribute(
                Worker *worker, const LabelFile *file, FileLabelAttribute attribute)
{
        const char *name = file_label_attribute_to_string(attribute);
        _cleanup_free_ uint8_t *value = NULL;
        json_t *json;
        FileLabel label;
        size_t size;
        int r = label_file_get(file, name, &value, &size);

        if (r < 0)
                return worker_fail(worker, exit_code_from_errno(r),
                                label_file_explain(file->fd, r).hint, "%s of %s: %s", name,
                                worker->words[0], label_file_explain(file->fd, r).reason);
        if (size == 0)
                json = json_null();
        else if (file_label_parse(attribute, value, size, &label) >= 0)
                json = file_label_to_json(&label);
        else
                json = json_pack("{s:s, s:I}", "kind", "malformed", "size", (json_int_t) size);
        return worker_set(worker, attribute == FILE_LABEL_IMA ? "ima" : "evm", json) < 0
                               ? worker_fail_errno(worker, -ENOMEM, name)
                               : EXIT_CODE_OK;
}

static json_t *appended_to_json(const AppendedSignature *signature, SignatureVerdict verdict)
{
        char digest[2 * DIGEST_SIZE_MAX + 1];

        hex_encode(signature->digest.bytes, signature->digest.size, digest);
        return json_pack("{s:s, s:s, s:I, s:I, s:s}", "hash",
                        hash_algorithm_to_string(signature->hash), "digest", digest, "content_size",
                        (json_int_t) signature->place.content_size, "size",
                        (json_int_t) signature->place.der_size, "verdict",
                        signature_verdict_to_string(verdict));
}

static int describe_appended(Worker *worker, const LabelFile *file, SignatureVerifier *verifier)
{
        _cleanup_appended_signature_ AppendedSignature signature = { 0 };
        int r = appended_signature_load(file->fd, &signature);

        if (r < 0)
                return r == -ENODATA || r == -EOPNOTSUPP
                                       ? worker_set(worker, "appended", json_null())
                                       : r;
        return worker_set(worker, "appended",
                        appended_to_json(&signature,
                                        appended_signature_check(verifier, &signature)));
}

static int describe_verity(Worker *worker, const LabelFile *file)
{
        char text[2 * DIGEST_SIZE_MAX + 1];
        Digest digest;

        if (file_facts_measure_verity(file->fd, &digest) < 0)
                return worker_set(worker, "verity", json_null());
        hex_encode(digest.bytes, digest.size, text);
        return worker_set(worker, "verity",
                        json_pack("{s:s, s:s}", "hash", hash_algorithm_to_string(digest.algorithm),
                                        "digest", text));
}

/* What signatures are checked with, for who reads the verdicts. */
static json_t *keys_to_json(const CertificateList *certificates, const KernelKeyrings *keyrings)
{
        const KernelKeyring *ima = &keyrings->keyrings[KERNEL_KEYRING_IMA];
        bool is_known = keyrings->is_known[KERNEL_KEYRING_IMA];

        return json_pack("{s:I, s:s?, s:I}", "certificates", (json_int_t) certificates->count,
                        "keyring", is_known ? ima->name : NULL, "keyring_keys",
                        (json_int_t) ima->count);
}

static int check_labels(Worker *worker, int path_fd, SignatureVerifier *verifier)
{
        SigningCheck check;
        int r = signing_check_file(false, verifier, worker->root_fd, NULL, path_fd, &check);

        if (r >= 0)
                r = worker_set(worker, "ima_verdict",
                                json_string(signature_verdict_to_string(check.ima)));
        if (r >= 0)
                r = worker_set(worker, "evm_verdict",
                                json_string(signature_verdict_to_string(check.evm)));
        return r;
}

/*
 * Certificates stand for keys of the kernel. Which keys it really has it tells where it has a
 * keyring of its own; without certificates nothing else is known of signatures.
 */
static ExitCode check_file(Worker *worker, const LabelFile *file, const char *path, int path_fd)
{
        _cleanup_(measurements_input_done) MeasurementsInput input = { 0 };
        _cleanup_kernel_keyrings_ KernelKeyrings keyrings = { 0 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        ExitCode code = measurements_input_load(worker, &input);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        if (fs_root_is_host(worker->root_fd))
                kernel_keyrings_load(worker->root_fd, &keyrings);
        r = signature_verifier_new(&input.certificates, &verifier);
        if (r >= 0 && (input.certificates.count == 0 || keyrings.is_known[KERNEL_KEYRING_IMA]))
                signature_verifier_set_ask(verifier, kernel_keyrings_ask, &keyrings);
        if (r >= 0)
                r = worker_set(worker, "keys", keys_to_json(&input.certificates, &keyrings));
        if (r >= 0)
                r = check_labels(worker, path_fd, verifier);
        if (r >= 0)
                r = describe_appended(worker, file, verifier);
        if (r >= 0)
                r = describe_verity(worker, file);
        return r < 0 ? worker_fail_errno(worker, r, worker->words[0])
                     : inspect_uses(worker, path, path_fd, verifier);
}

ExitCode verb_inspect(Worker *worker)
{
        const char *name = worker->words[0];
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        _cleanup_close_ int path_fd = -EBADF;
        _cleanup_free_ char *path = NULL;
        ExitCode code;
        int r = worker_resolve_path(worker, name, &path);

        if (r >= 0)
                r = path_fd = fs_open(worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (r >= 0)
                r = label_file_open(path_fd, &file);
        if (r < 0)
                return worker_fail(worker, exit_code_from_errno(r),
                                label_file_explain(path_fd, r).hint, "%s: %s", name,
                                label_file_explain(path_fd, r).reason);
        code = describe_attribute(worker, &file, FILE_LABEL_IMA);
        if (code == EXIT_CODE_OK)
                code = describe_attribute(worker, &file, FILE_LABEL_EVM);
        return code == EXIT_CODE_OK ? check_file(worker, &file, path, path_fd) : code;
}

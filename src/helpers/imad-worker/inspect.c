/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "helpers/imad-worker/measurements-input.h"
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

/* Without certificates nothing is known of signatures, but digests are compared. */
static ExitCode check_file(Worker *worker, const char *path, int path_fd)
{
        _cleanup_(measurements_input_done) MeasurementsInput input = { 0 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        SigningCheck check;
        ExitCode code = measurements_input_load(worker, &input);
        int r = 0;

        if (code != EXIT_CODE_OK)
                return code;
        r = signature_verifier_new(&input.certificates, &verifier);
        if (r >= 0)
                r = signing_check_file(false, verifier, worker->root_fd, path, path_fd, &check);
        if (r >= 0)
                r = worker_set(worker, "ima_verdict",
                                json_string(signature_verdict_to_string(check.ima)));
        if (r >= 0)
                r = worker_set(worker, "evm_verdict",
                                json_string(signature_verdict_to_string(check.evm)));
        return r < 0 ? worker_fail_errno(worker, r, worker->words[0]) : EXIT_CODE_OK;
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
        return code == EXIT_CODE_OK ? check_file(worker, path, path_fd) : code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/worker.h"

#include <stdarg.h>

#include "base/fs.h"
#include "base/json.h"
#include "system/tpm-quote.h"

void worker_done(Worker *worker)
{
        cleanup_closep(&worker->root_fd);
        string_list_done(&worker->pcrs);
        string_list_done(&worker->pcr_files);
        string_list_done(&worker->certificates);
        string_list_done(&worker->authorities);
        string_list_done(&worker->revocations);
        string_list_done(&worker->deny_lists);
        json_decref(worker->result);
        json_decref(worker->error);
        diag_list_done(&worker->diags);
}

ExitCode worker_fail(Worker *worker, ExitCode code, const char *hint, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list args;
        int r;

        if (worker->error)
                return worker->code;
        worker->code = code;
        va_start(args, format);
        r = vasprintf(&message, format, args);
        va_end(args);
        if (r < 0)
                message = NULL;
        worker->error = json_pack("{s:s, s:s?}", "message", message ? message : "out of memory",
                        "hint", hint);
        return code;
}

static const struct {
        int error;
        const char *hint;
} hints[] = {
        {ENOMEM,  "free some memory and try again"           },
        { EACCES, "run it as root"                           },
        { EPERM,  "run it as root"                           },
        { EROFS,  "remount the file system read-write"       },
        { ENOSPC, "free some space on the file system"       },
        { EDQUOT, "free some space on the file system"       },
        { EFBIG,  "raise the limit of file sizes (ulimit -f)"},
};

ExitCode worker_fail_errno(Worker *worker, int error, const char *what)
{
        const char *hint = NULL;

        for (size_t i = 0; i < ELEMENTSOF(hints); i++)
                if (hints[i].error == -error)
                        hint = hints[i].hint;
        return worker_fail(worker, exit_code_from_errno(error), hint, "%s: %s", what,
                        strerror(-error));
}

ExitCode worker_open_tpm(Worker *worker, Tpm **ret_tpm)
{
        const char *tcti = worker->options[WORKER_OPTION_TCTI] ?: TPM_TCTI;
        int r = tpm_new(worker->root_fd, tcti, ret_tpm);

        if (r == -EINVAL)
                return worker_fail(worker, EXIT_CODE_USAGE, "name its device, as in " TPM_TCTI,
                                "--tcti=%s is no complete TCTI", tcti);
        return r < 0 ? worker_fail_errno(worker, r, tcti) : EXIT_CODE_OK;
}

ExitCode worker_fail_tpm(Worker *worker, int error)
{
        static const struct {
                int error;
                ExitCode code;
                const char *message;
                const char *hint;
        } errors[] = {
                {ENODEV,        EXIT_CODE_NOT_SUPPORTED, "this machine has no TPM 2.0",
                 "switch it on in the firmware setup"                                                                                  },
                { EACCES,       EXIT_CODE_NOT_PERMITTED, "the TPM may not be used",                  "run it as root"                  },
                { EKEYREJECTED, EXIT_CODE_NOT_PERMITTED,
                 "the endorsement hierarchy of the TPM has a password",                              "imad makes its key there without one; clear the password with "
                                "tpm2_changeauth -c endorsement"},
                { EAGAIN,       EXIT_CODE_FAILURE,       "the TPM is locked after failed attempts",
                 "wait, or reset it with tpm2_dictionarylockout"                                                                       },
                { EBUSY,        EXIT_CODE_FAILURE,       "the TPM is busy, or its PCRs do not rest",
                 "try again"                                                                                                           },
                { EOPNOTSUPP,   EXIT_CODE_NOT_SUPPORTED, "imad was built without tpm2-tss",
                 "rebuild it with -Dtpm2=enabled"                                                                                      },
                { EIO,          EXIT_CODE_FAILURE,       "the TPM failed",
                 "try again; if it stays so, see the kernel's messages"                                                                },
        };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (errors[i].error == -error)
                        return worker_fail(worker, errors[i].code, errors[i].hint, "%s",
                                        errors[i].message);
        return worker_fail_errno(worker, error, "TPM");
}

int worker_set(Worker *worker, const char *key, json_t *value)
{
        return value && json_object_set_new(worker->result, key, value) >= 0 ? 0 : -ENOMEM;
}

void worker_progress(const Worker *worker, double fraction, const char *text)
{
        _cleanup_json_ json_t *json = NULL;
        _cleanup_free_ char *line = NULL;

        if (worker->progress_fd < 0)
                return;
        json = json_pack("{s:f, s:s}", "progress", fraction, "text", text);
        /* Nobody listening any more is no reason to stop. */
        if (json && json_format(json, &line) >= 0)
                (void) fs_write_all(worker->progress_fd, line, strlen(line));
}

int worker_resolve_path(const Worker *worker, const char *argument, char **ret_path)
{
        _cleanup_free_ char *directory = NULL;
        char *path;

        if (argument[0] != '/' && fs_root_is_host(worker->root_fd)) {
                directory = get_current_dir_name();
                if (!directory)
                        return -errno;
        }
        if (asprintf(&path, "%s%s%s", directory ? directory : "", directory ? "/" : "", argument) <
                        0)
                return -ENOMEM;
        *ret_path = path;
        return 0;
}

int worker_resolve_words(const Worker *worker, StringList *paths)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < worker->n_words; i++) {
                _cleanup_free_ char *path = NULL;

                r = worker_resolve_path(worker, worker->words[i], &path);
                if (r >= 0)
                        r = string_list_add(paths, path);
        }
        return r;
}

static const char *const option_names[WORKER_OPTION_MAX] = { "policy", "force", "use", "func",
        "mask", "uid", "euid", "gid", "egid", "fowner", "fgroup", "fsmagic", "fsname", "fsuuid",
        "lsm", "data", "nonce", "tcti", "ak", "allow-list", "format", "union", "archive", "path",
        "template", "verdict", "signed-by", "package", "key", "hash", "passphrase-fd", "kind",
        "type", "at-least", "relay", "journal", "cache", "manifest", "resume", "undo", "reason",
        "provenance", "require-provenance", "builder", "valid-for" };

const char *worker_option_to_string(WorkerOption option)
{
        return option_names[option];
}

WorkerOption worker_option_from_string(const char *name)
{
        for (int i = 0; i < WORKER_OPTION_MAX; i++)
                if (string_equal(option_names[i], name))
                        return (WorkerOption) i;
        return WORKER_OPTION_INVALID;
}

ExitCode worker_read_file(
                Worker *worker, const char *name, size_t limit, char **ret_text, size_t *ret_size)
{
        _cleanup_free_ char *path = NULL;
        int r = worker_resolve_path(worker, name, &path);

        if (r >= 0)
                r = fs_read_file(worker->root_fd, path, limit, ret_text, ret_size);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

ExitCode worker_parse_file(
                Worker *worker, const char *name, size_t limit, WorkerParser *parse, void *into)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size = 0;
        ExitCode code = worker_read_file(worker, name, limit, &bytes, &size);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = parse(worker, into, bytes, size, name);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_MALFORMED, "see the diagnostics",
                                "%s cannot be used", name);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

int worker_parse_nonce(Worker *worker, uint8_t *ret_nonce, size_t *ret_size)
{
        if (worker->options[WORKER_OPTION_NONCE] &&
                        hex_decode(worker->options[WORKER_OPTION_NONCE], ret_nonce, TPM_NONCE_MAX,
                                        ret_size) >= 0 &&
                        *ret_size > 0)
                return 0;
        (void) worker_fail(worker, EXIT_CODE_USAGE,
                        "give --nonce= as 2 to 128 hexadecimal digits; openssl rand -hex 20 makes "
                        "a good one",
                        worker->options[WORKER_OPTION_NONCE] ? "the nonce is malformed"
                                                             : "no nonce is given");
        return -EINVAL;
}

int worker_parse_label_output(Worker *worker, bool *ret_sidecar)
{
        if (!worker->output || string_equal(worker->output, "xattr") ||
                        string_equal(worker->output, "sidecar")) {
                *ret_sidecar = string_equal(worker->output, "sidecar");
                return 0;
        }
        (void) worker_fail(worker, EXIT_CODE_USAGE, "give xattr or sidecar",
                        "--output=%s is no place for signatures", worker->output);
        return -EINVAL;
}

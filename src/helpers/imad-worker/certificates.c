/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/certificates.h"

#include "base/fs.h"

#define CERTIFICATE_FILES_MAX 1000

static int parse(Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return certificate_list_parse(into, bytes, size, &worker->diags, name);
}

/* A directory of keys holds other files as well: those without a certificate are passed over. */
static int load_directory(
                Worker *worker, const char *path, const StringList *names, CertificateList *list)
{
        size_t before = list->count;

        for (size_t i = 0; i < names->count; i++) {
                _cleanup_diags_ DiagList unused = { 0 };
                _cleanup_free_ char *file = NULL, *bytes = NULL;
                size_t size;

                if (asprintf(&file, "%s/%s", path, names->items[i]) < 0)
                        return -ENOMEM;
                if (fs_read_file(worker->root_fd, file, CERTIFICATE_FILE_SIZE_MAX, &bytes, &size) >=
                                0)
                        (void) certificate_list_parse(list, bytes, size, &unused, file);
        }
        return list->count > before ? 0 : -ENOENT;
}

static ExitCode load(Worker *worker, const char *name, CertificateList *list)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *path = NULL;
        int r = worker_resolve_path(worker, name, &path);

        if (r < 0)
                return worker_fail_errno(worker, r, name);
        r = fs_list_directory(worker->root_fd, path, CERTIFICATE_FILES_MAX, &names);
        if (r == -ENOTDIR)
                return worker_parse_file(worker, name, CERTIFICATE_FILE_SIZE_MAX, parse, list);
        if (r >= 0)
                r = load_directory(worker, path, &names, list);
        if (r == -ENOENT && names.count > 0)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND, "give a certificate in PEM or DER",
                                "no file of %s holds a certificate", name);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

ExitCode certificates_load(Worker *worker, const StringList *names, CertificateList *certificates)
{
        ExitCode code = EXIT_CODE_OK;

        for (size_t i = 0; code == EXIT_CODE_OK && i < names->count; i++)
                code = load(worker, names->items[i], certificates);
        return code;
}

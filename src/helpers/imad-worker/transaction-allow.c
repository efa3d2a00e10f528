/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "base/json.h"
#include "helpers/imad-worker/worker.h"
#include "system/archive-allowance.h"
#include "system/package-archive.h"

static int ignore_member(void *userdata, const PackageMember *member)
{
        return 0;
}

/* It is read as imad-gate will read it, so that nothing is allowed that could not be used. */
static ExitCode read_archive(Worker *worker, const char *path, PackageArchive *ret_archive)
{
        const PackageArchiveSettings settings = { .hash = HASH_SHA256 };
        _cleanup_close_ int fd =
                        fs_open(worker->root_fd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
        const char *reason = NULL;
        int r;

        if (fd < 0)
                return worker_fail_errno(worker, fd, path);
        r = package_archive_read(fd, &settings, ignore_member, NULL, ret_archive, &reason);
        if (r < 0)
                return worker_fail(worker, EXIT_CODE_MALFORMED, "name the archive of a package",
                                "%s %s", path, reason ?: "cannot be read");
        return ret_archive->kind == PACKAGE_ARCHIVE_DEB
                               ? EXIT_CODE_OK
                               : worker_fail(worker, EXIT_CODE_MALFORMED, "name a .deb",
                                                 "%s is no Debian package", path);
}

static int report(Worker *worker, const ArchiveAllowance *allowance)
{
        int r = worker_set(worker, "archive", json_string(allowance->path));

        if (r >= 0)
                r = worker_set(worker, "sha256",
                                json_hex(allowance->digest->bytes, allowance->digest->size));
        if (r >= 0)
                r = worker_set(worker, "changed", json_true());
        return r < 0 ? r
                     : json_set_time(worker->result, "until_usec",
                                       allowance->now_usec + ARCHIVE_ALLOWANCE_USEC);
}

ExitCode verb_transaction_allow(Worker *worker)
{
        _cleanup_free_ char *path = NULL;
        ArchiveAllowance allowance = { .reason = worker->options[WORKER_OPTION_REASON],
                .now_usec = time_now(CLOCK_REALTIME) };
        PackageArchive archive;
        ExitCode code;
        int r = worker_resolve_path(worker, worker->words[0], &path);

        if (r < 0)
                return worker_fail_errno(worker, r, worker->words[0]);
        code = read_archive(worker, path, &archive);
        if (code != EXIT_CODE_OK)
                return code;
        allowance.digest = &archive.digest;
        allowance.path = path;
        r = archive_allowance_add(worker->root_fd, &allowance);
        if (r >= 0)
                r = report(worker, &allowance);
        return r < 0 ? worker_fail_errno(worker, r, ARCHIVE_ALLOWANCE_DIRECTORY) : EXIT_CODE_OK;
}

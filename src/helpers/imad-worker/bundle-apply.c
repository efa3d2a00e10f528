/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the labels of a bundle on files, through the journal of all labels; needs no private key. */
#include "base/fs.h"
#include "helpers/imad-worker/bundle-file.h"
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/signing-kit.h"
#include "system/bundle-label.h"
#include "system/package.h"

typedef struct Application {
        Worker *worker;
        BundleFile file;
        StringList paths; /* of the host, by entry */
        Manifest placed;  /* the entries under these paths */
} Application;

static void application_done(Application *a)
{
        string_list_done(&a->paths);
        manifest_done(&a->placed);
        bundle_file_done(&a->file);
}

/* Where dpkg keeps a control member: NAME.postinst, or NAME:ARCHITECTURE.postinst. */
static int place_control(const Worker *worker, const BundleSource *source, const char *directory,
                const char *name, char **ret_path)
{
        _cleanup_free_ char *qualified = NULL;
        char *plain;

        if (asprintf(&qualified, "%s" PACKAGE_DIRECTORY "/%s:%s.%s", directory, source->package,
                            source->architecture, name) < 0) {
                qualified = NULL;
                return -ENOMEM;
        }
        if (fs_exists(worker->root_fd, qualified)) {
                *ret_path = TAKE_PTR(qualified);
                return 0;
        }
        if (asprintf(&plain, "%s" PACKAGE_DIRECTORY "/%s.%s", directory, source->package, name) < 0)
                return -ENOMEM;
        *ret_path = plain;
        return 0;
}

/* Control members of other packages are executed elsewhere, and have no place. */
static int place_entry(Application *a, const char *directory, const ManifestEntry *entry)
{
        const BundleSource *source = &a->file.bundle.source;
        const char *control = string_after(entry->path, MANIFEST_CONTROL_PREFIX);
        _cleanup_free_ char *path = NULL;
        ManifestEntry placed = *entry;
        int r = 0;

        if (control && (!source->package || !source->architecture))
                return 0;
        if (control)
                r = place_control(a->worker, source, directory, control, &path);
        else if (asprintf(&path, "%s%s", directory, entry->path) < 0) {
                path = NULL;
                r = -ENOMEM;
        }
        placed.path = path;
        return r < 0 ? r : manifest_add(&a->placed, &placed);
}

static int place_entries(Application *a)
{
        const Manifest *files = &a->file.bundle.files;
        _cleanup_free_ char *directory = NULL;
        int r = worker_resolve_path(
                        a->worker, a->worker->n_words > 1 ? a->worker->words[1] : "/", &directory);
        size_t length = r < 0 ? 0 : strlen(directory);

        while (r >= 0 && length > 0 && directory[length - 1] == '/')
                directory[--length] = '\0';
        for (size_t i = 0; r >= 0 && i < files->count; i++)
                r = place_entry(a, directory, &files->entries[i]);
        if (r >= 0)
                manifest_sort(&a->placed);
        for (size_t i = 0; r >= 0 && i < a->placed.count; i++)
                r = string_list_add(&a->paths, a->placed.entries[i].path);
        return r;
}

static void label_file(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        const Application *a = userdata;
        const ManifestEntry *entry = manifest_find(&a->placed, path);
        BundleLabelResult result = BUNDLE_LABEL_OTHER_BYTES;
        int r = entry ? bundle_label_plan_file(entry, a->file.verifiers[thread], path_fd,
                                        ret_change, &result)
                      : 0;

        if (a->worker->dry_run)
                label_change_done(ret_change);
        *ret_outcome = r < 0 ? (FileOutcome){ .is_failure = true, .error = r }
                             : (FileOutcome){ .result = bundle_label_result_to_string(result),
                                       .is_failure = result > BUNDLE_LABEL_KEPT,
                                       .source = "bundle" };
}

/* Names of one file have the same bytes, so only one of two digests can be its own. */
static bool is_alike(void *userdata, const char *path, const char *worked)
{
        const Application *a = userdata;
        const ManifestEntry *entry = manifest_find(&a->placed, path);
        const ManifestEntry *other = manifest_find(&a->placed, worked);

        return entry && other && digest_equal(&entry->digest, &other->digest);
}

ExitCode verb_bundle_apply(Worker *worker)
{
        _cleanup_(application_done) Application a = { .worker = worker };
        _cleanup_label_run_ LabelRun run = { 0 };
        const FileBatch batch = {
                .work = label_file,
                .userdata = &a,
                .run = &run,
                .is_alike = is_alike,
                .unlike = {.result = "other-bytes", .is_failure = true, .source = "bundle"},
                .paths = &a.paths,
        };
        ExitCode code = bundle_file_load(worker, worker->words[0], 0, &a.file);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        signing_kit_lift_limits();
        r = place_entries(&a);
        if (r == -EINVAL)
                return worker_fail(worker, EXIT_CODE_USAGE, "name it without . and ..",
                                "%s is no plain path of a directory", worker->words[1]);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->words[0]);
        code = label_run_begin(worker, &run);
        return code == EXIT_CODE_OK ? file_batch_run(worker, &batch, EXIT_CODE_MISMATCH) : code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the labels of a bundle on files, through the journal of all labels; needs no private key. */
#include "helpers/imad-worker/bundle-file.h"
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/signing-kit.h"
#include "system/bundle-label.h"
#include "system/package-place.h"

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
                r = package_place_find_control(a->worker->root_fd, directory, source->package,
                                source->architecture, control, &path);
        else if (asprintf(&path, "%s%s", directory, entry->path) < 0) {
                path = NULL;
                r = -ENOMEM;
        }
        placed.path = path;
        if (r >= 0)
                r = manifest_add(&a->placed, &placed);
        return r == -EINVAL ? -ENAMETOOLONG : r;
}

/* Without "/" at its end, so that the root is "". -EBADMSG: it has a "..". */
static int find_directory(const Worker *worker, char **ret_directory)
{
        _cleanup_free_ char *path = NULL;
        int r = worker_resolve_path(worker, worker->n_words > 1 ? worker->words[1] : "/", &path);
        const char *rest = r < 0 ? NULL : path + strspn(path, "/");

        if (r >= 0)
                r = manifest_path_normalise(*rest ? rest : ".", ret_directory);
        if (r >= 0 && string_equal(*ret_directory, "/"))
                **ret_directory = '\0';
        return r;
}

static int place_entries(Application *a, const char *directory)
{
        const Manifest *files = &a->file.bundle.files;
        int r = 0;

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
        _cleanup_free_ char *directory = NULL;
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = find_directory(worker, &directory);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_USAGE, "name it without ..",
                                "%s is no plain path of a directory", worker->words[1]);
        signing_kit_lift_limits();
        if (r >= 0)
                r = place_entries(&a, directory);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->words[0]);
        code = label_run_begin(worker, &run);
        return code == EXIT_CODE_OK ? file_batch_run(worker, &batch, EXIT_CODE_MISMATCH) : code;
}

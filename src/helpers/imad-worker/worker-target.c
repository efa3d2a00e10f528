/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/worker-target.h"

#include <sys/utsname.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "config.h"
#include "core/policy/target/target-file.h"
#include "system/kernel.h"
#include "system/target-probe.h"

#define RUNNING "running"

void worker_targets_done(WorkerTargets *targets)
{
        for (size_t i = 0; i < targets->count; i++)
                target_free(targets->items[i]);
        free(targets->items);
        *targets = (WorkerTargets){ 0 };
}

/* Descriptions belong to imad, not to the tree that is worked on. Tests have theirs elsewhere. */
static const char *target_directory(void)
{
        return secure_getenv("IMAD_TARGETDIR") ?: IMAD_TARGETDIR;
}

/* Reads the file, or the shipped description; *ret_path is what diagnostics call it. */
static int read_description(Worker *worker, char **ret_text, char **ret_path)
{
        _cleanup_close_ int host = -EBADF;
        int r;

        if (strchr(worker->target, '/') || string_ends_with(worker->target, TARGET_FILE_SUFFIX)) {
                r = worker_resolve_path(worker, worker->target, ret_path);
                return r < 0 ? r
                             : fs_read_file(worker->root_fd, *ret_path, TARGET_FILE_SIZE_MAX,
                                               ret_text, NULL);
        }
        if (asprintf(ret_path, "%s/%s%s", target_directory(), worker->target, TARGET_FILE_SUFFIX) <
                        0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        host = fs_open_root(NULL);
        return host < 0 ? host
                        : fs_read_file(host, *ret_path, TARGET_FILE_SIZE_MAX, ret_text, NULL);
}

/* "all-options, debian-12 …", for who named one that does not exist. */
static char *list_descriptions(void)
{
        _cleanup_close_ int host = fs_open_root(NULL);
        _cleanup_strings_ StringList names = { 0 };
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        if (!file)
                return NULL;
        (void) fs_list_directory(host, target_directory(), 1000, &names);
        fprintf(file, "known are " RUNNING);
        for (size_t i = 0; i < names.count; i++)
                if (string_ends_with(names.items[i], TARGET_FILE_SUFFIX))
                        fprintf(file, ", %.*s",
                                        (int) (strlen(names.items[i]) - strlen(TARGET_FILE_SUFFIX)),
                                        names.items[i]);
        fprintf(file, ", and files named with a slash");
        (void) fclose(file);
        return text;
}

static int refuse_description(Worker *worker, int error)
{
        _cleanup_free_ char *hint = list_descriptions();

        (void) worker_fail(worker, EXIT_CODE_USAGE, hint, "--target=%s cannot be read: %s",
                        worker->target, strerror(-error));
        return error;
}

static int load_description(Worker *worker, Target **ret_target)
{
        _cleanup_free_ char *text = NULL, *path = NULL;
        int r = read_description(worker, &text, &path);

        if (r < 0)
                return refuse_description(worker, r);
        r = target_file_parse(text, path, ret_target, &worker->diags);
        if (r != -EBADMSG)
                return r;
        (void) worker_fail(worker, EXIT_CODE_USAGE, "see imad.target(5)",
                        "--target=%s is not used because of its mistakes", worker->target);
        return -EINVAL;
}

/* Conditions on an unknown configuration warn where they stand. */
static int load_config(Worker *worker, const char *release, Kconfig **ret_config)
{
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;
        int r = kernel_read_config(worker->root_fd, release, &text, &size, &path);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return 0;
        r = kconfig_parse(text, size, ret_config);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_warning(&worker->diags, DIAG_CODE_KERNEL_CONFIG,
                                ((DiagPlace){ .source = path }), "reinstall the kernel's package",
                                "kernel configuration is malformed and ignored");
        return 0;
}

static int probe_kernel(Worker *worker, const char *release, Target **ret_target)
{
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        int r = load_config(worker, release, &config);

        if (r >= 0)
                r = target_probe(worker->root_fd, release, config,
                                worker->target ? TARGET_PROBE_NOW : TARGET_PROBE_AT_BOOT,
                                ret_target);
        if (r >= 0)
                (*ret_target)->config_owned = TAKE_PTR(config);
        return r;
}

/* A module directory need not be named after a kernel. */
static int skip_kernel(Worker *worker, const char *release)
{
        return diag_warning(&worker->diags, DIAG_CODE_KERNEL_RELEASE,
                        ((DiagPlace){ .source = release }),
                        "remove the directory below /lib/modules if no kernel belongs to it",
                        "release does not begin with a version and is left out");
}

static int add_kernels(Worker *worker, const StringList *releases, WorkerTargets *targets)
{
        for (size_t i = 0; i < releases->count; i++) {
                int r = probe_kernel(worker, releases->items[i], &targets->items[targets->count]);

                if (r >= 0)
                        targets->count++;
                else if (r == -EINVAL)
                        r = skip_kernel(worker, releases->items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_fallback(Worker *worker, StringList *releases)
{
        struct utsname name;
        int r;

        if (uname(&name) < 0)
                return -errno;
        r = diag_add(&worker->diags, DIAG_NOTE, DIAG_CODE_NO_KERNEL, (DiagPlace){ 0 },
                        "name one with --kernel= or --target=",
                        "no kernel is installed here; checked for Linux %s", name.release);
        return r < 0 ? r : string_list_add(releases, name.release);
}

static int find_running(Worker *worker, StringList *releases)
{
        _cleanup_free_ char *release = NULL;
        int r = kernel_get_release(worker->root_fd, &release);

        if (r == -ENOENT)
                (void) worker_fail(worker, EXIT_CODE_NOT_FOUND, "name another target",
                                "no kernel runs below this root");
        return r < 0 ? r : string_list_add(releases, release);
}

static int find_kernels(Worker *worker, bool fallback, StringList *releases)
{
        int r;

        if (worker->kernel && !kernel_release_is_valid(worker->kernel)) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, "give it as uname -r prints it",
                                "--kernel=%s is no kernel release", worker->kernel);
                return -EINVAL;
        }
        if (worker->target)
                return find_running(worker, releases);
        if (worker->kernel)
                return string_list_add(releases, worker->kernel);
        r = kernel_list_installed(worker->root_fd, releases);
        if (r >= 0 && releases->count == 0 && fallback)
                r = add_fallback(worker, releases);
        return r;
}

static int find_targets(Worker *worker, bool fallback, WorkerTargets *targets)
{
        _cleanup_strings_ StringList releases = { 0 };
        int r = 0;

        if (worker->target && worker->kernel) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, "give one of them",
                                "--target= and --kernel= do not go together");
                return -EINVAL;
        }
        if (!worker->target || string_equal(worker->target, RUNNING))
                r = find_kernels(worker, fallback, &releases);
        if (r < 0)
                return r;
        targets->items = calloc(releases.count + 1, sizeof(Target *));
        if (!targets->items)
                return -ENOMEM;
        if (releases.count > 0 || !worker->target)
                return add_kernels(worker, &releases, targets);
        r = load_description(worker, &targets->items[0]);
        targets->count = r >= 0;
        return r;
}

int worker_targets_find(Worker *worker, bool fallback, WorkerTargets *ret_targets)
{
        _cleanup_worker_targets_ WorkerTargets targets = { 0 };
        int r = find_targets(worker, fallback, &targets);

        if (r < 0) {
                (void) worker_fail_errno(worker, r, "cannot list the installed kernels");
                return r;
        }
        *ret_targets = TAKE_STRUCT(targets);
        return 0;
}

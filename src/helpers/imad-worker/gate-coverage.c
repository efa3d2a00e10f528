/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether what a policy appraises would pass: all that a boot needs, and enough of the rest. */
#include <inttypes.h>
#include <search.h>

#include "base/diag-code.h"
#include "helpers/imad-worker/coverage.h"
#include "helpers/imad-worker/gates.h"
#include "system/boot-files.h"
#include "system/key-store.h"
#include "system/settings.h"

#define FILES_SHOWN 20

static int compare(const void *a, const void *b)
{
        return strcmp(a, *(const char *const *) b);
}

static bool is_boot_file(const StringList *files, const char *path)
{
        return path && bsearch(path, files->items, files->count, sizeof(char *), compare);
}

static int tell_file(Worker *worker, const json_t *item)
{
        const char *path = json_string_value(json_object_get(item, "path"));
        const char *cause = json_string_value(json_object_get(item, "cause"));
        const char *mend = json_string_value(json_object_get(item, "mend"));
        int r = diag_error(&worker->diags, DIAG_CODE_GATE_COVERAGE, (DiagPlace){ .source = path },
                        mend, "the machine needs it, and it would be denied: %s",
                        cause ?: "nobody can tell whether its signature is good");

        return r == -EBADMSG ? 0 : r;
}

static int check_boot_files(Worker *worker, const Coverage *coverage, const StringList *files)
{
        const json_t *item;
        size_t i, n = 0;
        int r = 0;

        json_array_foreach (coverage->missing, i, item) {
                if (!is_boot_file(files, json_string_value(json_object_get(item, "path"))))
                        continue;
                if (n++ < FILES_SHOWN)
                        r = tell_file(worker, item);
                if (r < 0)
                        return r;
        }
        if (n > FILES_SHOWN)
                r = diag_error(&worker->diags, DIAG_CODE_GATE_COVERAGE, (DiagPlace){ 0 },
                                "imactl coverage lists them; imactl sign --key=FILE /usr signs all",
                                "%zu more files that the machine needs would be denied",
                                n - FILES_SHOWN);
        return r;
}

static int check_rest(Worker *worker, const Coverage *coverage)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        double percent = coverage_get_percent(&coverage->count);
        int r = settings_load(worker->root_fd, &settings, &diags);

        if (r < 0 || percent >= (double) settings.minimum_coverage)
                return r;
        return diag_error(&worker->diags, DIAG_CODE_GATE_COVERAGE, (DiagPlace){ 0 },
                        "imactl coverage lists what is missing; MinimumCoverage= in imad.conf "
                        "chooses the limit",
                        "only %.2f %% of %" PRIu64 " files would pass, and not %" PRIu64 " %%",
                        percent, coverage->count.appraised, settings.minimum_coverage);
}

static int survey(Worker *worker, Coverage *ret_coverage)
{
        _cleanup_simulation_ Simulation simulation = { 0 };
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_diags_ DiagList ignored = { 0 };
        DiagList diags = TAKE_STRUCT(worker->diags);
        int r = simulation_prepare(worker, &simulation);

        /* The fragments are compiled once more for it, and have been told of. */
        diag_list_done(&worker->diags);
        worker->diags = diags;
        if (r >= 0)
                r = key_store_load(worker->root_fd, &store, &ignored);
        if (r < 0)
                return r;
        return coverage_run(worker, &simulation, &store.certificates, ret_coverage) == EXIT_CODE_OK
                               ? 0
                               : -EIO;
}

int gate_coverage_ask(Worker *worker, const Compilation *compilation)
{
        _cleanup_coverage_ Coverage coverage = { 0 };
        _cleanup_strings_ StringList files = { 0 };
        int r = survey(worker, &coverage);

        (void) compilation;
        if (r >= 0)
                r = boot_files_find(worker->root_fd, &files);
        if (r >= 0)
                r = check_boot_files(worker, &coverage, &files);
        if (r >= 0 || r == -EBADMSG)
                r = check_rest(worker, &coverage);
        return r;
}

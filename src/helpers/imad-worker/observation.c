/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/observation.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "core/measurements/template.h"
#include "helpers/imad-worker/coverage.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/store.h"
#include "system/boot-record.h"
#include "system/key-store.h"
#include "system/securityfs.h"

/* Far more than machines use; a list may have any length. */
#define FILES_MAX 1000000U
#define PATHS_SHOWN 20U

typedef struct Observation {
        uint64_t generation;
        usec_t since_usec;
        bool loaded; /* this boot has loaded the generation */
        MeasurementsFile file;
        StringList listed; /* as they come, then sorted */
        StringList files;  /* each once, and there */
        size_t gone;
        Simulation simulation;
        KeyStore keys;
        Coverage coverage;
} Observation;

static void observation_done(Observation *o)
{
        measurements_file_done(&o->file);
        string_list_done(&o->listed);
        string_list_done(&o->files);
        simulation_done(&o->simulation);
        key_store_done(&o->keys);
        coverage_done(&o->coverage);
}

static ExitCode find_generation(Worker *worker, Observation *o)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        const GenerationEntry *entry;
        GenerationState state;
        int r = store_load_state(worker, &state);

        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        entry = generation_state_find(&state, state.intended);
        if (!entry || entry->phase != GENERATION_PHASE_OBSERVED)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "imactl policy apply --observe has the fragments observed",
                                "no policy is observed");
        o->generation = entry->number;
        o->since_usec = entry->since_usec;
        o->loaded = boot_record_load(worker->root_fd, &record) >= 0 &&
                    record.outcome == BOOT_OUTCOME_LOADED && record.generation == entry->number;
        return EXIT_CODE_OK;
}

/* Names of buffers, and of files that the kernel knew by no path, are no paths. */
static int add_name(Observation *o, const Measurement *m)
{
        _cleanup_free_ char *name = NULL;
        MeasurementView view = { 0 };

        if (m->opaque || measurement_decode(m, &view) < 0 || view.name_size == 0 ||
                        *view.name != '/' || o->listed.count == FILES_MAX)
                return 0;
        name = strndup(view.name, view.name_size);
        return name ? string_list_add(&o->listed, name) : -ENOMEM;
}

static int read_names(Worker *worker, Observation *o)
{
        Measurement m;
        int more = 1, r = 0;

        while (more > 0 && r >= 0) {
                more = measurements_file_read(worker, &o->file);
                while (more >= 0 && r >= 0 && (r = measurement_reader_next(o->file.reader, &m)) > 0)
                        r = add_name(o, &m);
        }
        return more < 0 ? more : r;
}

static int keep_present(Worker *worker, Observation *o)
{
        string_list_sort(&o->listed);
        for (size_t i = 0; i < o->listed.count; i++) {
                const char *path = o->listed.items[i];
                _cleanup_close_ int fd = -EBADF;
                struct stat st;
                int r = 0;

                if (i > 0 && string_equal(path, o->listed.items[i - 1]))
                        continue;
                fd = fs_open(worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);
                if (fd >= 0 && fstat(fd, &st) >= 0 && S_ISREG(st.st_mode))
                        r = string_list_add(&o->files, path);
                else
                        o->gone++;
                if (r < 0)
                        return r;
        }
        return 0;
}

static ExitCode read_list(Worker *worker, Observation *o)
{
        ExitCode code;
        int r;

        if (!worker->list)
                worker->list = SECURITYFS_LIST_PATH;
        code = measurements_file_open(worker, &o->file);
        if (code != EXIT_CODE_OK)
                return code;
        r = read_names(worker, o);
        if (r >= 0 && measurement_reader_finish(o->file.reader, &worker->diags, worker->list) < 0)
                return worker_fail(worker, EXIT_CODE_MALFORMED,
                                "imactl measurements verify says where",
                                "the measurement list is malformed");
        if (r >= 0)
                r = keep_present(worker, o);
        return r < 0 ? worker_fail_errno(worker, r, worker->list) : EXIT_CODE_OK;
}

static ExitCode judge(Worker *worker, Observation *o)
{
        _cleanup_diags_ DiagList ignored = { 0 };
        int r;

        if (simulation_prepare(worker, &o->simulation) < 0)
                return worker->code;
        r = key_store_load(worker->root_fd, &o->keys, &ignored);
        if (r < 0)
                return worker_fail_errno(worker, r, KEY_STORE_PATH);
        if (o->files.count == 0) {
                o->coverage.missing = json_array();
                return o->coverage.missing ? EXIT_CODE_OK
                                           : worker_fail_errno(worker, -ENOMEM, worker->list);
        }
        worker->words = o->files.items;
        worker->n_words = o->files.count;
        return coverage_run(worker, &o->simulation, &o->keys.certificates, &o->coverage);
}

static bool is_of_group(const json_t *group, const json_t *item)
{
        return json_equal(json_object_get(group, "cause"), json_object_get(item, "cause")) &&
               json_equal(json_object_get(group, "package"), json_object_get(item, "package"));
}

/* What mends the first file stands for the group. */
static json_t *new_group(json_t *groups, const json_t *item)
{
        json_t *group = json_pack("{s:O, s:O, s:i, s:O, s:[]}", "cause",
                        json_object_get(item, "cause"), "package", json_object_get(item, "package"),
                        "files", 0, "mend", json_object_get(item, "mend"), "paths");

        return group && json_array_append_new(groups, group) >= 0 ? group : NULL;
}

static int add_to_group(json_t *groups, const json_t *item)
{
        json_t *group = NULL, *paths;
        size_t i;

        for (i = 0; i < json_array_size(groups); i++)
                if (is_of_group(json_array_get(groups, i), item))
                        group = json_array_get(groups, i);
        group = group ?: new_group(groups, item);
        paths = json_object_get(group, "paths");
        if (!paths || (json_array_size(paths) < PATHS_SHOWN &&
                                      json_array_append(paths, json_object_get(item, "path")) < 0))
                return -ENOMEM;
        return json_object_set_new(group, "files",
                               json_integer(json_integer_value(json_object_get(group, "files")) +
                                               1)) < 0
                               ? -ENOMEM
                               : 0;
}

static int report(Worker *worker, const Observation *o)
{
        const CoverageCount *count = &o->coverage.count;
        json_t *groups = json_array(), *item;
        json_t *json = json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "generation",
                        (json_int_t) o->generation, "loaded", o->loaded, "used",
                        (json_int_t) o->files.count, "gone", (json_int_t) o->gone, "appraised",
                        (json_int_t) count->appraised, "refused", (json_int_t) count->failing,
                        "open", (json_int_t) count->open, "unlisted",
                        (json_int_t) o->coverage.unlisted, "groups", groups);
        int r = worker_set(worker, "observed", json);
        size_t i;

        if (r >= 0)
                r = json_set_time(json, "since_usec", o->since_usec);
        json_array_foreach (o->coverage.missing, i, item)
                if (r >= 0)
                        r = add_to_group(groups, item);
        return r;
}

ExitCode observation_report(Worker *worker)
{
        _cleanup_(observation_done) Observation o = { .file.fd = -EBADF };
        ExitCode code = find_generation(worker, &o);

        if (code == EXIT_CODE_OK)
                code = read_list(worker, &o);
        if (code == EXIT_CODE_OK)
                code = judge(worker, &o);
        if (code == EXIT_CODE_OK && report(worker, &o) < 0)
                code = worker_fail_errno(worker, -ENOMEM, "observed");
        worker->n_words = 0;
        return code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded measurement lists, shown entry by entry. */
#include "base/diag-code.h"
#include "core/measurements/describe.h"
#include "core/measurements/filter.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/package-files.h"

/* What is more would not fit into one answer. */
#define ENTRIES_MAX 100000U

typedef struct Listing {
        MeasurementsFile file;
        json_t *entries;
        uint64_t only; /* number of the one entry that is wanted, 0: all that fit the filter */
        MeasurementFilter filter;
        StringList files; /* of the package that was named */
        ReplayHasher *hasher;
} Listing;

static void listing_done(Listing *listing)
{
        measurements_file_done(&listing->file);
        json_decref(listing->entries);
        string_list_done(&listing->files);
        replay_hasher_free(listing->hasher);
}

static int is_wanted(const Listing *l, const Measurement *m)
{
        MeasurementView view = { 0 };

        if (l->only > 0)
                return m->number == l->only;
        if (json_array_size(l->entries) == ENTRIES_MAX)
                return 0;
        if (m->opaque || measurement_decode(m, &view) < 0)
                view = (MeasurementView){ 0 };
        return measurement_filter_match(&l->filter, l->hasher, m, &view);
}

static int add_entries(Listing *l)
{
        Measurement m;
        int r;

        while ((r = measurement_reader_next(l->file.reader, &m)) > 0) {
                int wanted = is_wanted(l, &m);

                if (wanted < 0)
                        return wanted;
                if (wanted > 0 && json_array_append_new(
                                                  l->entries, measurement_describe(&m, l->hasher,
                                                                              l->only > 0)) < 0)
                        return -ENOMEM;
        }
        return r == -EBADMSG ? 0 : r;
}

static int read_list(Worker *worker, Listing *l)
{
        int more = 1, r = 0;

        while (more > 0 && r >= 0) {
                more = measurements_file_read(worker, &l->file);
                if (more >= 0)
                        r = add_entries(l);
        }
        if (more == -EBADMSG)
                return 0;
        return more < 0 ? more : r;
}

static ExitCode run(Worker *worker, Listing *l)
{
        ExitCode code = measurements_file_open(worker, &l->file);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        l->entries = json_array();
        r = l->entries ? replay_hasher_new(NULL, 0, &l->hasher) : -ENOMEM;
        if (r >= 0)
                r = read_list(worker, l);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        if (measurement_reader_finish(l->file.reader, &worker->diags, worker->list) < 0)
                return EXIT_CODE_MALFORMED;
        return EXIT_CODE_OK;
}

static ExitCode read_filter(Worker *worker, MeasurementFilter *filter)
{
        static const WorkerOption options[] = { WORKER_OPTION_PATH, WORKER_OPTION_TEMPLATE,
                WORKER_OPTION_VERDICT, WORKER_OPTION_SIGNED_BY };
        const char *expected;

        for (size_t i = 0; i < ELEMENTSOF(options); i++) {
                const char *key = worker_option_to_string(options[i]);
                const char *value = worker->options[options[i]];

                if (value && measurement_filter_set(filter, key, value, &expected) < 0)
                        return worker_fail(worker, EXIT_CODE_USAGE, NULL,
                                        "value of --%s= must be %s", key, expected);
        }
        return EXIT_CODE_OK;
}

static ExitCode find_files(Worker *worker, Listing *l)
{
        const char *package = worker->options[WORKER_OPTION_PACKAGE];
        ExitCode code = package ? package_find_files(worker, package, &l->files) : EXIT_CODE_OK;

        string_list_sort(&l->files);
        l->filter.files = package ? &l->files : NULL;
        return code;
}

ExitCode verb_measurements_list(Worker *worker)
{
        _cleanup_(listing_done) Listing l = {
                .file.fd = -EBADF,
                .filter.verdict = ENTRY_VERDICT_INVALID,
        };
        ExitCode code = read_filter(worker, &l.filter);

        if (code == EXIT_CODE_OK)
                code = find_files(worker, &l);
        if (code == EXIT_CODE_OK)
                code = run(worker, &l);
        if (!l.entries)
                return code;
        if (json_array_size(l.entries) == ENTRIES_MAX)
                (void) diag_warning(&worker->diags, DIAG_CODE_LIST_LONG,
                                (DiagPlace){ .source = worker->list },
                                "show further ones one by one, with measurements show",
                                "only the first %u entries are listed", ENTRIES_MAX);
        if (worker_set(worker, "entries", json_incref(l.entries)) < 0)
                return worker_fail_errno(worker, -ENOMEM, worker->list);
        return code;
}

/* Entries behind a malformed one cannot be shown, those before it can. */
ExitCode verb_measurements_show(Worker *worker)
{
        _cleanup_(listing_done) Listing l = { .file.fd = -EBADF };
        ExitCode code;

        if (parse_u64(worker->words[0], UINT64_MAX, &l.only) < 0 || l.only == 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "entries are numbered from 1",
                                "%s is no number of an entry", worker->words[0]);
        code = run(worker, &l);
        if (!l.entries)
                return code;
        if (json_array_size(l.entries) == 0)
                return worker_fail(worker, code == EXIT_CODE_OK ? EXIT_CODE_NOT_FOUND : code,
                                "measurements list shows which there are", "%s has no entry %s",
                                worker->list, worker->words[0]);
        if (worker_set(worker, "entry", json_incref(json_array_get(l.entries, 0))) < 0)
                return worker_fail_errno(worker, -ENOMEM, worker->list);
        return EXIT_CODE_OK;
}

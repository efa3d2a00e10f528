/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded measurement lists, shown entry by entry. */
#include "base/diag-code.h"
#include "core/measurements/describe.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/worker.h"

/* What is more would not fit into one answer. */
#define ENTRIES_MAX 100000U

typedef struct Listing {
        MeasurementsFile file;
        json_t *entries;
        uint64_t only; /* number of the one entry that is wanted, 0: all */
} Listing;

static void listing_done(Listing *listing)
{
        measurements_file_done(&listing->file);
        json_decref(listing->entries);
}

static int add_entries(Listing *l)
{
        Measurement m;
        int r;

        while ((r = measurement_reader_next(l->file.reader, &m)) > 0) {
                if (l->only > 0 ? m.number != l->only : m.number > ENTRIES_MAX)
                        continue;
                if (json_array_append_new(l->entries, measurement_describe(&m, l->only > 0)) < 0)
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
        r = l->entries ? read_list(worker, l) : -ENOMEM;
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        if (measurement_reader_finish(l->file.reader, &worker->diags, worker->list) < 0)
                return EXIT_CODE_MALFORMED;
        return EXIT_CODE_OK;
}

ExitCode verb_measurements_list(Worker *worker)
{
        _cleanup_(listing_done) Listing l = { .file.fd = -EBADF };
        ExitCode code = run(worker, &l);

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

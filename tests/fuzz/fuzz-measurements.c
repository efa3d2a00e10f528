/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reader, fields, replay and report over arbitrary bytes. The first byte chooses digest size and
 * byte order, or that they are detected, the second the size of the chunks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/measurements/list.h"
#include "core/measurements/report.h"
#include "core/measurements/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const size_t digest_sizes[] = { 20, 32, 48, 64 };

/* Every byte that a view shows is read, so that AddressSanitizer sees a wrong one. */
static void touch(const void *bytes, size_t size)
{
        static volatile uint8_t sum;
        const uint8_t *p = bytes;

        for (size_t i = 0; i < size; i++)
                sum = sum ^ p[i];
}

static void touch_view(const Measurement *m)
{
        MeasurementView view;

        touch(m->template_name, m->template_name_size);
        touch(m->data, m->data_size);
        if (measurement_decode(m, &view) < 0)
                return;
        touch(view.name, view.name_size);
        touch(view.signature, view.signature_size);
        touch(view.buffer, view.buffer_size);
        touch(view.modsig, view.modsig_size);
        touch(view.evm_signature, view.evm_signature_size);
        touch(view.xattr_names, view.xattr_names_size);
        touch(view.xattr_lengths, view.xattr_lengths_size);
        touch(view.xattr_values, view.xattr_values_size);
}

typedef struct Target {
        MeasurementReader *reader;
        MeasurementReport *report;
        MeasurementChecker *checker;
        DiagList diags;
} Target;

static void read_entries(Target *t)
{
        Measurement m;

        while (measurement_reader_next(t->reader, &m) > 0) {
                MeasurementCheck check;

                touch_view(&m);
                if (measurement_checker_check(t->checker, &m, &check) < 0)
                        abort();
                for (size_t i = 0; i < measurement_report_get_n_chains(t->report); i++)
                        if (measurement_report_extend(t->report, i, &m, &check, 1) < 0)
                                abort();
                if (measurement_report_count(t->report, &m, &check, &t->diags, "fuzz") < 0)
                        abort();
        }
}

static void read_chunks(Target *t, const uint8_t *data, size_t size, size_t chunk)
{
        Verdict status;
        json_t *json;

        for (size_t at = 0; at < size; at += chunk) {
                size_t n = size - at < chunk ? size - at : chunk;

                if (measurement_reader_feed(t->reader, data + at, n) < 0)
                        break;
                read_entries(t);
        }
        measurement_reader_end(t->reader);
        read_entries(t);
        if (measurement_report_finish(t->report, t->reader, &t->diags, "fuzz", &status, &json) < 0)
                abort();
        if (status == VERDICT_MATCH)
                abort();
        json_decref(json);
}

static void target_done(Target *t)
{
        measurement_reader_free(t->reader);
        measurement_report_free(t->report);
        measurement_checker_free(t->checker);
        diag_list_done(&t->diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        /* No list leads to this value: whatever is read must not match it. */
        static const PcrValueList values = {
                .count = 1,
                .items = { { .pcr = 10, .value = { HASH_SHA256, 32, { 1 } } } },
        };
        _cleanup_(target_done) Target t = { 0 };
        int r;

        if (size < 2)
                return 0;
        r = data[0] & 8 ? measurement_reader_new_detecting(&t.reader)
                        : measurement_reader_new(digest_sizes[data[0] & 3], data[0] & 4, &t.reader);
        if (r < 0 ||
                        measurement_report_new(&(MeasurementReportInput){ .values = &values },
                                        &t.report) < 0 ||
                        measurement_report_new_checker(t.report, &t.checker) < 0)
                abort();
        read_chunks(&t, data + 2, size - 2, (size_t) data[1] + 1);
        return 0;
}

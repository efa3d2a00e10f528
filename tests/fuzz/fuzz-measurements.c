/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reader, fields, replay and report over arbitrary bytes. The first byte chooses digest size and
 * byte order, the second the size of the chunks.
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

static void read_chunks(MeasurementReader *reader, MeasurementReport *report, const uint8_t *data,
                size_t size, size_t chunk)
{
        DiagList diags = { 0 };
        Verdict status;
        json_t *json;
        Measurement m;

        for (size_t at = 0; at < size; at += chunk) {
                size_t n = size - at < chunk ? size - at : chunk;

                if (measurement_reader_feed(reader, data + at, n) < 0)
                        break;
                while (measurement_reader_next(reader, &m) > 0) {
                        touch_view(&m);
                        if (measurement_report_add(report, &m, &diags, "fuzz") < 0)
                                abort();
                }
        }
        if (measurement_report_finish(report, reader, &diags, "fuzz", &status, &json) < 0)
                abort();
        json_decref(json);
        diag_list_done(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const MeasurementReportPcr pcr = {
                10, {HASH_SHA256, 32, { 1 }}
        };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_measurement_report_ MeasurementReport *report = NULL;
        size_t digest_size;
        bool big_endian;

        if (size < 2)
                return 0;
        (void) measurement_detect(data + 2, size - 2, &digest_size, &big_endian);
        if (measurement_reader_new(digest_sizes[data[0] & 3], data[0] & 4, &reader) < 0 ||
                        measurement_report_new(&pcr, 1, &report) < 0)
                abort();
        read_chunks(reader, report, data + 2, size - 2, (size_t) data[1] + 1);
        return 0;
}

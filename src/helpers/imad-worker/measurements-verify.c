/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "core/measurements/report.h"
#include "helpers/imad-worker/worker.h"

#define CHUNK_SIZE 65536U
#define PCR_INDEX_MAX 23 /* of a PC client TPM */

typedef struct Verification {
        MeasurementReportPcr *pcrs;
        size_t n_pcrs;
        MeasurementReport *report;
        MeasurementReader *reader;
        int fd;
} Verification;

static void verification_done(Verification *v)
{
        free(v->pcrs);
        measurement_report_freep(&v->report);
        measurement_reader_freep(&v->reader);
        cleanup_closep(&v->fd);
}

/* "sha256:10=<hex>" */
static int parse_pcr(const char *text, MeasurementReportPcr *ret_pcr)
{
        const char *colon = strchr(text, ':'), *equals = colon ? strchr(colon, '=') : NULL;
        _cleanup_free_ char *bank = NULL, *number = NULL;
        MeasurementReportPcr pcr = { 0 };
        uint64_t index;

        if (!equals)
                return -EINVAL;
        bank = strndup(text, (size_t) (colon - text));
        number = strndup(colon + 1, (size_t) (equals - colon - 1));
        if (!bank || !number)
                return -ENOMEM;
        pcr.value.algorithm = hash_algorithm_from_string(bank);
        if (pcr.value.algorithm < 0 || parse_u64(number, PCR_INDEX_MAX, &index) < 0 ||
                        hex_decode(equals + 1, pcr.value.bytes, sizeof(pcr.value.bytes),
                                        &pcr.value.size) < 0)
                return -EINVAL;
        if (pcr.value.size != hash_algorithm_size(pcr.value.algorithm))
                return -EINVAL;
        pcr.pcr = (uint32_t) index;
        *ret_pcr = pcr;
        return 0;
}

static ExitCode parse_pcrs(Worker *worker, Verification *v)
{
        v->pcrs = calloc(worker->pcrs.count + 1, sizeof(MeasurementReportPcr));
        if (!v->pcrs)
                return worker_fail_errno(worker, -ENOMEM, "--pcr");
        for (size_t i = 0; i < worker->pcrs.count; i++) {
                int r = parse_pcr(worker->pcrs.items[i], &v->pcrs[i]);

                if (r < 0)
                        return worker_fail(worker, EXIT_CODE_USAGE,
                                        "write it as sha256:10=HEX, with all digits of that hash",
                                        "--pcr=%s is no PCR value", worker->pcrs.items[i]);
                v->n_pcrs++;
        }
        return EXIT_CODE_OK;
}

static int read_chunk(int fd, char *bytes, size_t *ret_size)
{
        ssize_t n;

        do
                n = read(fd, bytes, CHUNK_SIZE);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        *ret_size = (size_t) n;
        return 0;
}

/* The list's digest size and byte order show in its first entry; an empty list has neither. */
static int make_reader(Verification *v, const char *bytes, size_t size)
{
        size_t digest_size = hash_algorithm_size(HASH_SHA1);
        bool big_endian = false;

        /* What is no list at all is left to the reader, which tells the place. */
        if (measurement_detect(bytes, size, &digest_size, &big_endian) < 0) {
                digest_size = hash_algorithm_size(HASH_SHA1);
                big_endian = false;
        }
        return measurement_reader_new(digest_size, big_endian, &v->reader);
}

static int replay(Worker *worker, Verification *v, uint64_t total)
{
        _cleanup_free_ char *bytes = malloc(CHUNK_SIZE);
        uint64_t done = 0;
        size_t size = 1;
        int r = bytes ? 0 : -ENOMEM;

        while (r >= 0 && size > 0) {
                r = read_chunk(v->fd, bytes, &size);
                if (r >= 0 && !v->reader)
                        r = make_reader(v, bytes, size);
                if (r >= 0)
                        r = measurement_reader_feed(v->reader, bytes, size);
                if (r >= 0)
                        r = measurement_report_drain(
                                        v->report, v->reader, &worker->diags, worker->list);
                done += size;
                if (total > 0 && done <= total && done % (64 * (uint64_t) CHUNK_SIZE) == 0)
                        worker_progress(worker, (double) done / (double) total, worker->list);
        }
        /* The reader remembers what is malformed, and says so when it is finished. */
        return r == -EBADMSG ? 0 : r;
}

static ExitCode finish(Worker *worker, Verification *v)
{
        json_t *json = NULL;
        Verdict status;
        int r = measurement_report_finish(
                        v->report, v->reader, &worker->diags, worker->list, &status, &json);

        if (r >= 0 && json_object_update(worker->result, json) < 0)
                r = -ENOMEM;
        json_decref(json);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        if (measurement_reader_error(v->reader) ||
                        !json_is_null(json_object_get(worker->result, "truncated_at")))
                return EXIT_CODE_MALFORMED;
        if (worker->diags.errors > 0)
                return EXIT_CODE_MISMATCH;
        return v->n_pcrs == 0 || status == VERDICT_MATCH ? EXIT_CODE_OK : EXIT_CODE_MISMATCH;
}

ExitCode verb_measurements_verify(Worker *worker)
{
        _cleanup_(verification_done) Verification v = { .fd = -EBADF };
        _cleanup_free_ char *path = NULL;
        struct stat st;
        ExitCode code;
        int r;

        if (!worker->list)
                return worker_fail(worker, EXIT_CODE_USAGE, "give --list=FILE",
                                "no measurement list is named");
        code = parse_pcrs(worker, &v);
        if (code != EXIT_CODE_OK)
                return code;
        r = worker_resolve_path(worker, worker->list, &path);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        v.fd = fs_open(worker->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (v.fd < 0)
                return worker_fail_errno(worker, v.fd, worker->list);
        if (fstat(v.fd, &st) < 0 || !S_ISREG(st.st_mode))
                return worker_fail(worker, EXIT_CODE_MALFORMED, NULL, "%s is no regular file",
                                worker->list);
        r = measurement_report_new(v.pcrs, v.n_pcrs, &v.report);
        if (r >= 0)
                r = replay(worker, &v, (uint64_t) st.st_size);
        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        return finish(worker, &v);
}

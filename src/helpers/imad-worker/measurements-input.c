/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/measurements-input.h"

#include <inttypes.h>
#include <sys/mman.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "helpers/imad-worker/certificates.h"
#include "system/list-archive.h"
#include "system/securityfs.h"

#define CHUNK_SIZE ((size_t) 512 * 1024)
#define PCRS_FILE_SIZE_MAX ((size_t) 1 << 20)
#define ALL_PCRS ((UINT32_C(1) << TPM_PCRS) - 1)

void measurements_input_done(MeasurementsInput *input)
{
        certificate_list_done(&input->certificates);
}

static ExitCode parse_pcrs(Worker *worker, PcrValueList *values)
{
        for (size_t i = 0; i < worker->pcrs.count; i++) {
                const char *text = worker->pcrs.items[i];
                PcrValue value;

                if (pcr_value_parse(text, &value) < 0)
                        return worker_fail(worker, EXIT_CODE_USAGE,
                                        "write it as sha256:10=HEX, with all digits of that hash",
                                        "--pcr=%s is no PCR value", text);
                value.asked = true;
                if (pcr_value_list_add(values, &value) < 0)
                        return worker_fail(worker, EXIT_CODE_USAGE, "give each PCR once",
                                        "--pcr=%s contradicts another value", text);
        }
        return EXIT_CODE_OK;
}

static int parse_pcr_values(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return pcr_value_list_parse(into, bytes, size, &worker->diags, name);
}

static int parse_event_log(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        return event_log_replay(bytes, size, into, &worker->diags, name);
}

ExitCode measurements_input_load(Worker *worker, MeasurementsInput *input)
{
        ExitCode code = parse_pcrs(worker, &input->values);

        for (size_t i = 0; code == EXIT_CODE_OK && i < worker->pcr_files.count; i++)
                code = worker_parse_file(worker, worker->pcr_files.items[i], PCRS_FILE_SIZE_MAX,
                                parse_pcr_values, &input->values);
        if (code == EXIT_CODE_OK && worker->event_log) {
                code = worker_parse_file(worker, worker->event_log, EVENT_LOG_SIZE_MAX,
                                parse_event_log, &input->event_log);
                input->has_event_log = code == EXIT_CODE_OK;
        }
        if (code == EXIT_CODE_OK)
                code = certificates_load(worker, &worker->certificates, &input->certificates);
        return code;
}

ExitCode measurements_input_read_pcrs(Worker *worker, PcrValueList *values)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        HashAlgorithm banks[TPM_BANKS_MAX];
        ExitCode code = worker_open_tpm(worker, &tpm);
        size_t n_banks;
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = tpm_get_banks(tpm, banks, TPM_BANKS_MAX, &n_banks);
        if (r == -ENODEV)
                return EXIT_CODE_OK;
        if (r >= 0)
                r = tpm_read_pcrs(tpm, banks, n_banks, ALL_PCRS, values);
        return r < 0 ? worker_fail_tpm(worker, r) : EXIT_CODE_OK;
}

/* Not every firmware has one, and some write what nobody can read. */
static int load_live_event_log(Worker *worker, MeasurementsInput *input)
{
        static const char path[] = SECURITYFS_EVENT_LOG_PATH;
        _cleanup_diags_ DiagList unused = { 0 };
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r = fs_read_file(worker->root_fd, path, EVENT_LOG_SIZE_MAX, &bytes, &size);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (size == 0)
                return 0;
        r = event_log_replay(bytes, size, &input->event_log, &unused, path);
        input->has_event_log = r >= 0;
        if (r != -EBADMSG)
                return r;
        return diag_warning(&worker->diags, DIAG_CODE_EVENT_LOG_UNUSABLE,
                        (DiagPlace){ .source = path },
                        "name it with --event-log= to see where; a newer firmware may help",
                        "the firmware's event log is malformed and was left out");
}

ExitCode measurements_input_load_live(Worker *worker, MeasurementsInput *input)
{
        ExitCode code = EXIT_CODE_OK;
        int r = 0;

        if (!worker->event_log)
                r = load_live_event_log(worker, input);
        if (r < 0)
                return worker_fail_errno(worker, r, SECURITYFS_EVENT_LOG_PATH);
        if (input->values.count == 0)
                code = measurements_input_read_pcrs(worker, &input->values);
        return code;
}

void measurements_file_done(MeasurementsFile *file)
{
        cleanup_closep(&file->fd);
        measurement_reader_freep(&file->reader);
        free(file->chunk);
}

static ExitCode open_list(Worker *worker, int *ret_fd)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = worker_resolve_path(worker, worker->list, &path);

        if (r < 0)
                return worker_fail_errno(worker, r, worker->list);
        fd = fs_open(worker->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (fd < 0)
                return worker_fail_errno(worker, fd, worker->list);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return worker_fail(worker, EXIT_CODE_MALFORMED, NULL, "%s is no regular file",
                                worker->list);
        *ret_fd = TAKE_FD(fd);
        return EXIT_CODE_OK;
}

/*
 * The archive, and behind it what the list has more. A list that does not begin as the archive is
 * one that was trimmed, and goes on where the archive ends.
 */
typedef struct Join {
        int fd;      /* of both */
        int list_fd; /* -EBADF: none */
        bool whole;  /* the list begins as the archive, as far as that was read */
} Join;

/* Whether the list goes on with these bytes. */
static bool list_goes_on(int fd, const char *bytes, size_t size)
{
        char chunk[4096];

        while (size > 0) {
                ssize_t n = read(fd, chunk, size < sizeof(chunk) ? size : sizeof(chunk));

                if (n <= 0 || memcmp(chunk, bytes, (size_t) n) != 0)
                        return false;
                bytes += n;
                size -= (size_t) n;
        }
        return true;
}

static int join_segment(void *userdata, const void *bytes, size_t size)
{
        Join *join = userdata;

        join->whole = join->whole && list_goes_on(join->list_fd, bytes, size);
        return fs_write_all(join->fd, bytes, size);
}

static int join_list(const Join *join)
{
        char chunk[4096];
        ssize_t n = 0;
        int r = 0;

        if (join->list_fd >= 0 && !join->whole && lseek(join->list_fd, 0, SEEK_SET) < 0)
                return -errno;
        while (r >= 0 && join->list_fd >= 0 && (n = read(join->list_fd, chunk, sizeof(chunk))) > 0)
                r = fs_write_all(join->fd, chunk, (size_t) n);
        if (r >= 0 && (n < 0 || lseek(join->fd, 0, SEEK_SET) < 0))
                return -errno;
        return r;
}

/* Puts the archive before the list that is open, if any. */
static ExitCode add_archive(Worker *worker, const char *name, MeasurementsFile *file)
{
        _cleanup_list_archive_ ListArchive archive = { 0 };
        _cleanup_close_ int fd = memfd_create("measurements", MFD_CLOEXEC);
        Join join = { .fd = fd, .list_fd = file->fd, .whole = file->fd >= 0 };
        _cleanup_free_ char *path = NULL;
        int r = fd < 0 ? -errno : worker_resolve_path(worker, name, &path);

        if (r >= 0)
                r = list_archive_load(worker->root_fd, path, NULL, join_segment, &join,
                                &worker->diags, &archive);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_MALFORMED, "see the diagnostics",
                                "the archive %s is good up to entry %" PRIu64 " only", name,
                                archive.entries);
        if (r >= 0 && archive.segments == 0)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "name the directory of one boot, below " LIST_ARCHIVE_PATH,
                                "%s holds no archived measurement list", name);
        if (r >= 0)
                r = join_list(&join);
        if (r < 0)
                return worker_fail_errno(worker, r, name);
        cleanup_closep(&file->fd);
        file->fd = TAKE_FD(fd);
        return EXIT_CODE_OK;
}

ExitCode measurements_file_open(Worker *worker, MeasurementsFile *file)
{
        const char *archive = worker->options[WORKER_OPTION_ARCHIVE];
        ExitCode code = EXIT_CODE_OK;
        struct stat st;
        int r;

        if (!worker->list && !archive)
                return worker_fail(worker, EXIT_CODE_USAGE, "give --list=FILE",
                                "no measurement list is named");
        if (worker->list)
                code = open_list(worker, &file->fd);
        else
                worker->list = archive;
        if (code == EXIT_CODE_OK && archive)
                code = add_archive(worker, archive, file);
        if (code != EXIT_CODE_OK)
                return code;
        file->size = fstat(file->fd, &st) < 0 ? 0 : (uint64_t) st.st_size;
        file->chunk = malloc(CHUNK_SIZE);
        r = file->chunk ? measurement_reader_new_detecting(&file->reader) : -ENOMEM;
        return r < 0 ? worker_fail_errno(worker, r, worker->list) : EXIT_CODE_OK;
}

int measurements_file_rewind(MeasurementsFile *file)
{
        if (lseek(file->fd, 0, SEEK_SET) < 0)
                return -errno;
        file->done = 0;
        file->reader = measurement_reader_free(file->reader);
        return measurement_reader_new_detecting(&file->reader);
}

int measurements_file_read(Worker *worker, MeasurementsFile *file)
{
        ssize_t n;
        int r;

        do
                n = read(file->fd, file->chunk, CHUNK_SIZE);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if (n == 0) {
                measurement_reader_end(file->reader);
                return 0;
        }
        r = measurement_reader_feed(file->reader, file->chunk, (size_t) n);
        file->done += (uint64_t) n;
        if (file->done <= file->size && file->done % (16 * CHUNK_SIZE) == 0)
                worker_progress(worker, (double) file->done / (double) file->size, worker->list);
        return r < 0 ? r : 1;
}

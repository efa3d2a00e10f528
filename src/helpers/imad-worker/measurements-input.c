/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/measurements-input.h"

#include <inttypes.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "helpers/imad-worker/certificates.h"
#include "system/securityfs.h"

#define CHUNK_SIZE ((size_t) 512 * 1024)
#define PROGRESS_SIZE (16 * CHUNK_SIZE)
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
        free(file->archive.path);
        list_archive_done(&file->archive.read);
        buffer_done(&file->archive.entries);
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

static int compare_segment(void *userdata, const void *bytes, size_t size)
{
        MeasurementsFile *file = userdata;

        file->archive.is_in_list = file->archive.is_in_list && list_goes_on(file->fd, bytes, size);
        return 0;
}

/* Looks whether the archive is good, and whether the list that is open, if any, begins as it. */
static ExitCode open_archive(Worker *worker, const char *name, MeasurementsFile *file)
{
        _cleanup_list_archive_ ListArchive archive = { 0 };
        MeasurementsArchive *a = &file->archive;
        int r = worker_resolve_path(worker, name, &a->path);

        a->is_in_list = file->fd >= 0;
        if (r >= 0)
                r = list_archive_load(worker->root_fd, a->path, NULL, compare_segment, file,
                                &worker->diags, &archive);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_MALFORMED, "see the diagnostics",
                                "the archive %s is good up to entry %" PRIu64 " only", name,
                                archive.entries);
        if (r >= 0 && archive.segments == 0)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "name the directory of one boot, below " LIST_ARCHIVE_PATH,
                                "%s holds no archived measurement list", name);
        a->segments = archive.segments;
        a->size = archive.size;
        a->last = archive.last;
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

/* Of archive and list; what both have counts once. */
static uint64_t get_size(const MeasurementsFile *file)
{
        uint64_t in_list = 0;
        struct stat st;

        if (file->fd >= 0 && fstat(file->fd, &st) >= 0)
                in_list = (uint64_t) st.st_size;
        return file->archive.is_in_list ? in_list : in_list + file->archive.size;
}

ExitCode measurements_file_open(Worker *worker, MeasurementsFile *file)
{
        const char *archive = worker->options[WORKER_OPTION_ARCHIVE];
        ExitCode code = EXIT_CODE_OK;
        int r;

        if (!worker->list && !archive)
                return worker_fail(worker, EXIT_CODE_USAGE, "give --list=FILE",
                                "no measurement list is named");
        if (worker->list)
                code = open_list(worker, &file->fd);
        else
                worker->list = archive;
        if (code == EXIT_CODE_OK && archive)
                code = open_archive(worker, archive, file);
        if (code != EXIT_CODE_OK)
                return code;
        file->size = get_size(file);
        file->chunk = malloc(CHUNK_SIZE);
        r = file->chunk ? measurement_reader_new_detecting(&file->reader) : -ENOMEM;
        return r < 0 ? worker_fail_errno(worker, r, worker->list) : EXIT_CODE_OK;
}

int measurements_file_rewind(MeasurementsFile *file)
{
        if (file->fd >= 0 && lseek(file->fd, 0, SEEK_SET) < 0)
                return -errno;
        file->done = 0;
        file->archive.done = 0;
        file->archive.ended = false;
        list_archive_done(&file->archive.read);
        buffer_done(&file->archive.entries);
        file->reader = measurement_reader_free(file->reader);
        return measurement_reader_new_detecting(&file->reader);
}

/* Makes the next segment that at hand; 0 behind the last, where the list is put in its place. */
static int read_segment(Worker *worker, MeasurementsFile *file)
{
        MeasurementsArchive *a = &file->archive;
        int r;

        a->done = 0;
        buffer_done(&a->entries);
        if (a->read.segments < a->segments) {
                r = list_archive_read(worker->root_fd, a->path, &a->read, &a->entries);
                return r == -EBADMSG || r == -ENOENT ? -ESTALE : r < 0 ? r : 1;
        }
        a->ended = true;
        if (!digest_equal(&a->read.last, &a->last))
                return -ESTALE;
        if (file->fd >= 0 && lseek(file->fd, a->is_in_list ? (off_t) a->size : 0, SEEK_SET) < 0)
                return -errno;
        return 0;
}

/* The next bytes of the archive; 0 behind it. */
static ssize_t read_archive(Worker *worker, MeasurementsFile *file, const char **ret_bytes)
{
        MeasurementsArchive *a = &file->archive;
        size_t left;

        while (a->done == a->entries.size) {
                int r = a->ended ? 0 : read_segment(worker, file);

                if (r <= 0)
                        return r;
        }
        left = a->entries.size - a->done;
        left = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        *ret_bytes = a->entries.data + a->done;
        a->done += left;
        return (ssize_t) left;
}

static ssize_t read_list(MeasurementsFile *file)
{
        ssize_t n;

        if (file->fd < 0)
                return 0;
        do
                n = read(file->fd, file->chunk, CHUNK_SIZE);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

int measurements_file_read(Worker *worker, MeasurementsFile *file)
{
        const char *bytes = file->chunk;
        ssize_t n = file->archive.path ? read_archive(worker, file, &bytes) : 0;
        uint64_t before = file->done;
        int r;

        if (n == 0)
                n = read_list(file);
        if (n < 0)
                return (int) n;
        if (n == 0) {
                measurement_reader_end(file->reader);
                return 0;
        }
        r = measurement_reader_feed(file->reader, bytes, (size_t) n);
        file->done += (uint64_t) n;
        if (file->done <= file->size && before / PROGRESS_SIZE != file->done / PROGRESS_SIZE)
                worker_progress(worker, (double) file->done / (double) file->size, worker->list);
        return r < 0 ? r : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The measurement list in the forms of other tools. */
#include "base/fs.h"
#include "base/json.h"
#include "core/measurements/cel.h"
#include "core/measurements/keylime.h"
#include "helpers/imad-worker/measurements-input.h"
#include "system/securityfs.h"

/* Text in the answer; longer ones need --output=. */
#define TEXT_MAX ((size_t) 32 << 20)
#define FLUSH_SIZE ((size_t) 256 << 10)

typedef struct Export Export;

typedef struct ExportFormat {
        const char *name;
        bool is_set; /* of files and digests; --union= and --prune work on it */
        int (*add)(Export *e, const Measurement *m);
        int (*finish)(Export *e);
        int (*parse)(Export *e, const char *text, size_t size, const char *source);
} ExportFormat;

struct Export {
        Worker *worker;
        const ExportFormat *format;
        MeasurementsFile file;
        MeasurementsInput input;
        KeylimePolicy policy; /* what is exported; sha256sum uses the files of it */
        KeylimePolicy older;  /* --union= */
        ReplayHasher *hasher;
        uint64_t records;
        int fd; /* of --output=, or -EBADF */
        Buffer text;
};

static void export_done(Export *e)
{
        measurements_file_done(&e->file);
        measurements_input_done(&e->input);
        keylime_policy_done(&e->policy);
        keylime_policy_done(&e->older);
        replay_hasher_freep(&e->hasher);
        buffer_done(&e->text);
}

static int flush(Export *e)
{
        int r;

        if (e->fd < 0)
                return e->text.size > TEXT_MAX ? -EFBIG : 0;
        r = fs_write_all(e->fd, e->text.data, e->text.size);
        buffer_consume(&e->text, e->text.size);
        return r;
}

static int add_record(Export *e, const Measurement *m)
{
        int r = buffer_append_string(&e->text, e->records > 0 ? ",\n" : "[");

        if (r >= 0)
                r = cel_format_record(e->hasher, m, e->records++, &e->text);
        return r >= 0 && e->text.size >= FLUSH_SIZE ? flush(e) : r;
}

static int finish_records(Export *e)
{
        return buffer_append_string(&e->text, e->records > 0 ? "]\n" : "[]\n");
}

static int add_to_inventory(Export *e, const Measurement *m)
{
        int r = inventory_add(&e->policy.inventory, m);

        return r < 0 ? r : 0;
}

static int finish_keylime(Export *e)
{
        _cleanup_json_ json_t *json = NULL;
        _cleanup_free_ char *text = NULL;
        int r = 0;

        if (e->input.certificates.count > 0)
                r = keylime_policy_set_keys(&e->policy, &e->input.certificates);
        if (r >= 0)
                r = keylime_policy_format(&e->policy, &e->worker->diags, &json);
        if (r >= 0)
                r = json_format(json, &text);
        return r < 0 ? r : buffer_append_string(&e->text, text);
}

static int parse_keylime(Export *e, const char *text, size_t size, const char *source)
{
        return keylime_policy_parse(&e->older, text, size, &e->worker->diags, source);
}

/* sha256sum -c would look for boot_aggregate in vain. */
static int finish_sums(Export *e)
{
        AllowList *files = &e->policy.inventory.files;
        int r = 0;

        allow_list_sort(files);
        for (size_t i = 0; r >= 0 && i < files->count; i++)
                if (!string_equal(files->items[i].name, INVENTORY_BOOT_AGGREGATE))
                        r = allow_list_format_entry(&files->items[i], &e->text);
        return r;
}

static int parse_sums(Export *e, const char *text, size_t size, const char *source)
{
        return allow_list_parse(&e->older.inventory.files, text, size, &e->worker->diags, source);
}

static const ExportFormat formats[] = {
        {"cel-json",   false, add_record,       finish_records, NULL         },
        { "keylime",   true,  add_to_inventory, finish_keylime, parse_keylime},
        { "sha256sum", true,  add_to_inventory, finish_sums,    parse_sums   },
};

static ExitCode find_format(Export *e)
{
        const char *name = e->worker->options[WORKER_OPTION_FORMAT];

        for (size_t i = 0; i < ELEMENTSOF(formats); i++)
                if (name && string_equal(formats[i].name, name))
                        e->format = &formats[i];
        if (!e->format)
                return worker_fail(e->worker, EXIT_CODE_USAGE,
                                "give --format=cel-json, keylime or sha256sum",
                                "%s is no format of exports", name ?: "none");
        if (!e->format->is_set && (e->worker->options[WORKER_OPTION_UNION] || e->worker->prune))
                return worker_fail(e->worker, EXIT_CODE_USAGE,
                                "--union= and --prune are for keylime and sha256sum",
                                "an event log cannot be merged with another one");
        return EXIT_CODE_OK;
}

/* The hash that a digest of this size is taken for when the file is looked at. */
static HashAlgorithm find_hash(size_t size)
{
        static const HashAlgorithm usual[] = { HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256,
                HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(usual); i++)
                if (hash_algorithm_size(usual[i]) == size)
                        return usual[i];
        return HASH_ALGORITHM_INVALID;
}

static int hash_file(int fd, DigestContext *context, uint8_t *ret_digest)
{
        char bytes[16384];
        ssize_t n = 1;
        int r = digest_context_begin(context);

        while (r >= 0 && n > 0) {
                n = read(fd, bytes, sizeof(bytes));
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0)
                        r = digest_context_update(context, bytes, (size_t) n);
                if (n < 0)
                        n = 1;
        }
        return r < 0 ? r : digest_context_end(context, ret_digest);
}

/* True when the file that is there now has this digest. */
static bool is_on_disk(const Export *e, const AllowListEntry *entry)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        _cleanup_close_ int fd = -EBADF;
        uint8_t digest[DIGEST_SIZE_MAX];
        struct stat st;

        if (entry->name[0] != '/' ||
                        digest_context_new(find_hash(entry->digest_size), &context) < 0)
                return false;
        fd = fs_open(e->worker->root_fd, entry->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return false;
        return hash_file(fd, context, digest) >= 0 &&
               memcmp(digest, entry->digest, entry->digest_size) == 0;
}

/* Of the older export, what is still so; what the list of this boot holds stays in any case. */
static int merge_pruned(Export *e, uint64_t *ret_pruned)
{
        AllowList *files = &e->policy.inventory.files;
        const AllowList *older = &e->older.inventory.files;

        *ret_pruned = 0;
        allow_list_sort(files);
        for (size_t i = 0; i < older->count; i++) {
                const AllowListEntry *entry = &older->items[i];
                Digest digest = { .size = entry->digest_size };
                int r;

                memcpy(digest.bytes, entry->digest, digest.size);
                if (!is_on_disk(e, entry)) {
                        ++*ret_pruned;
                        continue;
                }
                r = allow_list_add(files, entry->name, entry->name_size, &digest);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_settings(Export *e)
{
        KeylimePolicy *from = &e->older, *to = &e->policy;

        to->excludes = TAKE_PTR(from->excludes);
        to->ignored_keyrings = TAKE_PTR(from->ignored_keyrings);
        to->verification_keys = TAKE_PTR(from->verification_keys);
        to->release = from->release;
        return 0;
}

static ExitCode merge_older(Export *e)
{
        const char *name = e->worker->options[WORKER_OPTION_UNION];
        _cleanup_free_ char *text = NULL;
        uint64_t pruned = 0;
        size_t size;
        ExitCode code;
        int r;

        if (!name)
                return e->worker->prune ? worker_fail(e->worker, EXIT_CODE_USAGE,
                                                          "name the earlier export with --union=",
                                                          "there is nothing to prune")
                                        : EXIT_CODE_OK;
        code = worker_read_file(e->worker, name, ALLOW_LIST_SIZE_MAX, &text, &size);
        if (code != EXIT_CODE_OK)
                return code;
        r = e->format->parse(e, text, size, name);
        if (r == -EBADMSG)
                return worker_fail(e->worker, EXIT_CODE_MALFORMED, "see the diagnostics",
                                "%s cannot be used", name);
        if (r >= 0)
                r = e->worker->prune ? merge_pruned(e, &pruned)
                                     : inventory_merge(&e->policy.inventory, &e->older.inventory);
        if (r >= 0)
                r = take_settings(e);
        if (r >= 0)
                r = worker_set(e->worker, "pruned", json_integer((json_int_t) pruned));
        return r < 0 ? worker_fail_errno(e->worker, r, name) : EXIT_CODE_OK;
}

static int read_entries(Export *e)
{
        Measurement m;
        int more = 1, r = 0;

        while (more > 0 && r >= 0) {
                more = measurements_file_read(e->worker, &e->file);
                while (r >= 0 && (r = measurement_reader_next(e->file.reader, &m)) > 0)
                        r = e->format->add(e, &m);
        }
        if (r == -EBADMSG || more == -EBADMSG)
                return 0;
        return more < 0 ? more : r;
}

/* Reads the list to its end and writes the export; the reader remembers what is malformed. */
static int write_export(int fd, void *userdata)
{
        Export *e = userdata;
        int r;

        e->fd = fd;
        r = read_entries(e);
        if (r < 0)
                return r;
        if (measurement_reader_finish(e->file.reader, &e->worker->diags, e->worker->list) < 0)
                return -EBADMSG;
        if (merge_older(e) != EXIT_CODE_OK)
                return -ECANCELED;
        r = e->format->finish(e);
        return r < 0 ? r : flush(e);
}

static int set_text(Export *e)
{
        if (!string_is_utf8(e->text.data ?: ""))
                return -EILSEQ;
        return worker_set(e->worker, "text", json_stringn(e->text.data ?: "", e->text.size));
}

static ExitCode run(Export *e)
{
        Worker *worker = e->worker;
        _cleanup_free_ char *path = NULL;
        int r = 0;

        if (worker->output)
                r = worker_resolve_path(worker, worker->output, &path);
        if (r >= 0)
                r = path ? fs_replace_file_by(worker->root_fd, path, write_export, e, 0644)
                         : write_export(-EBADF, e);
        if (r >= 0 && !path)
                r = set_text(e);
        if (r == -ECANCELED)
                return worker->code;
        if (r == -EBADMSG)
                return EXIT_CODE_MALFORMED;
        if (r == -EFBIG || r == -EILSEQ)
                return worker_fail(worker, EXIT_CODE_FAILURE, "write it into a file with --output=",
                                r == -EFBIG ? "the export is too long to be printed"
                                            : "the export holds names that are no text");
        return r < 0 ? worker_fail_errno(worker, r, worker->output ?: worker->list) : EXIT_CODE_OK;
}

ExitCode verb_measurements_export(Worker *worker)
{
        _cleanup_(export_done) Export e = { .worker = worker, .fd = -EBADF, .file.fd = -EBADF };
        ExitCode code = find_format(&e);

        if (!worker->list)
                worker->list = SECURITYFS_LIST_PATH;
        if (code == EXIT_CODE_OK)
                code = measurements_input_load(worker, &e.input);
        if (code == EXIT_CODE_OK)
                code = measurements_file_open(worker, &e.file);
        if (code == EXIT_CODE_OK && cel_hasher_new(&e.hasher) < 0)
                code = worker_fail_errno(worker, -ENOMEM, worker->list);
        return code == EXIT_CODE_OK ? run(&e) : code;
}

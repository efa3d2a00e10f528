/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a bundle of signatures: without root, and without touching the files. */
#include <endian.h>
#include <inttypes.h>

#include "base/buffer.h"
#include "base/diag-code.h"
#include "base/fs.h"
#include "base/json.h"
#include "core/signature/evm.h"
#include "helpers/imad-worker/bundle-file.h"
#include "helpers/imad-worker/signing-kit.h"
#include "system/file-facts.h"
#include "system/file-source.h"

#define PROVENANCE_SIZE_MAX ((size_t) 16 << 20)

typedef struct Labels {
        uint8_t *ima, *evm;
        size_t ima_size, evm_size;
        Digest digest;
        struct stat stat; /* of a file of a directory, as it was signed */
        int error;
} Labels;

typedef struct Creation {
        Worker *worker;
        SigningKit kit;
        Signer *envelope_signer; /* with SHA-256 */
        FileSource source;
        Labels *labels; /* of each file */
        Manifest files; /* with labels */
        json_t *provenance;
        Buffer text;
} Creation;

static void creation_done(Creation *c)
{
        for (size_t i = 0; c->labels && i < c->source.files.count; i++) {
                free(c->labels[i].ima);
                free(c->labels[i].evm);
        }
        free(c->labels);
        manifest_done(&c->files);
        file_source_done(&c->source);
        signer_free(c->envelope_signer);
        signing_kit_done(&c->kit);
        json_decref(c->provenance);
        buffer_done(&c->text);
}

static int sign_metadata(const Creation *c, const EvmFile *evm, Signer *signer, Labels *labels)
{
        Digest digest;
        int r = evm_compute_digest(evm, SIGNATURE_TYPE_PORTABLE, c->kit.hash, &digest);

        return r < 0 ? r
                     : signer_sign(signer, SIGNATURE_TYPE_PORTABLE, &digest, &labels->evm,
                                       &labels->evm_size);
}

/* A member of an archive will have no attributes but those that it gets here. */
static int sign_member(
                const Creation *c, const ManifestEntry *entry, Signer *signer, Labels *labels)
{
        EvmAttribute attribute = { .name = "security.ima" };
        const EvmFile evm = {
                .attributes = &attribute,
                .n_attributes = 1,
                .uid = entry->uid,
                .gid = entry->gid,
                .mode = (uint16_t) entry->mode,
                .big_endian = __BYTE_ORDER == __BIG_ENDIAN,
        };
        int r;

        labels->digest = entry->digest;
        r = signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &labels->digest, &labels->ima,
                        &labels->ima_size);
        if (r < 0 || !c->worker->evm)
                return r;
        attribute.value = labels->ima;
        attribute.size = labels->ima_size;
        return sign_metadata(c, &evm, signer, labels);
}

static int sign_file(const Creation *c, const ManifestEntry *entry, Signer *signer, Labels *labels)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        int r = file_source_open_file(&c->source, entry, &file);

        if (r >= 0)
                r = file_facts_hash(file.fd, c->kit.hash, &labels->digest);
        if (r >= 0)
                r = signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &labels->digest, &labels->ima,
                                &labels->ima_size);
        if (r >= 0 && c->worker->evm)
                r = label_file_get_protected(
                                &file, labels->ima, labels->ima_size, &protected_values);
        if (r >= 0 && c->worker->evm)
                r = sign_metadata(c, &protected_values.evm, signer, labels);
        if (r >= 0)
                r = label_file_check(&file, true);
        labels->stat = file.stat;
        return r;
}

static int do_task(void *userdata, size_t index, size_t thread)
{
        const Creation *c = userdata;
        const ManifestEntry *entry = &c->source.files.entries[index];
        Signer *signer = c->kit.tools[thread].signer;
        Labels *labels = &c->labels[index];

        labels->error = c->source.root_fd >= 0 ? sign_file(c, entry, signer, labels)
                                               : sign_member(c, entry, signer, labels);
        return labels->error;
}

static int add_file(Creation *c, size_t index)
{
        const Labels *labels = &c->labels[index];
        ManifestEntry entry = c->source.files.entries[index];

        if (c->source.root_fd >= 0) {
                entry.size = (uint64_t) labels->stat.st_size;
                entry.mode = labels->stat.st_mode;
                entry.uid = labels->stat.st_uid;
                entry.gid = labels->stat.st_gid;
        }
        entry.digest = labels->digest;
        entry.ima = (ManifestLabel){ labels->ima, labels->ima_size };
        entry.evm = (ManifestLabel){ labels->evm, labels->evm_size };
        return manifest_add(&c->files, &entry);
}

/* Which file it was, and why. */
static ExitCode fail_file(Creation *c, int error)
{
        for (size_t i = 0; i < c->source.files.count; i++) {
                LabelFileReason reason;

                if (c->labels[i].error >= 0)
                        continue;
                reason = label_file_explain(-EBADF, c->labels[i].error);
                return worker_fail(c->worker, exit_code_from_errno(c->labels[i].error), reason.hint,
                                "%s cannot be signed: %s", c->source.files.entries[i].path,
                                reason.reason);
        }
        return worker_fail_errno(c->worker, error, "files");
}

static ExitCode sign_files(Creation *c)
{
        _cleanup_parallel_ Parallel *parallel = NULL;
        int r;

        c->labels = calloc(c->source.files.count + 1, sizeof(*c->labels));
        r = c->labels ? parallel_new(&parallel) : -ENOMEM;
        worker_progress(c->worker, -1, "files");
        if (r >= 0)
                r = parallel_run(parallel, c->source.files.count, do_task, c);
        if (r < 0 && c->labels)
                return fail_file(c, r);
        for (size_t i = 0; r >= 0 && i < c->source.files.count; i++)
                r = add_file(c, i);
        if (r >= 0)
                manifest_sort(&c->files);
        return r < 0 ? worker_fail_errno(c->worker, r, "files") : EXIT_CODE_OK;
}

static ExitCode load_source(Creation *c, const char *name)
{
        const FileSourceSettings settings = { .hash = c->kit.hash,
                .all_mounts = c->worker->all_mounts };
        ExitCode code = bundle_file_load_source(c->worker, name, &settings, &c->source);

        if (code != EXIT_CODE_OK)
                return code;
        if (c->source.tree.unreadable > 0)
                return worker_fail(c->worker, EXIT_CODE_NOT_PERMITTED,
                                "make everything below it readable",
                                "%zu files or directories below %s cannot be read",
                                c->source.tree.unreadable, name);
        if (c->source.files.count == 0)
                return worker_fail(c->worker, EXIT_CODE_NOT_FOUND,
                                "name a directory or package with files",
                                "%s holds no file to sign", name);
        return c->source.files.count > BUNDLE_FILES_MAX
                               ? worker_fail(c->worker, EXIT_CODE_INVALID_INPUT,
                                                 "make several bundles, of parts of it",
                                                 "%s holds more than %u files", name,
                                                 BUNDLE_FILES_MAX)
                               : EXIT_CODE_OK;
}

/* A line of the bundle; takes the payload. */
static int add_envelope(Creation *c, char *payload, size_t size)
{
        _cleanup_free_ char *owned = payload, *line = NULL;
        _cleanup_json_ json_t *json = NULL;
        int r = dsse_sign(c->envelope_signer, STATEMENT_PAYLOAD_TYPE, owned, size, &json);

        if (r >= 0)
                r = json_format(json, &line);
        return r < 0 ? r : buffer_append_string(&c->text, line);
}

static int parse_provenance(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name)
{
        Creation *c = into;

        return json_parse(bytes, size, &c->provenance) >= 0 && json_is_object(c->provenance)
                               ? 0
                               : diag_error(&worker->diags, DIAG_CODE_BUNDLE_PROVENANCE,
                                                 ((DiagPlace){ .source = name }),
                                                 "give SLSA provenance in JSON: its predicate, or "
                                                 "the builder's DSSE envelope",
                                                 "the provenance is no object of JSON");
}

/* The builder's own envelope stays as it is: its signature is what it is worth. */
static ExitCode keep_envelope(Creation *c, const char *name)
{
        _cleanup_statement_ Statement statement = { 0 };
        _cleanup_dsse_ Dsse dsse = { 0 };
        _cleanup_free_ char *line = NULL;
        const char *reason = NULL;
        int r = dsse_parse(c->provenance, &dsse, &reason);

        if (r >= 0 && !string_equal(dsse.type, STATEMENT_PAYLOAD_TYPE)) {
                reason = "is of another payloadType than " STATEMENT_PAYLOAD_TYPE;
                r = -EBADMSG;
        }
        if (r >= 0)
                r = statement_parse(dsse.payload, dsse.payload_size, &statement, &reason);
        if (r >= 0 && !statement_is_slsa(&statement)) {
                reason = "is no SLSA provenance";
                r = -EBADMSG;
        }
        if (r == -EBADMSG)
                return worker_fail(c->worker, EXIT_CODE_MALFORMED,
                                "give the provenance that the builder has made", "%s %s", name,
                                reason);
        if (r >= 0)
                r = bundle_check_provenance(
                                &c->source.about, &c->files, &statement, &c->worker->diags, name);
        if (r == -EBADMSG)
                return worker_fail(c->worker, EXIT_CODE_MISMATCH, "see the diagnostics",
                                "%s cannot be used", name);
        if (r >= 0)
                r = json_format(c->provenance, &line);
        if (r >= 0)
                r = buffer_append_string(&c->text, line);
        return r < 0 ? worker_fail_errno(c->worker, r, name) : EXIT_CODE_OK;
}

static ExitCode add_provenance(Creation *c)
{
        const char *name = c->worker->options[WORKER_OPTION_PROVENANCE];
        char *payload;
        size_t size;
        ExitCode code;
        int r;

        if (!name)
                return EXIT_CODE_OK;
        code = worker_parse_file(c->worker, name, PROVENANCE_SIZE_MAX, parse_provenance, c);
        if (code != EXIT_CODE_OK)
                return code;
        if (json_object_get(c->provenance, "payload"))
                return keep_envelope(c, name);
        /* Its subjects and its builder would be hidden in a predicate. */
        if (json_object_get(c->provenance, "_type"))
                return worker_fail(c->worker, EXIT_CODE_MALFORMED,
                                "give its predicate, or the builder's DSSE envelope",
                                "%s is a statement without a signature", name);
        r = bundle_format_provenance(&c->source.about, &c->files, c->provenance, &payload, &size);
        if (r >= 0)
                r = add_envelope(c, payload, size);
        return r < 0 ? worker_fail_errno(c->worker, r, name) : EXIT_CODE_OK;
}

/* Where nobody says it: the source's name with in-toto's suffix, where the caller is. -EINVAL: it
 * has no name. */
static int choose_output(const Creation *c, const char *name, char **ret_path)
{
        size_t end = strlen(name), start;
        _cleanup_free_ char *file = NULL, *last = NULL;

        if (c->worker->output)
                return worker_resolve_path(c->worker, c->worker->output, ret_path);
        while (end > 0 && name[end - 1] == '/')
                end--;
        for (start = end; start > 0 && name[start - 1] != '/';)
                start--;
        last = strndup(name + start, end - start);
        if (!last)
                return -ENOMEM;
        if (!*last || string_equal(last, ".") || string_equal(last, ".."))
                return -EINVAL;
        if (asprintf(&file, "%s" BUNDLE_SUFFIX, last) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        return worker_resolve_path(c->worker, file, ret_path);
}

static ExitCode store(Creation *c, const char *name)
{
        _cleanup_free_ char *path = NULL;
        int r = choose_output(c, name, &path);

        if (r == -EINVAL)
                return worker_fail(c->worker, EXIT_CODE_USAGE,
                                "name the bundle with --output=", "%s gives the bundle no name",
                                name);
        if (r >= 0 && c->text.size > BUNDLE_SIZE_MAX)
                return worker_fail(c->worker, EXIT_CODE_INVALID_INPUT,
                                "make several bundles, of parts of it",
                                "the bundle would have %zu bytes", c->text.size);
        if (r >= 0 && !c->worker->dry_run)
                r = fs_replace_file(c->worker->root_fd, path, c->text.data, c->text.size, 0644);
        if (r < 0)
                return worker_fail_errno(c->worker, r, path ?: name);
        string_make_utf8(path);
        r = worker_set(c->worker, "bundle",
                        json_pack("{s:s, s:s, s:I, s:I, s:b, s:b}", "path", path, "kind",
                                        c->source.about.kind, "files", (json_int_t) c->files.count,
                                        "size", (json_int_t) c->text.size, "provenance",
                                        c->provenance != NULL, "dry_run", c->worker->dry_run));
        return r < 0 ? worker_fail_errno(c->worker, r, "bundle") : EXIT_CODE_OK;
}

ExitCode verb_bundle_create(Worker *worker)
{
        _cleanup_(creation_done) Creation c = { .worker = worker, .source = FILE_SOURCE_NONE };
        const char *name = worker->words[0];
        HashAlgorithm hash = HASH_SHA256;
        ExitCode code = signing_kit_read_hash(worker, &hash);
        char *payload;
        size_t size;
        int r;

        signing_kit_lift_limits();
        if (code == EXIT_CODE_OK)
                code = signing_kit_open(worker, hash, &c.kit);
        if (code == EXIT_CODE_OK)
                code = load_source(&c, name);
        if (code == EXIT_CODE_OK)
                code = sign_files(&c);
        if (code != EXIT_CODE_OK)
                return code;
        r = signer_new(&c.kit.key, HASH_SHA256, &c.envelope_signer);
        if (r >= 0)
                r = bundle_format_statement(&c.source.about, &c.files, &payload, &size);
        if (r >= 0)
                r = add_envelope(&c, payload, size);
        if (r < 0)
                return worker_fail_errno(worker, r, name);
        code = add_provenance(&c);
        return code == EXIT_CODE_OK ? store(&c, name) : code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/bundle.h"

#include <errno.h>
#include <inttypes.h>

#include "base/base64.h"
#include "base/diag-code.h"
#include "base/json.h"
#include "base/strings.h"
#include "core/bundle/bundle-path.h"
#include "core/provenance/deb822.h"
#include "core/signature/certificate-check.h"
#include "core/signature/file-label.h"

#define SECONDS_PER_DAY INT64_C(86400)
#define FAMILY "https://imad1.org/bundle/"

static const char *const kinds[] = { "directory", "deb", "rpm", "pacman", "tar" };

/* The file at hand. */
typedef struct Parsing {
        Bundle bundle;
        bool has_files;
        DiagList *diags;
        DiagPlace place;
} Parsing;

void bundle_source_done(BundleSource *source)
{
        free(source->kind);
        free(source->name);
        free(source->package);
        free(source->architecture);
        *source = (BundleSource){ 0 };
}

void bundle_done(Bundle *bundle)
{
        bundle_source_done(&bundle->source);
        manifest_done(&bundle->files);
        dsse_done(&bundle->envelope);
        dsse_done(&bundle->provenance);
        statement_done(&bundle->provenance_statement);
        bundle->has_provenance = false;
}

static void parsing_done(Parsing *p)
{
        bundle_done(&p->bundle);
}

static int refuse(Parsing *p, const char *object, const char *reason)
{
        return diag_error(p->diags, DIAG_CODE_BUNDLE, p->place,
                        "fetch or make the bundle again; imad.bundle(5) describes the format",
                        "%s %s", object, reason);
}

static int refuse_file(Parsing *p, const char *name, const char *reason)
{
        return diag_error(p->diags, DIAG_CODE_BUNDLE, p->place,
                        "fetch or make the bundle again; imad.bundle(5) describes the format",
                        "the file %s of the bundle %s", name, reason);
}

static int copy_string(const json_t *object, const char *key, char **ret_text)
{
        const json_t *text = json_object_get(object, key);

        if (!text || json_is_null(text))
                return 0;
        if (!json_is_string(text))
                return -EBADMSG;
        *ret_text = strdup(json_string_value(text));
        return *ret_text ? 0 : -ENOMEM;
}

static int parse_source(Parsing *p, const json_t *json)
{
        BundleSource *source = &p->bundle.source;
        bool known = false;
        int r = copy_string(json, "kind", &source->kind);

        if (r >= 0)
                r = copy_string(json, "name", &source->name);
        if (r >= 0)
                r = copy_string(json, "package", &source->package);
        if (r >= 0)
                r = copy_string(json, "architecture", &source->architecture);
        if (r == -ENOMEM)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                known |= string_equal(kinds[i], source->kind);
        if (r < 0 || !known || (source->package && !deb822_is_word(source->package)) ||
                        (source->architecture && !deb822_is_word(source->architecture)))
                return refuse(p, "the bundle", "does not say what it was made of");
        return 0;
}

/* base64 into a label; an absent one is empty. */
static int parse_label(const json_t *json, uint8_t **ret_bytes, ManifestLabel *ret_label)
{
        size_t size = 0;
        int r;

        if (!json || json_is_null(json))
                return 0;
        if (!json_is_string(json))
                return -EBADMSG;
        r = base64_decode(json_string_value(json), json_string_length(json), ret_bytes, &size);
        if (r < 0)
                return r;
        if (size == 0 || size > MANIFEST_LABEL_MAX)
                return -EBADMSG;
        *ret_label = (ManifestLabel){ *ret_bytes, size };
        return 0;
}

static bool is_label(FileLabelAttribute attribute, SignatureType type, const ManifestLabel *label,
                FileLabel *ret_label)
{
        return file_label_parse(attribute, label->value, label->size, ret_label) >= 0 &&
               ret_label->kind == FILE_LABEL_SIGNATURE && ret_label->signature.type == type;
}

static bool get_number(const json_t *json, const char *key, uint64_t max, uint64_t *ret_number)
{
        const json_t *value = json_object_get(json, key);

        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
                        (uint64_t) json_integer_value(value) > max)
                return false;
        *ret_number = (uint64_t) json_integer_value(value);
        return true;
}

static const char *parse_numbers(const json_t *json, ManifestEntry *entry)
{
        uint64_t mode, uid, gid;

        if (!get_number(json, "size", INT64_MAX, &entry->size))
                return "has no size";
        if (!get_number(json, "mode", 0177777, &mode) || (mode & 0170000) != 0100000)
                return "has no mode of a regular file";
        if (!get_number(json, "uid", UINT32_MAX, &uid) ||
                        !get_number(json, "gid", UINT32_MAX, &gid))
                return "has no owner or group";
        entry->mode = (uint32_t) mode;
        entry->uid = (uint32_t) uid;
        entry->gid = (uint32_t) gid;
        return NULL;
}

/* The digest that the label signs is that of the subject. */
static const char *find_label_fault(
                const Statement *statement, size_t subject, ManifestEntry *entry)
{
        FileLabel label;

        if (!is_label(FILE_LABEL_IMA, SIGNATURE_TYPE_DIGSIG, &entry->ima, &label))
                return "has no signature for security.ima";
        if (statement_find_digest(statement, subject, label.signature.hash, &entry->digest) < 0)
                return "has no digest of the algorithm that is signed";
        if (entry->evm.size > 0 &&
                        !is_label(FILE_LABEL_EVM, SIGNATURE_TYPE_PORTABLE, &entry->evm, &label))
                return "has no portable signature for security.evm";
        return NULL;
}

static int add_file(Parsing *p, const char *name, ManifestEntry *entry)
{
        const Manifest *files = &p->bundle.files;
        _cleanup_free_ char *path = NULL;
        int r = bundle_path_decode(name, &path);

        if (r == -ENOMEM)
                return r;
        entry->path = path;
        if (r >= 0 && files->count > 0) {
                int order = strcmp(files->entries[files->count - 1].path, path);

                if (order == 0)
                        return refuse_file(p, name, "is there twice");
                if (order > 0)
                        return refuse_file(p, name, "is not in the order of paths");
        }
        if (r >= 0)
                r = manifest_add(&p->bundle.files, entry);
        return r == -EINVAL || r == -EBADMSG
                               ? refuse_file(p, name,
                                                 "has a path that leads elsewhere or is malformed")
                               : r;
}

static int parse_file(Parsing *p, const Statement *statement, size_t subject, const json_t *json)
{
        _cleanup_free_ uint8_t *ima = NULL, *evm = NULL;
        const char *name = json_string_value(json_object_get(json, "name")), *fault;
        ManifestEntry entry = { 0 };
        int r;

        if (!name || !string_equal(name, statement_get_name(statement, subject)))
                return refuse_file(p, name ?: "without name", "is not the subject at its place");
        r = parse_label(json_object_get(json, "ima"), &ima, &entry.ima);
        if (r >= 0)
                r = parse_label(json_object_get(json, "evm"), &evm, &entry.evm);
        if (r == -ENOMEM)
                return r;
        fault = r < 0 ? "has a label that is not base64, or too long" : parse_numbers(json, &entry);
        if (!fault)
                fault = find_label_fault(statement, subject, &entry);
        return fault ? refuse_file(p, name, fault) : add_file(p, name, &entry);
}

/* The archive, if there is one, is the first subject; one for each file comes behind. */
static int parse_archive(Parsing *p, const Statement *statement, size_t *ret_first)
{
        BundleSource *source = &p->bundle.source;
        const bool is_archive = !string_equal(source->kind, "directory");

        *ret_first = is_archive;
        if (!is_archive)
                return 0;
        if (!source->name || !string_equal(source->name, statement_get_name(statement, 0)) ||
                        statement_find_digest(statement, 0, HASH_SHA256, &source->digest) < 0)
                return refuse(p, "the bundle", "does not name the archive that it was made of");
        return 0;
}

static int parse_files(Parsing *p, const Statement *statement)
{
        const json_t *files = json_object_get(statement->predicate, "files");
        size_t first;
        int r = parse_source(p, json_object_get(statement->predicate, "source"));

        if (r >= 0)
                r = parse_archive(p, statement, &first);
        if (r < 0)
                return r;
        if (!json_is_array(files) || json_array_size(files) + first != statement->n_subjects)
                return refuse(p, "the bundle", "has not one file for each of its subjects");
        if (json_array_size(files) > BUNDLE_FILES_MAX)
                return refuse(p, "the bundle", "has too many files");
        for (size_t i = 0; r >= 0 && i < json_array_size(files); i++)
                r = parse_file(p, statement, first + i, json_array_get(files, i));
        return r;
}

static int take_statement(Parsing *p, Dsse *envelope, Statement *statement)
{
        Bundle *bundle = &p->bundle;

        if (string_equal(statement->predicate_type, BUNDLE_PREDICATE_TYPE)) {
                if (p->has_files)
                        return refuse(p, "the file", "holds two bundles");
                p->has_files = true;
                bundle->envelope = TAKE_STRUCT(*envelope);
                return parse_files(p, statement);
        }
        if (string_after(statement->predicate_type, FAMILY))
                return refuse(p, "the bundle", "is of a version that this imad does not know");
        if (!statement_is_slsa(statement))
                return 0;
        if (bundle->has_provenance)
                return refuse(p, "the file", "holds provenance twice");
        bundle->has_provenance = true;
        bundle->provenance = TAKE_STRUCT(*envelope);
        bundle->provenance_statement = TAKE_STRUCT(*statement);
        return 0;
}

static int parse_line(Parsing *p, const char *line, size_t size)
{
        _cleanup_statement_ Statement statement = { 0 };
        _cleanup_dsse_ Dsse envelope = { 0 };
        _cleanup_json_ json_t *json = NULL;
        const char *reason = "is no JSON, or has a key twice";
        int r = json_parse(line, size, &json);

        if (r >= 0)
                r = dsse_parse(json, &envelope, &reason);
        if (r == -EBADMSG)
                return refuse(p, "the envelope", reason);
        if (r < 0)
                return r;
        json_decref(TAKE_PTR(json));
        if (!string_equal(envelope.type, STATEMENT_PAYLOAD_TYPE))
                return 0;
        r = statement_parse(envelope.payload, envelope.payload_size, &statement, &reason);
        if (r == -EBADMSG)
                return refuse(p, "the statement", reason);
        return r < 0 ? r : take_statement(p, &envelope, &statement);
}

static int parse_lines(Parsing *p, const char *text, size_t size)
{
        const char *end = text + size;
        int r = 0;

        while (r >= 0 && text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ?: end) - text);

                if (p->place.line++ == BUNDLE_LINES_MAX)
                        return refuse(p, "the file", "has too many lines");
                if (length > 0)
                        r = parse_line(p, text, length);
                text += length + (newline ? 1 : 0);
        }
        return r;
}

int bundle_parse(const char *text, size_t size, DiagList *diags, const char *source,
                Bundle *ret_bundle)
{
        _cleanup_(parsing_done) Parsing p = { .diags = diags, .place = { .source = source } };
        int r = size > BUNDLE_SIZE_MAX ? -E2BIG : parse_lines(&p, text, size);

        if (r >= 0 && !p.has_files) {
                p.place.line = 0;
                r = refuse(&p, "the file", "holds no bundle");
        }
        if (r >= 0)
                *ret_bundle = TAKE_STRUCT(p.bundle);
        return r;
}

int bundle_check_provenance(const BundleSource *source, const Manifest *files,
                const Statement *provenance, DiagList *diags, const char *name)
{
        const bool is_archive = source->digest.size > 0;
        const size_t count = is_archive ? 1 : files->count;
        _cleanup_free_ Digest *digests = calloc(count + 1, sizeof(*digests));
        size_t missing;
        int r;

        if (!digests)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++)
                digests[i] = is_archive ? source->digest : files->entries[i].digest;
        r = statement_find_missing(provenance, digests, count, &missing);
        if (r < 0 || missing == count)
                return r;
        return diag_error(diags, DIAG_CODE_BUNDLE_PROVENANCE, ((DiagPlace){ .source = name }),
                        "give the provenance that was made of these bytes",
                        "the provenance is about other bytes: it does not name %s",
                        is_archive ? source->name : files->entries[missing].path);
}

int bundle_check_signer(const Bundle *bundle, const CertificateList *certificates,
                SignatureVerifier *verifier, int64_t now, int64_t days, DiagList *diags,
                const char *name, const Certificate **ret_signer)
{
        const DiagPlace place = { .source = name };

        *ret_signer = NULL;
        if (dsse_verify(&bundle->envelope, certificates, verifier, ret_signer) !=
                        SIGNATURE_VERDICT_GOOD)
                return diag_error(diags, DIAG_CODE_BUNDLE_SIGNATURE, place,
                                "give the certificate of whoever makes your bundles, with --cert= "
                                "or in /etc/imad/keys; if it is that, the bundle was changed: "
                                "fetch it again",
                                "no certificate that is given verifies the bundle");
        if (!certificate_is_expired(*ret_signer, now + days * SECONDS_PER_DAY))
                return 0;
        return diag_error(diags, DIAG_CODE_BUNDLE_KEY, place,
                        "renew the certificate, or sign with a new key and make the bundle again",
                        certificate_is_expired(*ret_signer, now)
                                        ? "the certificate of its key has expired"
                                        : "the certificate of its key expires within %" PRId64
                                          " days",
                        days);
}

SignatureVerdict bundle_check_file(const ManifestEntry *file, SignatureVerifier *verifier)
{
        FileLabel ima, evm;
        SignatureVerdict verdict;

        if (file_label_parse(FILE_LABEL_IMA, file->ima.value, file->ima.size, &ima) < 0)
                return SIGNATURE_VERDICT_BAD;
        verdict = signature_verifier_check(verifier, &ima.signature, &file->digest);
        /* What security.evm signs is known on the host only, where it is checked. */
        if (verdict == SIGNATURE_VERDICT_GOOD && file->evm.size > 0 &&
                        (file_label_parse(FILE_LABEL_EVM, file->evm.value, file->evm.size, &evm) <
                                                        0 ||
                                        evm.signature.key_id != ima.signature.key_id))
                return SIGNATURE_VERDICT_UNKNOWN_KEY;
        return verdict;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/apt-index.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "core/provenance/apt-source.h"
#include "core/provenance/pgp-text.h"
#include "core/provenance/release.h"
#include "system/apt-keyring.h"
#include "system/compressed.h"
#include "system/gpgv.h"

#define SOURCES_FILE "/etc/apt/sources.list"
#define SOURCES_DIRECTORY "/etc/apt/sources.list.d"
#define SOURCE_SIZE_MAX ((size_t) 4 << 20)
#define SIGNATURE_SIZE_MAX ((size_t) 1 << 20)
#define FILES_MAX 65536U
#define INDEX_SIZE_MAX ((uint64_t) 4 << 30)

static const struct {
        const char *name;
        const char *text;
        const char *hint;
} verdicts[APT_VERDICT_MAX] = {
        [APT_VOUCHED] = {"vouched",          "is vouched for",                                    NULL                           },
        [APT_NOT_LISTED] = { "not-listed",      "is listed in no index of apt",                      "apt-get update"               },
        [APT_NO_RELEASE] = { "no-release",      "has no Release file",                               "apt-get update"               },
        [APT_NO_SIGNATURE] = { "no-signature",    "is not signed",                                     "use an archive that is signed"},
        [APT_BAD_SIGNATURE] = { "bad-signature",   "has a bad signature",
                         "apt-get update; if that stays so, somebody changes what is downloaded"                                 },
        [APT_UNKNOWN_KEY] = { "unknown-key",     "is signed by a key that is not trusted for it",
                         "install its key and name it by Signed-By (sources.list(5))"                                            },
        [APT_EXPIRED_KEY] = { "expired-key",     "is signed by a key that has expired or is revoked",
                         "upgrade the package with the archive's keys"                                                           },
        [APT_WEAK_SIGNATURE] = { "weak-signature",  "is signed with a weak hash",
                         "ask who runs the archive to sign with SHA-256 or better"                                               },
        [APT_NO_VERIFIER] = { "no-verifier",     "cannot be verified without gpgv",
                         "apt-get install gpgv"                                                                                  },
        [APT_EXPIRED] = { "expired",         "has a Release file whose Valid-Until is over",
                         "apt-get update"                                                                                        },
        [APT_MALFORMED] = { "malformed",       "has a malformed Release file",                      "apt-get update"               },
        [APT_UNAUTHENTICATED] = { "unauthenticated", "is taken without signature ([trusted=yes])",
                         "name its key by Signed-By instead (sources.list(5))"                                                   },
        [APT_CONFLICT] = { "conflict",        "is named twice, with different keys",
                         "make its entries in sources.list(5) agree"                                                             },
};

static const AptVerdict gpgv_verdicts[GPGV_VERDICT_MAX] = {
        [GPGV_GOOD] = APT_VOUCHED,
        [GPGV_NO_SIGNATURE] = APT_NO_SIGNATURE,
        [GPGV_BAD] = APT_BAD_SIGNATURE,
        [GPGV_UNKNOWN_KEY] = APT_UNKNOWN_KEY,
        [GPGV_EXPIRED] = APT_EXPIRED_KEY,
        [GPGV_WEAK] = APT_WEAK_SIGNATURE,
};

typedef struct Loading {
        int root_fd;
        usec_t now;
        AptIndex *index;
        AptSourceList sources;
        StringList lists; /* names in the directory of lists */
        DiagList *diags;
} Loading;

/* The Release file of a source: what it says, and what covers it. */
typedef struct ReleaseText {
        Buffer text;
        Buffer signature; /* empty: none */
} ReleaseText;

static void loading_done(Loading *loading)
{
        apt_source_list_done(&loading->sources);
        string_list_done(&loading->lists);
}

static void release_text_done(ReleaseText *text)
{
        buffer_done(&text->text);
        buffer_done(&text->signature);
}

static void apt_release_done(AptRelease *release)
{
        free(release->uri);
        free(release->suite);
        free(release->origin);
        free(release->file);
}

void apt_index_done(AptIndex *index)
{
        for (size_t i = 0; i < index->n_releases; i++)
                apt_release_done(&index->releases[i]);
        free(index->releases);
        archive_index_done(&index->packages);
        memset(index, 0, sizeof(*index));
}

static int load_source_file(Loading *loading, const char *path, bool is_deb822)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(loading->root_fd, path, SOURCE_SIZE_MAX, &text, &size);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return (is_deb822 ? apt_source_list_parse_deb822 : apt_source_list_parse_lines)(
                        &loading->sources, text, size, path, loading->diags);
}

static int load_sources(Loading *loading)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = load_source_file(loading, SOURCES_FILE, false);

        if (r >= 0)
                r = fs_list_directory(loading->root_fd, SOURCES_DIRECTORY, FILES_MAX, &names);
        if (r == -ENOENT)
                return 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                bool is_deb822 = string_ends_with(names.items[i], ".sources");
                _cleanup_free_ char *path = NULL;

                if (!is_deb822 && !string_ends_with(names.items[i], ".list"))
                        continue;
                if (asprintf(&path, SOURCES_DIRECTORY "/%s", names.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = load_source_file(loading, path, is_deb822);
        }
        return r;
}

/* A file of the directory of lists; -ENOENT. */
static int read_list(const Loading *loading, const char *name, size_t limit, Buffer *ret_text)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;
        int r;

        if (asprintf(&path, APT_LISTS_DIRECTORY "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = fs_read_file(loading->root_fd, path, limit, &text, &size);
        return r < 0 ? r : buffer_append(ret_text, text, size);
}

/* InRelease, else Release and what there is of Release.gpg; -ENOENT when there is neither. */
static int read_release(
                const Loading *loading, const AptSource *source, ReleaseText *text, char **ret_file)
{
        _cleanup_free_ char *clear = apt_source_format_list_name(source, "InRelease");
        _cleanup_free_ char *plain = apt_source_format_list_name(source, "Release");
        _cleanup_free_ char *detached = apt_source_format_list_name(source, "Release.gpg");
        _cleanup_buffer_ Buffer all = { 0 };
        int r;

        if (!clear || !plain || !detached)
                return -ENOMEM;
        r = read_list(loading, clear, RELEASE_SIZE_MAX, &all);
        if (r >= 0) {
                r = pgp_text_split_signed(all.data ?: "", all.size, &text->text, &text->signature);
                *ret_file = TAKE_PTR(clear);
                return r;
        }
        if (r != -ENOENT)
                return r;
        r = read_list(loading, plain, RELEASE_SIZE_MAX, &text->text);
        if (r < 0)
                return r;
        r = read_list(loading, detached, SIGNATURE_SIZE_MAX, &text->signature);
        *ret_file = TAKE_PTR(plain);
        return r == -ENOENT ? 0 : r;
}

static int verify_release(Loading *loading, const AptSource *source, const ReleaseText *text,
                AptRelease *release)
{
        _cleanup_strings_ StringList fingerprints = { 0 };
        _cleanup_buffer_ Buffer keys = { 0 };
        GpgvStatus status;
        int r;

        release->verdict = APT_UNAUTHENTICATED;
        if (source->is_trusted)
                return 0;
        release->verdict = APT_NO_SIGNATURE;
        if (text->signature.size == 0)
                return 0;
        r = apt_keyring_load(loading->root_fd, source->signed_by, &keys, &fingerprints);
        if (r < 0)
                return r;
        r = gpgv_verify((GpgvInput){ keys.data, keys.size },
                        (GpgvInput){ text->signature.data, text->signature.size },
                        (GpgvInput){ text->text.data, text->text.size }, &fingerprints, &status);
        release->verdict = r == -ENOENT ? APT_NO_VERIFIER
                           : r < 0      ? APT_BAD_SIGNATURE
                                        : gpgv_verdicts[status.verdict];
        if (r >= 0)
                memcpy(release->fingerprint, status.fingerprint, sizeof(status.fingerprint));
        return r == -ENOENT || r >= 0 ? 0 : r;
}

/* One index while it is read: what it says counts when its digest turns out to be right. */
typedef struct IndexReading {
        ArchiveIndex *packages;
        unsigned list;
        Deb822Reader *reader;
        DigestContext *digest;
        uint64_t size;
} IndexReading;

static void index_reading_done(IndexReading *reading)
{
        deb822_reader_free(reading->reader);
        digest_context_freep(&reading->digest);
}

static int add_package(void *userdata, const Deb822Paragraph *paragraph)
{
        IndexReading *reading = userdata;

        return archive_index_add(reading->packages, paragraph, reading->list);
}

static int feed_index(void *userdata, const void *bytes, size_t size)
{
        IndexReading *reading = userdata;
        int r = digest_context_update(reading->digest, bytes, size);

        reading->size += size;
        return r < 0 ? r : deb822_reader_feed(reading->reader, bytes, size);
}

static int read_index(IndexReading *reading, int fd, Digest *ret_digest)
{
        int r = digest_context_new(HASH_SHA256, &reading->digest);

        if (r >= 0)
                r = digest_context_begin(reading->digest);
        if (r >= 0)
                r = deb822_reader_new(add_package, reading, &reading->reader);
        if (r >= 0)
                r = compressed_read(fd, INDEX_SIZE_MAX, feed_index, reading);
        if (r >= 0)
                r = deb822_reader_end(reading->reader);
        *ret_digest = (Digest){ .algorithm = HASH_SHA256, .size = ARCHIVE_INDEX_SHA256_SIZE };
        return r < 0 ? r : digest_context_end(reading->digest, ret_digest->bytes);
}

/* expected NULL: there is no Release file that says what it should be. */
static int load_index(Loading *loading, const char *name, const ReleaseFile *expected)
{
        ArchiveIndex *packages = &loading->index->packages;
        _cleanup_(index_reading_done) IndexReading reading = { .packages = packages,
                .list = (unsigned) loading->index->n_releases };
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t before = packages->count;
        Digest digest;
        int r;

        if (asprintf(&path, APT_LISTS_DIRECTORY "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = fs_open(loading->root_fd, path, O_RDONLY | O_NONBLOCK, 0);
        if (fd < 0)
                return fd;
        r = read_index(&reading, fd, &digest);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && (!expected || (digest_equal(&digest, &expected->digest) &&
                                                    reading.size == expected->size)))
                return 0;
        archive_index_truncate(packages, before);
        return diag_warning(loading->diags, DIAG_CODE_APT_LIST, ((DiagPlace){ .source = path }),
                        "apt-get update", "%s",
                        r < 0 ? "the index is damaged or malformed"
                              : "the index is not the one that its Release file names");
}

static bool is_index(const char *path)
{
        return string_equal(path, "Packages") || string_ends_with(path, "/Packages");
}

/* As apt keeps it: as it is, or compressed anew. */
static int load_indexes(Loading *loading, const AptSource *source, const Release *release)
{
        static const char *const suffixes[] = { "", ".lz4", ".xz", ".gz", ".zst", ".bz2", ".lzma" };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < release->n_files; i++) {
                _cleanup_free_ char *name = NULL;

                if (!is_index(release->files[i].path))
                        continue;
                name = apt_source_format_list_name(source, release->files[i].path);
                if (!name)
                        return -ENOMEM;
                for (size_t s = 0; r >= 0 && s < ELEMENTSOF(suffixes); s++) {
                        char file[NAME_MAX + 1];

                        if (snprintf(file, sizeof(file), "%s%s", name, suffixes[s]) <
                                                        (int) sizeof(file) &&
                                        string_list_contains(&loading->lists, file))
                                r = load_index(loading, file, &release->files[i]);
                }
        }
        return r;
}

/* What apt keeps of a source without Release file: read only to say why it does not count. */
static int load_bare_indexes(Loading *loading, const AptSource *source)
{
        _cleanup_free_ char *prefix = apt_source_format_list_name(source, "");
        int r = prefix ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < loading->lists.count; i++) {
                const char *rest = string_after(loading->lists.items[i], prefix);

                if (rest && strstr(rest, "Packages"))
                        r = load_index(loading, loading->lists.items[i], NULL);
        }
        return r;
}

static int load_release(Loading *loading, const AptSource *source, AptRelease *release)
{
        _cleanup_(release_text_done) ReleaseText text = { 0 };
        _cleanup_release_ Release parsed = { 0 };
        const char *reason;
        int r = read_release(loading, source, &text, &release->file);

        if (r == -ENOENT) {
                release->verdict = source->is_trusted ? APT_UNAUTHENTICATED : APT_NO_RELEASE;
                return load_bare_indexes(loading, source);
        }
        release->verdict = APT_MALFORMED;
        if (r >= 0)
                r = release_parse(text.text.data ?: "", text.text.size, &parsed, &reason);
        if (r < 0)
                return r == -EBADMSG || r == -E2BIG || r == -EFBIG ? 0 : r;
        r = verify_release(loading, source, &text, release);
        if (r < 0)
                return r;
        release->valid_until = parsed.valid_until;
        release->origin = strdup(parsed.origin);
        if (!release->origin)
                return -ENOMEM;
        if (release->verdict == APT_VOUCHED && parsed.valid_until > 0 && !source->ignores_end &&
                        loading->now > parsed.valid_until)
                release->verdict = APT_EXPIRED;
        return load_indexes(loading, source, &parsed);
}

/* The release that an earlier entry for the same suite made, or NULL. */
static AptRelease *find_release(const AptIndex *index, const AptSource *source)
{
        for (size_t i = 0; i < index->n_releases; i++)
                if (string_equal(index->releases[i].uri, source->uri) &&
                                string_equal(index->releases[i].suite, source->suite))
                        return &index->releases[i];
        return NULL;
}

/* Entries for one suite must agree, as apt wants it. */
static bool sources_agree(const Loading *loading, const AptSource *source)
{
        for (size_t i = 0; i < loading->sources.count; i++) {
                const AptSource *other = &loading->sources.items[i];

                if (string_equal(other->uri, source->uri) &&
                                string_equal(other->suite, source->suite) &&
                                (other->is_trusted != source->is_trusted ||
                                                !string_equal(other->signed_by, source->signed_by)))
                        return false;
        }
        return true;
}

static int warn_release(Loading *loading, const AptSource *source, const AptRelease *release)
{
        if (release->verdict == APT_VOUCHED)
                return 0;
        return diag_warning(loading->diags, DIAG_CODE_APT_LIST,
                        ((DiagPlace){ .source = source->file }), verdicts[release->verdict].hint,
                        "the source %s %s %s", source->uri, source->suite,
                        verdicts[release->verdict].text);
}

static int add_source(Loading *loading, const AptSource *source)
{
        AptIndex *index = loading->index;
        AptRelease *releases, release = { 0 };
        int r;

        if (find_release(index, source))
                return 0;
        releases = reallocarray(index->releases, index->n_releases + 1, sizeof(*releases));
        if (!releases)
                return -ENOMEM;
        index->releases = releases;
        release.uri = strdup(source->uri);
        release.suite = strdup(source->suite);
        r = release.uri && release.suite ? load_release(loading, source, &release) : -ENOMEM;
        if (r >= 0 && !sources_agree(loading, source))
                release.verdict = APT_CONFLICT;
        if (r >= 0)
                r = warn_release(loading, source, &release);
        index->releases[index->n_releases++] = release;
        return r;
}

int apt_index_load(int root_fd, usec_t now, AptIndex *ret_index, DiagList *diags)
{
        _cleanup_apt_index_ AptIndex index = { 0 };
        _cleanup_(loading_done) Loading loading = {
                .root_fd = root_fd, .now = now, .index = &index, .diags = diags
        };
        int r = load_sources(&loading);

        if (r >= 0)
                r = fs_list_directory(root_fd, APT_LISTS_DIRECTORY, FILES_MAX, &loading.lists);
        if (r == -ENOENT)
                r = 0;
        for (size_t i = 0; r >= 0 && i < loading.sources.count; i++)
                r = add_source(&loading, &loading.sources.items[i]);
        if (r < 0)
                return r;
        archive_index_sort(&index.packages);
        *ret_index = TAKE_STRUCT(index);
        return 0;
}

AptVoucher apt_index_check(const AptIndex *index, const Digest *archive)
{
        size_t n;
        const IndexedPackage *found = archive_index_find(&index->packages, archive, &n);
        AptVoucher voucher = { .verdict = APT_NOT_LISTED };

        for (size_t i = 0; i < n && voucher.verdict != APT_VOUCHED; i++) {
                const AptRelease *release = &index->releases[found[i].list];

                if (i == 0 || release->verdict == APT_VOUCHED)
                        voucher = (AptVoucher){ release->verdict, &found[i], release };
        }
        return voucher;
}

const char *apt_verdict_describe(AptVerdict verdict)
{
        return verdicts[verdict].text;
}

const char *apt_verdict_to_string(AptVerdict verdict)
{
        return verdicts[verdict].name;
}

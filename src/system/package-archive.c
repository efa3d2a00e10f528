/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package-archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "core/manifest/file-class.h"
#include "core/manifest/manifest.h"

#define BLOCK_SIZE ((size_t) 64 * 1024)

/* deb(5): members whose names begin with "_" may come between these. */
typedef enum DebPart {
        DEB_PART_VERSION,
        DEB_PART_CONTROL,
        DEB_PART_DATA,
        DEB_PART_MAX,
} DebPart;

static const char *const deb_parts[DEB_PART_MAX] = {
        [DEB_PART_VERSION] = "debian-binary",
        [DEB_PART_CONTROL] = "control.tar",
        [DEB_PART_DATA] = "data.tar",
};

/* Members of pacman's archives that are about the package, one of which comes first. */
static const char *const pacman_members[] = {
        ".PKGINFO",
        ".BUILDINFO",
        ".MTREE",
        ".INSTALL",
        ".CHANGELOG",
};

static const char *const kind_names[PACKAGE_ARCHIVE_KIND_MAX] = {
        [PACKAGE_ARCHIVE_DEB] = "deb",
        [PACKAGE_ARCHIVE_RPM] = "rpm",
        [PACKAGE_ARCHIVE_PACMAN] = "pacman",
        [PACKAGE_ARCHIVE_TAR] = "tar",
};

typedef struct Reading {
        const PackageArchiveSettings *settings;
        PackageMemberVisitor *visit;
        void *userdata;
        int fd;
        int read_error;         /* of the descriptor */
        DigestContext *archive; /* digests of archive and member */
        DigestContext *member;
        PackageArchive result;
        uint64_t bytes; /* of all members */
        uint8_t *input; /* BLOCK_SIZE of the archive, and of a member */
        uint8_t *block;
        const char *reason;
} Reading;

static void reading_done(Reading *reading)
{
        digest_context_freep(&reading->archive);
        digest_context_freep(&reading->member);
        free(reading->input);
        free(reading->block);
}

static void reader_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_read_free(*archive);
}

#define _cleanup_reader_ _cleanup_(reader_freep)

static int refuse(Reading *reading, int error, const char *reason)
{
        reading->reason = reason;
        return error;
}

/* A failure of libarchive. */
static int fail(Reading *reading, struct archive *archive, const char *reason)
{
        if (reading->read_error < 0)
                return reading->read_error;
        return archive_errno(archive) == ENOMEM ? -ENOMEM : refuse(reading, -EBADMSG, reason);
}

/* Every byte that libarchive sees goes through the digest of the archive. */
static la_ssize_t read_input(struct archive *archive, void *userdata, const void **ret_bytes)
{
        Reading *reading = userdata;
        ssize_t n;

        (void) archive;
        do
                n = read(reading->fd, reading->input, BLOCK_SIZE);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                reading->read_error = -errno;
        else if (digest_context_update(reading->archive, reading->input, (size_t) n) < 0)
                reading->read_error = -EIO;
        if (reading->read_error < 0)
                return -1;
        reading->result.size += (uint64_t) n;
        *ret_bytes = reading->input;
        return n;
}

/* The bytes of an archive in an archive. */
static la_ssize_t read_outer(struct archive *archive, void *userdata, const void **ret_bytes)
{
        size_t size = 0;
        la_int64_t offset;
        int r;

        (void) archive;
        do
                r = archive_read_data_block(userdata, ret_bytes, &size, &offset);
        while (r == ARCHIVE_OK && size == 0);
        if (r == ARCHIVE_EOF)
                return 0;
        return r == ARCHIVE_OK ? (la_ssize_t) size : -1;
}

/* Those that libarchive does itself; it would start programs for others. */
static int support_compressions(struct archive *archive)
{
        static int (*const supports[])(struct archive *) = {
                archive_read_support_filter_gzip,
                archive_read_support_filter_bzip2,
                archive_read_support_filter_xz,
                archive_read_support_filter_lzma,
                archive_read_support_filter_zstd,
        };

        for (size_t i = 0; i < ELEMENTSOF(supports); i++)
                if (supports[i](archive) != ARCHIVE_OK)
                        return -EOPNOTSUPP;
        return 0;
}

/* Names are bytes, whatever the locale. */
static int set_binary_names(struct archive *archive)
{
        return archive_read_set_format_option(archive, "tar", "hdrcharset", "BINARY") ==
                                               ARCHIVE_FAILED
                               ? -EOPNOTSUPP
                               : 0;
}

static int open_reader(bool is_outer, struct archive **ret_archive)
{
        _cleanup_reader_ struct archive *archive = archive_read_new();
        int r;

        if (!archive)
                return -ENOMEM;
        if (archive_read_support_format_tar(archive) != ARCHIVE_OK)
                return -EOPNOTSUPP;
        r = support_compressions(archive);
        if (r >= 0 && is_outer &&
                        (archive_read_support_format_ar(archive) != ARCHIVE_OK ||
                                        archive_read_support_format_cpio(archive) != ARCHIVE_OK ||
                                        archive_read_support_filter_rpm(archive) != ARCHIVE_OK))
                r = -EOPNOTSUPP;
        if (r >= 0)
                r = set_binary_names(archive);
        if (r >= 0)
                *ret_archive = TAKE_PTR(archive);
        return r;
}

/* 1: there is an entry; 0: the archive has ended. */
static int next_entry(Reading *reading, struct archive *archive, struct archive_entry **ret_entry)
{
        int r = archive_read_next_header(archive, ret_entry);

        if (r == ARCHIVE_EOF)
                return 0;
        return r == ARCHIVE_OK || r == ARCHIVE_WARN
                               ? 1
                               : fail(reading, archive, "is cut off, damaged or no package");
}

static int read_data(Reading *reading, struct archive *archive, PackageMember *member, Buffer *text)
{
        bool is_control = string_after(member->path, MANIFEST_CONTROL_PREFIX);
        uint64_t limit = reading->settings->bytes_max ?: PACKAGE_ARCHIVE_BYTES_MAX;
        la_ssize_t n;
        int r = digest_context_begin(reading->member);

        while (r >= 0 && (n = archive_read_data(archive, reading->block, BLOCK_SIZE)) != 0) {
                if (n < 0)
                        return fail(reading, archive, "has a member that is cut off or damaged");
                if (member->size == 0)
                        member->classes = file_class_detect(
                                        member->path, member->mode, reading->block, (size_t) n);
                member->size += (uint64_t) n;
                reading->bytes += (uint64_t) n;
                if (reading->bytes > limit)
                        return refuse(reading, -E2BIG, "has too many bytes when it is unpacked");
                if (is_control && member->size > PACKAGE_ARCHIVE_CONTROL_MAX)
                        return refuse(reading, -E2BIG, "has a control member that is too large");
                r = digest_context_update(reading->member, reading->block, (size_t) n);
                if (r >= 0 && is_control)
                        r = buffer_append(text, reading->block, (size_t) n);
        }
        if (member->size == 0)
                member->classes = file_class_detect(member->path, member->mode, "", 0);
        member->digest = (Digest){ .algorithm = reading->settings->hash,
                .size = hash_algorithm_size(reading->settings->hash) };
        return r < 0 ? r : digest_context_end(reading->member, member->digest.bytes);
}

static int visit_file(Reading *reading, struct archive *archive, PackageMember *member)
{
        _cleanup_buffer_ Buffer text = { 0 };
        int r = 0;

        if (S_ISREG(member->mode) && !member->link)
                r = read_data(reading, archive, member, &text);
        if (r >= 0 && string_after(member->path, MANIFEST_CONTROL_PREFIX))
                r = buffer_append(&text, "", 0);
        member->text = text.data;
        return r < 0 ? r : reading->visit(reading->userdata, member);
}

static const char *entry_name(struct archive_entry *entry)
{
        return archive_entry_pathname(entry) ?: archive_entry_pathname_utf8(entry);
}

/* The top directory, which is none of its files, is "/". */
static int visit_entry(Reading *reading, struct archive *archive, struct archive_entry *entry,
                bool is_control)
{
        const char *name = entry_name(entry), *hard = archive_entry_hardlink(entry);
        _cleanup_free_ char *path = NULL, *control = NULL, *link = NULL;
        PackageMember member = {
                .mode = archive_entry_mode(entry),
                .uid = (uint32_t) archive_entry_uid(entry),
                .gid = (uint32_t) archive_entry_gid(entry),
                .target = archive_entry_symlink(entry),
        };
        int r;

        if (reading->result.n_members >=
                        (reading->settings->members_max ?: PACKAGE_ARCHIVE_MEMBERS_MAX))
                return refuse(reading, -E2BIG, "has too many members");
        reading->result.n_members++;
        r = name ? manifest_path_normalise(name, &path) : -EBADMSG;
        if (r >= 0 && hard)
                r = manifest_path_normalise(hard, &link);
        if (r == -EBADMSG)
                return refuse(reading, r,
                                "has a member whose name is absolute, too long or has ..");
        if (r < 0)
                return r;
        if (is_control && (string_equal(path, "/") || strchr(path + 1, '/')))
                return 0;
        if (is_control && asprintf(&control, MANIFEST_CONTROL_PREFIX "%s", path + 1) < 0) {
                control = NULL;
                return -ENOMEM;
        }
        member.path = control ?: path;
        member.link = link;
        /* tar(5) tells no type of a hard link. */
        if (link)
                member.mode = S_IFREG | (member.mode & (mode_t) ~S_IFMT);
        return visit_file(reading, archive, &member);
}

static bool is_pacman_member(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(pacman_members); i++)
                if (string_equal(name, pacman_members[i]))
                        return true;
        return false;
}

/* All members of a tar or cpio archive, the first of which has been read if `entry` is not NULL. */
static int visit_all(Reading *reading, struct archive *archive, struct archive_entry *entry,
                bool is_control)
{
        int r = entry ? 1 : next_entry(reading, archive, &entry);

        while (r > 0) {
                bool is_about = reading->result.kind == PACKAGE_ARCHIVE_PACMAN &&
                                entry_name(entry) && is_pacman_member(entry_name(entry));

                r = visit_entry(reading, archive, entry, is_control || is_about);
                if (r >= 0)
                        r = next_entry(reading, archive, &entry);
        }
        return r;
}

static int read_inner(Reading *reading, struct archive *outer, bool is_control)
{
        _cleanup_reader_ struct archive *inner = NULL;
        int r = open_reader(false, &inner);

        if (r >= 0 && archive_read_open(inner, outer, NULL, read_outer, NULL) != ARCHIVE_OK)
                r = fail(reading, inner, "has a part that is no tar archive");
        return r < 0 ? r : visit_all(reading, inner, NULL, is_control);
}

/* The name of a tar archive goes on with its compression, which is told by its bytes. */
static bool is_deb_part(const char *name, DebPart part)
{
        const char *rest = string_after(name, deb_parts[part]);

        return rest && (!*rest || (part != DEB_PART_VERSION && *rest == '.'));
}

static int read_deb(Reading *reading, struct archive *outer, struct archive_entry *entry)
{
        DebPart part = DEB_PART_VERSION;
        int r = 1;

        while (r > 0 && part < DEB_PART_MAX) {
                const char *name = archive_entry_pathname(entry);

                if (!name || (name[0] != '_' && !is_deb_part(name, part)))
                        return refuse(reading, -EBADMSG, "is no Debian package");
                if (name[0] != '_' && part++ != DEB_PART_VERSION)
                        r = read_inner(reading, outer, is_deb_part(name, DEB_PART_CONTROL));
                if (r >= 0 && part < DEB_PART_MAX)
                        r = next_entry(reading, outer, &entry);
        }
        return r == 0 && part < DEB_PART_MAX ? refuse(reading, -EBADMSG, "is cut off") : r;
}

static bool has_rpm_filter(struct archive *archive)
{
        for (int i = 0; i < archive_filter_count(archive); i++)
                if (archive_filter_code(archive, i) == ARCHIVE_FILTER_RPM)
                        return true;
        return false;
}

static int read_members(Reading *reading, struct archive *archive)
{
        struct archive_entry *entry;
        int format, r = next_entry(reading, archive, &entry);

        if (r == 0)
                return refuse(reading, -EBADMSG, "is empty");
        if (r < 0)
                return r;
        format = archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK;
        if (format == ARCHIVE_FORMAT_AR && archive_filter_count(archive) == 1)
                return read_deb(reading, archive, entry);
        if (format == ARCHIVE_FORMAT_CPIO && has_rpm_filter(archive))
                reading->result.kind = PACKAGE_ARCHIVE_RPM;
        else if (format != ARCHIVE_FORMAT_TAR)
                return refuse(reading, -EBADMSG, "is no package");
        else
                reading->result.kind = entry_name(entry) && is_pacman_member(entry_name(entry))
                                                       ? PACKAGE_ARCHIVE_PACMAN
                                                       : PACKAGE_ARCHIVE_TAR;
        return visit_all(reading, archive, entry, false);
}

/* What libarchive does not look at any more belongs to the digest as well. */
static int read_rest(Reading *reading)
{
        const void *bytes;
        la_ssize_t n;

        while ((n = read_input(NULL, reading, &bytes)) > 0)
                ;
        return n < 0 ? reading->read_error : 0;
}

static int prepare(Reading *reading)
{
        int r = digest_context_new(HASH_SHA256, &reading->archive);

        if (r >= 0)
                r = digest_context_new(reading->settings->hash, &reading->member);
        if (r < 0)
                return r;
        reading->input = malloc(BLOCK_SIZE);
        reading->block = malloc(BLOCK_SIZE);
        return reading->input && reading->block ? digest_context_begin(reading->archive) : -ENOMEM;
}

int package_archive_read(int fd, const PackageArchiveSettings *settings,
                PackageMemberVisitor *visit, void *userdata, PackageArchive *ret_archive,
                const char **ret_reason)
{
        _cleanup_(reading_done) Reading reading = {
                .settings = settings, .visit = visit, .userdata = userdata, .fd = fd
        };
        _cleanup_reader_ struct archive *archive = NULL;
        int r = prepare(&reading);

        if (r >= 0)
                r = open_reader(true, &archive);
        if (r >= 0 && archive_read_open(archive, &reading, NULL, read_input, NULL) != ARCHIVE_OK)
                r = fail(&reading, archive, "is no package");
        if (r >= 0)
                r = read_members(&reading, archive);
        if (r >= 0)
                r = read_rest(&reading);
        if (r >= 0)
                r = digest_context_end(reading.archive, reading.result.digest.bytes);
        *ret_reason = reading.reason;
        if (r < 0)
                return r;
        reading.result.digest.algorithm = HASH_SHA256;
        reading.result.digest.size = hash_algorithm_size(HASH_SHA256);
        *ret_archive = reading.result;
        return 0;
}

const char *package_archive_kind_to_string(PackageArchiveKind kind)
{
        return kind_names[kind];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/evidence.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/fs.h"
#include "base/strings.h"

#define BLOCK_SIZE 65536U
#define MEMBERS_MAX 64U
#define MEMBER_MODE 0644U

struct EvidenceReader {
        struct archive *archive;
};

static void write_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_write_free(*archive);
}

static void entry_freep(struct archive_entry **entry)
{
        archive_entry_free(*entry);
}

static int archive_error(struct archive *archive)
{
        int error = archive_errno(archive);

        return error > 0 ? -error : -EIO;
}

static int write_part(struct archive *archive, EvidencePart part, const Evidence *evidence)
{
        _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();
        size_t size = evidence->parts[part].size;

        if (!entry)
                return -ENOMEM;
        archive_entry_set_pathname(entry, evidence_parts[part].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, MEMBER_MODE);
        archive_entry_set_size(entry, (la_int64_t) size);
        if (archive_write_header(archive, entry) != ARCHIVE_OK ||
                        archive_write_data(archive, evidence->parts[part].data, size) !=
                                        (la_ssize_t) size)
                return archive_error(archive);
        return 0;
}

static int write_archive(int fd, void *userdata)
{
        _cleanup_(write_freep) struct archive *archive = archive_write_new();
        const Evidence *evidence = userdata;
        int r = 0;

        if (!archive)
                return -ENOMEM;
        if (archive_write_set_format_ustar(archive) != ARCHIVE_OK ||
                        archive_write_open_fd(archive, fd) != ARCHIVE_OK)
                return archive_error(archive);
        for (EvidencePart part = 0; r >= 0 && part < EVIDENCE_PART_MAX; part++)
                if (evidence->parts[part].data)
                        r = write_part(archive, part, evidence);
        if (r >= 0 && archive_write_close(archive) != ARCHIVE_OK)
                r = archive_error(archive);
        return r;
}

int evidence_store(int root_fd, const char *path, const Evidence *evidence)
{
        return fs_replace_file_by(root_fd, path, write_archive, (void *) evidence, 0600);
}

EvidenceReader *evidence_reader_free(EvidenceReader *reader)
{
        if (reader) {
                if (reader->archive)
                        (void) archive_read_free(reader->archive);
                free(reader);
        }
        return NULL;
}

/* Sizes in headers are believed as limits only, never for memory. */
static int read_part(EvidenceReader *reader, EvidencePart part, Evidence *evidence)
{
        size_t limit = evidence_parts[part].limit, size = 0;
        _cleanup_free_ uint8_t *bytes = malloc(limit + 1);
        int r = bytes ? 0 : -ENOMEM;

        while (r >= 0 && size <= limit) {
                size_t n = 0;

                r = evidence_reader_read(reader, bytes + size, limit + 1 - size, &n);
                if (r >= 0 && n == 0)
                        return evidence_set(evidence, part, bytes, size);
                size += n;
        }
        return r < 0 ? r : -EFBIG;
}

static int open_archive(int fd, EvidenceReader **ret_reader)
{
        _cleanup_evidence_reader_ EvidenceReader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        reader->archive = archive_read_new();
        if (!reader->archive)
                return -ENOMEM;
        if (archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
                        archive_read_open_fd(reader->archive, fd, BLOCK_SIZE) != ARCHIVE_OK)
                return -EBADMSG;
        *ret_reader = TAKE_PTR(reader);
        return 0;
}

/* 1: the list comes next; 0: another member. */
static int read_member(EvidenceReader *reader, Evidence *evidence, const char **ret_reason)
{
        struct archive_entry *entry;
        const char *name;
        EvidencePart part;
        int r = archive_read_next_header(reader->archive, &entry);

        *ret_reason = r == ARCHIVE_EOF ? "has no measurement list" : "is no tar archive";
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                return -EBADMSG;
        name = archive_entry_pathname(entry);
        part = name && archive_entry_filetype(entry) == AE_IFREG ? evidence_part_from_name(name)
                                                                 : EVIDENCE_PART_MAX;
        if (part == EVIDENCE_LIST)
                return 1;
        if (part == EVIDENCE_PART_MAX)
                return 0;
        *ret_reason = "has one member twice";
        if (evidence->parts[part].data)
                return -EBADMSG;
        *ret_reason = "has a member that is cut off or too large";
        r = read_part(reader, part, evidence);
        return r == -EFBIG ? -EBADMSG : r;
}

int evidence_reader_new(int fd, EvidenceReader **ret_reader, Evidence *ret_evidence,
                const char **ret_reason)
{
        _cleanup_evidence_reader_ EvidenceReader *reader = NULL;
        _cleanup_evidence_ Evidence evidence = { 0 };
        int r = open_archive(fd, &reader);

        *ret_reason = "is no tar archive";
        if (r < 0)
                return r;
        r = 0;
        for (size_t i = 0; r == 0 && i < MEMBERS_MAX; i++)
                r = read_member(reader, &evidence, ret_reason);
        if (r == 0)
                *ret_reason = "has too many members";
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        *ret_evidence = TAKE_STRUCT(evidence);
        *ret_reader = TAKE_PTR(reader);
        return 0;
}

int evidence_reader_read(EvidenceReader *reader, void *bytes, size_t size, size_t *ret_size)
{
        la_ssize_t n = archive_read_data(reader->archive, bytes, size);

        if (n < 0)
                return -EBADMSG;
        *ret_size = (size_t) n;
        return 0;
}

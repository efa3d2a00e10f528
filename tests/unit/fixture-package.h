/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives of packages for tests, written by libarchive. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

typedef struct FixtureMember {
        const char *name; /* NULL: the end of the list */
        const char *text;
        unsigned mode;    /* with its type; 0: a regular file of 0644 */
        const char *link; /* of a symbolic link, or a hard link if mode says a regular file */
} FixtureMember;

/* An archive in memory, with room for more than any test needs. */
typedef struct FixtureArchive {
        char bytes[256 * 1024];
        size_t size;
} FixtureArchive;

static inline void fixture_archive_add(struct archive *writer, const FixtureMember *member)
{
        struct archive_entry *entry = archive_entry_new();
        size_t size = member->text && !member->link ? strlen(member->text) : 0;

        archive_entry_set_pathname(entry, member->name);
        archive_entry_set_mode(entry, member->mode ? member->mode : S_IFREG | 0644);
        archive_entry_set_uid(entry, 7);
        archive_entry_set_gid(entry, 8);
        archive_entry_set_size(entry, (la_int64_t) size);
        if (member->link && S_ISLNK(member->mode))
                archive_entry_set_symlink(entry, member->link);
        else if (member->link)
                archive_entry_set_hardlink(entry, member->link);
        if (archive_write_header(writer, entry) != ARCHIVE_OK ||
                        archive_write_data(writer, member->text, size) != (la_ssize_t) size)
                abort();
        archive_entry_free(entry);
}

/* A tar archive; `filter` as archive_write_add_filter_by_name() knows it, NULL: none. */
static inline void fixture_archive_tar(
                FixtureArchive *archive, const char *filter, const FixtureMember *members)
{
        struct archive *writer = archive_write_new();

        if (archive_write_set_format_gnutar(writer) != ARCHIVE_OK ||
                        (filter && archive_write_add_filter_by_name(writer, filter) !=
                                                        ARCHIVE_OK) ||
                        archive_write_open_memory(writer, archive->bytes, sizeof(archive->bytes),
                                        &archive->size) != ARCHIVE_OK)
                abort();
        for (; members->name; members++)
                fixture_archive_add(writer, members);
        if (archive_write_free(writer) != ARCHIVE_OK)
                abort();
}

/* An archive of ar(1), which deb(5) is. */
static inline void fixture_archive_ar_add(
                FixtureArchive *archive, const char *name, const void *bytes, size_t size)
{
        int n;

        if (archive->size == 0) {
                memcpy(archive->bytes, "!<arch>\n", 8);
                archive->size = 8;
        }
        if (archive->size + 61 + size + 1 > sizeof(archive->bytes))
                abort();
        n = snprintf(archive->bytes + archive->size, 61, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0,
                        0, 0, 0100644U, size);
        archive->size += (size_t) n;
        memcpy(archive->bytes + archive->size, bytes, size);
        archive->size += size;
        if (size % 2)
                archive->bytes[archive->size++] = '\n';
}

/* A Debian package; `suffix` goes with the filter: ".xz". */
static inline void fixture_archive_deb(FixtureArchive *archive, const char *filter,
                const char *suffix, const FixtureMember *control, const FixtureMember *data)
{
        FixtureArchive *inner = calloc(1, sizeof(*inner));
        char name[32];

        archive->size = 0;
        fixture_archive_ar_add(archive, "debian-binary", "2.0\n", 4);
        fixture_archive_tar(inner, filter, control);
        (void) snprintf(name, sizeof(name), "control.tar%s", suffix);
        fixture_archive_ar_add(archive, name, inner->bytes, inner->size);
        fixture_archive_tar(inner, filter, data);
        (void) snprintf(name, sizeof(name), "data.tar%s", suffix);
        fixture_archive_ar_add(archive, name, inner->bytes, inner->size);
        free(inner);
}

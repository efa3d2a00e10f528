/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package-files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "core/provenance/deb822.h"

typedef struct Reading {
        PackageFiles files;
        StringList links;   /* hard links: name and target in turn */
        Manifest others;    /* directories, symbolic links and the like */
        const char *reason; /* what is wrong with the archive */
} Reading;

void package_files_done(PackageFiles *files)
{
        free(files->name);
        free(files->version);
        free(files->architecture);
        manifest_done(&files->files);
        *files = (PackageFiles){ 0 };
}

static void reading_done(Reading *reading)
{
        package_files_done(&reading->files);
        string_list_done(&reading->links);
        manifest_done(&reading->others);
}

static int refuse(Reading *reading, const char *reason)
{
        reading->reason = reason;
        return -EBADMSG;
}

/* They become parts of paths. */
static int copy_word(Reading *reading, const Deb822Paragraph *paragraph, const char *name,
                char **ret_word)
{
        const char *word = deb822_get(paragraph, name);

        if (!deb822_is_word(word) || *ret_word)
                return refuse(reading, "has a control file without a plain name, version and "
                                       "architecture");
        *ret_word = strdup(word);
        return *ret_word ? 0 : -ENOMEM;
}

static int read_control(void *userdata, const Deb822Paragraph *paragraph)
{
        Reading *reading = userdata;
        PackageFiles *files = &reading->files;
        int r = copy_word(reading, paragraph, "Package", &files->name);

        if (r >= 0)
                r = copy_word(reading, paragraph, "Version", &files->version);
        return r < 0 ? r : copy_word(reading, paragraph, "Architecture", &files->architecture);
}

static int add_link(Reading *reading, const PackageMember *member)
{
        int r = string_list_add(&reading->links, member->path);

        return r < 0 ? r : string_list_add(&reading->links, member->link);
}

static int visit_member(void *userdata, const PackageMember *member)
{
        Reading *reading = userdata;
        const bool is_control = string_after(member->path, MANIFEST_CONTROL_PREFIX);
        const ManifestEntry entry = {
                .path = member->path,
                .size = member->size,
                .mode = member->mode,
                .uid = member->uid,
                .gid = member->gid,
                .classes = member->classes,
                .digest = member->digest,
        };
        int r = 0;

        if (string_equal(member->path, MANIFEST_CONTROL_PREFIX "control") && member->text)
                r = deb822_parse(member->text, member->size, read_control, reading);
        if (r < 0 || (is_control && member->classes == 0) || string_equal(member->path, "/"))
                return r;
        if (!S_ISREG(member->mode))
                return manifest_add(&reading->others, &entry);
        return member->link ? add_link(reading, member)
                            : manifest_add(&reading->files.files, &entry);
}

/* Which member of a name counts does not depend on the order only while all are files. */
static int sort_files(Reading *reading)
{
        Manifest *files = &reading->files.files;
        const size_t count = files->count;

        manifest_sort(files);
        if (reading->links.count > 0 && files->count != count)
                return refuse(reading, "names a member twice");
        for (size_t i = 0; i < reading->others.count; i++)
                if (manifest_find(files, reading->others.entries[i].path))
                        return refuse(reading, "names a member twice");
        return 0;
}

/* The file that a hard link leads to, under the name of the link; without path when it is none. */
static int find_linked(Reading *reading, size_t index, ManifestEntry *ret_entry)
{
        const char *target = reading->links.items[2 * index + 1];
        const ManifestEntry *file = manifest_find(&reading->files.files, target);
        const ManifestEntry *other = manifest_find(&reading->others, target);

        if (!file && (!other || S_ISDIR(other->mode)))
                return refuse(reading, "has a hard link to what is no file in it");
        if (file) {
                *ret_entry = *file;
                ret_entry->path = reading->links.items[2 * index];
        }
        return 0;
}

/* All links are looked up before the first is added, which ends the order. */
static int add_linked(Reading *reading)
{
        Manifest *files = &reading->files.files;
        const size_t n_links = reading->links.count / 2;
        _cleanup_free_ ManifestEntry *entries = calloc(n_links + 1, sizeof(*entries));
        int r = entries ? sort_files(reading) : -ENOMEM;

        manifest_sort(&reading->others);
        for (size_t i = 0; r >= 0 && i < n_links; i++)
                r = find_linked(reading, i, &entries[i]);
        for (size_t i = 0; r >= 0 && i < n_links; i++)
                if (entries[i].path)
                        r = manifest_add(files, &entries[i]);
        return r < 0 ? r : sort_files(reading);
}

int package_files_read(int fd, const PackageArchiveSettings *settings, PackageFiles *ret_files,
                const char **ret_reason)
{
        _cleanup_(reading_done) Reading reading = { 0 };
        int r = package_archive_read(
                        fd, settings, visit_member, &reading, &reading.files.archive, ret_reason);

        if (r >= 0)
                r = add_linked(&reading);
        if (r < 0 && reading.reason)
                *ret_reason = reading.reason;
        if (r >= 0)
                *ret_files = TAKE_STRUCT(reading.files);
        return r;
}

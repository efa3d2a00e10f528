/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What apt's lists and sources are read by, over arbitrary text: as a Release file, as an index, as
 * sources of both styles. Reading in two pieces comes to the same as in one.
 */
#include <stdlib.h>

#include "core/provenance/apt-source.h"
#include "core/provenance/archive-index.h"
#include "core/provenance/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add(void *userdata, const Deb822Paragraph *paragraph)
{
        (void) archive_index_add(userdata, paragraph, 0);
        return 0;
}

static int count(void *userdata, const Deb822Paragraph *paragraph)
{
        *(size_t *) userdata += paragraph->n_fields;
        return 0;
}

static void check_pieces(const char *text, size_t size)
{
        _cleanup_deb822_ Deb822Reader *reader = NULL;
        size_t whole = 0, pieces = 0;
        int expected = deb822_parse(text, size, count, &whole), r;

        if (deb822_reader_new(count, &pieces, &reader) < 0)
                abort();
        r = deb822_reader_feed(reader, text, size / 2);
        if (r >= 0)
                r = deb822_reader_feed(reader, text + size / 2, size - size / 2);
        if (r >= 0)
                r = deb822_reader_end(reader);
        if (r != expected || pieces != whole)
                abort();
}

static void check_sources(const char *text, size_t size)
{
        _cleanup_apt_sources_ AptSourceList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        (void) apt_source_list_parse_lines(&list, text, size, "fuzz", &diags);
        (void) apt_source_list_parse_deb822(&list, text, size, "fuzz", &diags);
        for (size_t i = 0; i < list.count; i++) {
                char *name = apt_source_format_list_name(&list.items[i], "InRelease");

                if (!name || strchr(name, '/'))
                        abort();
                free(name);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_archive_index_ ArchiveIndex index = { 0 };
        _cleanup_release_ Release release = { 0 };
        const char *text = (const char *) data, *reason;

        (void) release_parse(text, size, &release, &reason);
        (void) deb822_parse(text, size, add, &index);
        archive_index_sort(&index);
        check_pieces(text, size);
        check_sources(text, size);
        return 0;
}

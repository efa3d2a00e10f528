/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>

#include "base/fs.h"
#include "fixture-root.h"
#include "system/evidence.h"

static Evidence make(void)
{
        Evidence evidence = { 0 };

        for (EvidencePart part = 0; part < EVIDENCE_PART_MAX; part++)
                if (part != EVIDENCE_EVENT_LOG)
                        cr_assert_eq(evidence_set(&evidence, part, evidence_parts[part].name,
                                                     strlen(evidence_parts[part].name)),
                                        0);
        return evidence;
}

/* Reads the file to its end; the list comes into list, of 64 bytes. */
static int load(const FixtureRoot *root, Evidence *evidence, char *list, const char **reason)
{
        _cleanup_close_ int fd = fs_open(root->fd, "e.tar", O_RDONLY, 0);
        _cleanup_evidence_reader_ EvidenceReader *reader = NULL;
        size_t size = 0, n = 1;
        int r;

        cr_assert_geq(fd, 0);
        r = evidence_reader_new(fd, &reader, evidence, reason);
        while (r >= 0 && n > 0) {
                r = evidence_reader_read(reader, list + size, 63 - size, &n);
                size += r < 0 ? 0 : n;
        }
        list[size] = '\0';
        return r;
}

Test(evidence, what_is_stored_is_read_again)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_evidence_ Evidence evidence = make(), read = { 0 };
        const char *reason;
        char list[64];

        cr_assert_eq(evidence_store(root.fd, "e.tar", &evidence), 0);
        cr_assert_eq(load(&root, &read, list, &reason), 0);
        cr_assert_str_eq(list, "measurements");
        cr_assert_null(read.parts[EVIDENCE_EVENT_LOG].data);
        for (EvidencePart part = 0; part < EVIDENCE_LIST; part++)
                if (part != EVIDENCE_EVENT_LOG) {
                        cr_assert_eq(read.parts[part].size, evidence.parts[part].size);
                        cr_assert_arr_eq(read.parts[part].data, evidence.parts[part].data,
                                        read.parts[part].size);
                }
}

Test(evidence, a_file_that_is_cut_off_is_refused)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_evidence_ Evidence evidence = make();
        _cleanup_free_ char *bytes = NULL;
        size_t size, contents = (2 * (size_t) EVIDENCE_PART_MAX - 3) * 512 + strlen("measurements");

        cr_assert_eq(evidence_store(root.fd, "e.tar", &evidence), 0);
        cr_assert_eq(fs_read_file(root.fd, "e.tar", 1 << 20, &bytes, &size), 0);
        cr_assert_gt(size, contents);
        for (size_t cut = 0; cut < contents; cut += 100) {
                _cleanup_evidence_ Evidence read = { 0 };
                const char *reason;
                char list[64];

                cr_assert_eq(fs_replace_file(root.fd, "e.tar", bytes, cut, 0600), 0);
                cr_assert_eq(load(&root, &read, list, &reason), -EBADMSG, "cut at %zu", cut);
        }
}

/* An archive with these members, each holding its name. */
static void store_members(const FixtureRoot *root, const char *const *names)
{
        struct archive *archive = archive_write_new();
        _cleanup_close_ int fd = fs_open(root->fd, "e.tar", O_WRONLY | O_CREAT, 0600);

        cr_assert_eq(archive_write_set_format_ustar(archive), ARCHIVE_OK);
        cr_assert_eq(archive_write_open_fd(archive, fd), ARCHIVE_OK);
        for (size_t i = 0; names[i]; i++) {
                struct archive_entry *entry = archive_entry_new();

                archive_entry_set_pathname(entry, names[i]);
                archive_entry_set_filetype(entry, AE_IFREG);
                archive_entry_set_perm(entry, 0644);
                archive_entry_set_size(entry, (la_int64_t) strlen(names[i]));
                cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
                cr_assert_gt(archive_write_data(archive, names[i], strlen(names[i])), 0);
                archive_entry_free(entry);
        }
        cr_assert_eq(archive_write_free(archive), ARCHIVE_OK);
}

static int load_members(const char *const *names, const char **reason)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_evidence_ Evidence read = { 0 };
        char list[64];

        store_members(&root, names);
        return load(&root, &read, list, reason);
}

Test(evidence, members_of_other_names_are_passed_over)
{
        const char *reason;

        cr_assert_eq(load_members((const char *const[]){ "README", "ak.pub", "x/ak.pub",
                                                  "measurements", "more", NULL },
                                     &reason),
                        0);
}

Test(evidence, a_member_that_is_there_twice_is_refused)
{
        const char *reason;

        cr_assert_eq(load_members((const char *const[]){ "ak.pub", "ak.pub", "measurements", NULL },
                                     &reason),
                        -EBADMSG);
        cr_assert_str_eq(reason, "has one member twice");
}

Test(evidence, a_file_without_a_list_is_refused)
{
        const char *reason;

        cr_assert_eq(load_members((const char *const[]){ "ak.pub", NULL }, &reason), -EBADMSG);
        cr_assert_str_eq(reason, "has no measurement list");
}

Test(evidence, a_member_above_its_limit_is_refused)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_evidence_ Evidence evidence = make(), read = { 0 };
        size_t size = evidence_parts[EVIDENCE_QUOTE].limit + 1;
        _cleanup_free_ char *bytes = calloc(1, size);
        const char *reason;
        char list[64];

        cr_assert_eq(evidence_set(&evidence, EVIDENCE_QUOTE, bytes, size), 0);
        cr_assert_eq(evidence_store(root.fd, "e.tar", &evidence), 0);
        cr_assert_eq(load(&root, &read, list, &reason), -EBADMSG);
}

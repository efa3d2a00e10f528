/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* measurements-export and -archive of imad-worker over a root directory. */
#include <criterion/criterion.h>

#include "fixture-list.h"
#include "fixture-worker.h"
#include "system/list-archive.h"

static FixtureRoot root;

/* /list has /bin/a with a digest of 'a's, which no file has. */
static void setup(void)
{
        _cleanup_buffer_ Buffer list = { 0 };

        root = fixture_root_new();
        fixture_append_ng(&list, 10, "/bin/a");
        cr_assert_eq(fs_create_file(root.fd, "/list", list.data, list.size, 0600), 0);
        fixture_root_write(&root, "/bin/kept", "kept\n");
        fixture_root_write(&root, "/bin/new", "new\n");
}

static void teardown(void)
{
        fixture_root_done(&root);
}

TestSuite(export, .init = setup, .fini = teardown);

#define SUM_A "2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f  /bin/a\n"
#define SUM_GONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff  /bin/gone\n"
#define SUM_OLD "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff  /bin/new\n"
/* sha256sum of "kept\n" and "new\n" */
#define SUM_KEPT "78051faade059d70866df6a3fb83ef348721fd74a87e93ef95c493f87d0d236b  /bin/kept\n"
#define SUM_NEW "7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c  /bin/new\n"

static void assert_text(const char *arguments, const char *text)
{
        _cleanup_run_ Run result = run(&root, arguments);

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(result.json, "text"), text);
}

Test(export, an_allow_list_is_one_of_sha256sum)
{
        assert_text("--list=/list --format=sha256sum measurements-export", SUM_A);
}

Test(export, an_earlier_export_is_kept)
{
        fixture_root_write(&root, "/old", SUM_KEPT SUM_GONE SUM_OLD);
        assert_text("--list=/list --format=sha256sum --union=/old measurements-export",
                        SUM_A SUM_GONE SUM_KEPT SUM_OLD);
}

Test(export, what_is_not_on_disk_any_more_is_pruned)
{
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, "/old", SUM_KEPT SUM_GONE SUM_OLD SUM_NEW);
        result = run(&root, "--list=/list --format=sha256sum --union=/old --prune "
                            "measurements-export");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(get_number(&result, "pruned"), 2);
        cr_assert_str_eq(get_string(result.json, "text"), SUM_A SUM_KEPT SUM_NEW);
}

Test(export, a_file_takes_the_place_of_the_text)
{
        _cleanup_run_ Run result = run(
                        &root, "--list=/list --format=sha256sum --output=/out measurements-export");
        _cleanup_free_ char *text = NULL;
        size_t size;

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_null(get_string(result.json, "text"));
        cr_assert_eq(fs_read_file(root.fd, "/out", 4096, &text, &size), 0);
        cr_assert_str_eq(text, SUM_A);
}

Test(export, every_format_is_complete)
{
        _cleanup_run_ Run cel = run(&root, "--list=/list --format=cel-json measurements-export"),
                          keylime = run(&root, "--list=/list --format=keylime measurements-export");
        _cleanup_json_ json_t *records = NULL, *policy = NULL;
        const char *text = get_string(cel.json, "text");

        cr_assert_eq(json_parse(text, strlen(text), &records), 0);
        cr_assert_eq(json_array_size(records), 1);
        text = get_string(keylime.json, "text");
        cr_assert_eq(json_parse(text, strlen(text), &policy), 0);
        cr_assert_eq(json_object_size(json_object_get(policy, "digests")), 1);
}

Test(export, wrong_use_is_told)
{
        cr_assert_eq(run_code(&root, "--list=/list measurements-export"), EXIT_CODE_USAGE);
        cr_assert_eq(run_code(&root, "--list=/list --format=xml measurements-export"),
                        EXIT_CODE_USAGE);
        cr_assert_eq(run_code(&root, "--list=/list --format=cel-json --union=/x "
                                     "measurements-export"),
                        EXIT_CODE_USAGE);
        cr_assert_eq(run_code(&root, "--list=/list --format=keylime --prune measurements-export"),
                        EXIT_CODE_USAGE);
}

Test(export, a_malformed_list_or_union_writes_nothing)
{
        fixture_root_write(&root, "/old", "no sums\n");
        cr_assert_eq(run_code(&root, "--list=/list --format=sha256sum --union=/old --output=/out "
                                     "measurements-export"),
                        EXIT_CODE_MALFORMED);
        cr_assert_eq(run_code(&root, "--list=/old --format=sha256sum --output=/out "
                                     "measurements-export"),
                        EXIT_CODE_MALFORMED);
        cr_assert_not(fs_exists(root.fd, "/out"));
}

#define BOOT_ID "00112233-4455-6677-8899-aabbccddeeff"
#define SECURITYFS_LIST "/sys/kernel/security/ima/binary_runtime_measurements"
#define ARCHIVE "/var/lib/imad/measurements/" BOOT_ID

/* The kernel's list has these entries, one for each letter. */
static void measure(const char *letters)
{
        _cleanup_buffer_ Buffer list = { 0 };

        for (const char *c = letters; *c; c++) {
                char name[] = { *c, '\0' };

                fixture_append_ng(&list, 10, name);
        }
        cr_assert_eq(fs_make_directories(root.fd, "/sys/kernel/security/ima", 0755), 0);
        cr_assert_eq(fs_replace_file(root.fd, SECURITYFS_LIST, list.data, list.size, 0600), 0);
        fixture_root_write(&root, "/proc/sys/kernel/random/boot_id", BOOT_ID "\n");
}

static void assert_archived(json_int_t archived, json_int_t segments)
{
        _cleanup_run_ Run result = run(&root, "measurements-archive");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(get_number(&result, "archived"), archived);
        cr_assert_eq(get_number(&result, "segments"), segments);
}

Test(export, the_list_is_archived_as_it_grows)
{
        measure("ab");
        assert_archived(2, 1);
        assert_archived(0, 1);
        measure("abcd");
        assert_archived(2, 2);
}

static json_int_t count_entries(const char *arguments)
{
        _cleanup_run_ Run result = run(&root, arguments);

        cr_assert_eq(result.code, EXIT_CODE_OK);
        return get_number(&result, "entries");
}

Test(export, archive_and_list_are_one_list)
{
        measure("ab");
        assert_archived(2, 1);
        measure("abcd");
        cr_assert_eq(count_entries("--archive=" ARCHIVE " measurements-verify"), 2);
        cr_assert_eq(count_entries("--archive=" ARCHIVE " --list=" SECURITYFS_LIST
                                   " measurements-verify"),
                        4);
        /* As if the kernel had let go of what is archived. */
        measure("cd");
        cr_assert_eq(count_entries("--archive=" ARCHIVE " --list=" SECURITYFS_LIST
                                   " measurements-verify"),
                        4);
}

/* Of the whole list, as the TPM would tell it. */
static void format_pcr(const char *letters, char *text, size_t size)
{
        static const HashAlgorithm banks[] = { HASH_SHA256 };
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_free_ char *bytes = NULL;
        char hex[2 * DIGEST_SIZE_MAX + 1];
        size_t list_size;
        Digest value;

        measure(letters);
        cr_assert_eq(fs_read_file(root.fd, SECURITYFS_LIST, 65536, &bytes, &list_size), 0);
        cr_assert_eq(replay_new(banks, 1, &replay), 0);
        (void) fixture_replay(replay, bytes, list_size, 20);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA256, 10, &value), 0);
        hex_encode(value.bytes, value.size, hex);
        (void) snprintf(text, size,
                        "--archive=" ARCHIVE " --list=" SECURITYFS_LIST
                        " --pcr=sha256:10=%s measurements-verify",
                        hex);
}

/* Whatever of the archived entries the kernel has still. */
Test(export, archive_and_live_tail_give_the_pcr)
{
        static const char *const tails[] = { "abcd", "d" };
        char command[512];

        measure("ab");
        assert_archived(2, 1);
        measure("abc");
        assert_archived(1, 2);
        format_pcr("abcd", command, sizeof(command));
        for (size_t i = 0; i < ELEMENTSOF(tails); i++) {
                measure(tails[i]);
                cr_expect_eq(run_code(&root, command), EXIT_CODE_OK, "tail %zu", i);
        }
        measure("abcx");
        cr_expect_eq(run_code(&root, command), EXIT_CODE_MISMATCH);
}

/* Nothing is unpacked into a file, not even one that has no name; the list is one behind it. */
static void assert_read_in_place(json_int_t archived)
{
        _cleanup_run_ Run result = { 0 };

        measure("b");
        result = run_limited(&root,
                        "--archive=" ARCHIVE " --list=" SECURITYFS_LIST " measurements-verify");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(get_number(&result, "entries"), archived + 1);
}

/* More than one segment takes, and many times what is read at once. */
Test(export, a_long_list_is_archived_in_segments)
{
        _cleanup_free_ char *letters = malloc(30001);
        _cleanup_run_ Run result = { 0 };

        cr_assert_not_null(letters);
        memset(letters, 'a', 30000);
        letters[30000] = '\0';
        measure(letters);
        result = run(&root, "measurements-archive");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(get_number(&result, "entries"), 30000);
        cr_assert_gt(get_number(&result, "segments"), 1);
        assert_archived(0, get_number(&result, "segments"));
        cr_assert_eq(count_entries("--archive=" ARCHIVE " measurements-verify"), 30000);
        assert_read_in_place(30000);
}

Test(export, an_archive_may_end_with_a_segment_without_entries)
{
        _cleanup_list_archive_ ListArchive archive = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        measure("ab");
        assert_archived(2, 1);
        cr_assert_eq(list_archive_load(root.fd, ARCHIVE, NULL, NULL, NULL, &diags, &archive), 0);
        cr_assert_eq(list_archive_append(root.fd, ARCHIVE, &archive, "", 0), 0);
        cr_assert_eq(count_entries("--archive=" ARCHIVE " measurements-verify"), 2);
}

Test(export, archives_of_earlier_boots_are_pruned_as_the_settings_say)
{
        fixture_root_write(&root, "/etc/imad/imad.conf", "[Measurements]\nKeepArchives=0\n");
        fixture_root_write(&root, "/var/lib/imad/measurements/earlier/00000001.gz", "x");
        measure("ab");
        assert_archived(2, 1);
        cr_expect_not(fs_exists(root.fd, "/var/lib/imad/measurements/earlier"));
        cr_expect(fs_exists(root.fd, ARCHIVE "/00000001.gz"));
}

Test(export, a_damaged_segment_is_named_and_archived_again)
{
        _cleanup_run_ Run result = { 0 };

        measure("ab");
        assert_archived(2, 1);
        fixture_root_write(&root, ARCHIVE "/00000001.gz", "cut");
        result = run(&root, "--archive=" ARCHIVE " measurements-verify");
        cr_assert_eq(result.code, EXIT_CODE_MALFORMED);
        cr_assert(has_code(&result, "E480"));
        assert_archived(2, 1);
        cr_assert(fs_exists(root.fd, ARCHIVE "/00000001.gz.bad"));
        cr_assert_eq(count_entries("--archive=" ARCHIVE " measurements-verify"), 2);
}

Test(export, a_list_that_is_not_the_archived_one_is_not_added)
{
        measure("ab");
        assert_archived(2, 1);
        measure("xbcd");
        cr_assert_eq(run_code(&root, "measurements-archive"), EXIT_CODE_MISMATCH);
}

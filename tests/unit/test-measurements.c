/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of imad-worker about recorded measurement lists: files in, JSON and an exit code out.
 */
#include <criterion/criterion.h>

#include "fixture-certificate.h"
#include "fixture-event-log.h"
#include "fixture-worker.h"

static void write_bytes(const FixtureRoot *root, const char *path, const void *bytes, size_t size)
{
        (void) fs_remove_tree(root->fd, path);
        cr_assert_eq(fs_create_file(root->fd, path, bytes, size, 0644), 0);
}

static void write_signature_file(const FixtureRoot *root, const char *path, const char *name)
{
        size_t size;
        _cleanup_free_ char *bytes = fixture_signature_file(name, &size);

        write_bytes(root, path, bytes, size);
}

/* Values as tpm2_pcrread prints them; `flip` names a bank whose PCR 10 is made wrong. */
static void write_pcrs(const FixtureRoot *root, const char *path, const FixtureList *list,
                HashAlgorithm first, HashAlgorithm second, HashAlgorithm flip)
{
        const HashAlgorithm banks[] = { first, second };
        _cleanup_buffer_ Buffer text = { 0 };

        for (size_t b = 0; b < ELEMENTSOF(banks); b++) {
                cr_assert_eq(buffer_append_format(
                                             &text, "%s:\n", hash_algorithm_to_string(banks[b])),
                                0);
                for (size_t i = 0; i < list->n_pcrs; i++) {
                        Digest value = list->pcrs[i].value;
                        char hex[2 * DIGEST_SIZE_MAX + 1];

                        if (value.algorithm != banks[b])
                                continue;
                        if (value.algorithm == flip && list->pcrs[i].pcr == 10)
                                value.bytes[0] ^= 1;
                        hex_encode(value.bytes, value.size, hex);
                        cr_assert_eq(buffer_append_format(&text, "  %-2u: 0x%s\n",
                                                     list->pcrs[i].pcr, hex),
                                        0);
                }
        }
        write_bytes(root, path, text.data, text.size);
}

static const char *boot_verdict(const Run *result)
{
        return get_string(json_object_get(result->json, "boot_aggregate"), "verdict");
}

Test(measurements, a_list_is_of_the_boot_and_matches_the_values_of_tpm2_pcrread)
{
        for (size_t i = 0; i < 4; i++) {
                _cleanup_root_ FixtureRoot root = fixture_root_new();
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[list.n_binaries - 1];
                _cleanup_run_ Run result = { 0 };

                write_bytes(&root, "/list", b->bytes, b->size);
                write_pcrs(&root, "/pcrs", &list, HASH_SHA1, HASH_SHA256, HASH_ALGORITHM_INVALID);
                result = run(&root, "measurements-verify --list=/list --pcrs=/pcrs");
                cr_assert_eq(result.code, EXIT_CODE_OK, "%s", fixture_lists[i]);
                cr_assert_str_eq(get_string(result.json, "status"), "match");
                cr_assert_str_eq(boot_verdict(&result), "match");
                cr_assert(json_is_null(json_object_get(result.json, "truncated_at")));
        }
}

/* evmctl says "Matched" when only the last bank that it compares fits. */
Test(measurements, one_wrong_bank_is_a_mismatch_whichever_it_is)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);

        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        for (size_t flip = 0; flip < 2; flip++)
                for (size_t first = 0; first < 2; first++) {
                        _cleanup_run_ Run result = { 0 };

                        write_pcrs(&root, "/pcrs", &list, banks[first], banks[1 - first],
                                        banks[flip]);
                        result = run(&root, "measurements-verify --list=/list --pcrs=/pcrs");
                        cr_assert_eq(result.code, EXIT_CODE_MISMATCH);
                        cr_assert_str_eq(get_string(result.json, "status"), "diverged");
                }
}

/* evmctl says "Matched" of both. */
Test(measurements, cut_and_empty_lists_do_not_match_a_wrong_value)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_run_ Run cut = { 0 }, empty = { 0 };

        write_pcrs(&root, "/pcrs", &list, HASH_SHA1, HASH_SHA256, HASH_SHA256);
        write_bytes(&root, "/cut", list.binaries[0].bytes, 150);
        write_bytes(&root, "/empty", "", 0);
        cut = run(&root, "measurements-verify --list=/cut --pcrs=/pcrs");
        cr_assert_eq(cut.code, EXIT_CODE_MALFORMED);
        cr_assert_str_neq(get_string(cut.json, "status"), "match");
        cr_assert_eq(get_number(&cut, "entries"), 1);
        empty = run(&root, "measurements-verify --list=/empty --pcrs=/pcrs");
        cr_assert_eq(empty.code, EXIT_CODE_MISMATCH);
        cr_assert_str_eq(get_string(empty.json, "status"), "diverged");
}

/* evmctl gives up on it and exits with 0. */
Test(measurements, an_ima_record_between_others_is_replayed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_run_ Run result = { 0 };
        uint8_t hashed[20 + 256] = { 7 };
        Digest digest;

        fixture_append_ng(&list, 10, "/a");
        memcpy(hashed + 20, "/b", 2);
        cr_assert_eq(digest_compute(HASH_SHA1, hashed, sizeof(hashed), &digest), 0);
        fixture_append_u32(&list, 10, false);
        cr_assert_eq(buffer_append(&list, digest.bytes, 20), 0);
        fixture_append_field(&list, "ima", 3, false);
        cr_assert_eq(buffer_append(&list, hashed, 20), 0);
        fixture_append_field(&list, "/b", 2, false);
        fixture_append_ng(&list, 10, "/c");
        write_bytes(&root, "/list", list.data, list.size);
        result = run(&root, "measurements-verify --list=/list");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(get_number(&result, "entries"), 3);
        cr_assert_eq(json_array_size(json_object_get(result.json, "bad_digests")), 0);
        cr_assert_eq(json_array_size(json_object_get(result.json, "banks")), 4);
}

/* evmctl crashes on the first and carries on over the others. */
Test(measurements, files_that_cannot_be_used_fail_the_run)
{
        static const struct {
                const char *options;
                ExitCode code;
        } cases[] = {
                {"--list=/missing",                    EXIT_CODE_NOT_FOUND},
                { "--list=/list --pcrs=/missing",      EXIT_CODE_NOT_FOUND},
                { "--list=/list --pcrs=/list",         EXIT_CODE_MALFORMED},
                { "--list=/list --event-log=/garbage", EXIT_CODE_MALFORMED},
                { "--list=/list --cert=/garbage",      EXIT_CODE_MALFORMED},
                { "--list=/list --cert=/missing",      EXIT_CODE_NOT_FOUND},
                { "--list=/garbage",                   EXIT_CODE_MALFORMED},
        };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_buffer_ Buffer list = { 0 };

        fixture_append_ng(&list, 10, "/a");
        write_bytes(&root, "/list", list.data, list.size);
        fixture_root_write(&root, "/garbage", "garbage in, garbage out, garbage all over");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *command = NULL;

                cr_assert_geq(asprintf(&command, "measurements-verify %s", cases[i].options), 0);
                cr_assert_eq(run_code(&root, command), cases[i].code, "%s", cases[i].options);
        }
}

static json_int_t count_signatures(const Run *result, const char *verdict)
{
        return json_integer_value(
                        json_object_get(json_object_get(result->json, "signatures"), verdict));
}

/* RSA and EC labels, appended signatures by issuer and by key id, an fs-verity one, two bad ones.
 */
Test(measurements, signatures_are_checked_with_the_given_certificates)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_run_ Run none = { 0 }, ec = { 0 }, all = { 0 };

        write_signature_file(&root, "/list", "list");
        cr_assert_eq(fs_make_directories(root.fd, "/certs", 0755), 0);
        write_signature_file(&root, "/certs/rsa.pem", "list-rsa.pem");
        write_signature_file(&root, "/certs/ec.der", "list-ec.der");
        fixture_root_write(&root, "/certs/README", "no certificate");
        none = run(&root, "measurements-verify --list=/list");
        cr_assert_eq(none.code, EXIT_CODE_OK);
        cr_assert_eq(count_signatures(&none, "unknown_key"), 8);
        cr_assert_eq(count_signatures(&none, "unsigned"), 1);
        ec = run(&root, "measurements-verify --list=/list --cert=/certs/ec.der");
        cr_assert_eq(ec.code, EXIT_CODE_OK);
        cr_assert_eq(count_signatures(&ec, "good"), 1);
        all = run(&root, "measurements-verify --list=/list --cert=/certs");
        cr_assert_eq(all.code, EXIT_CODE_MISMATCH);
        cr_assert_eq(count_signatures(&all, "good"), 6);
        cr_assert_eq(count_signatures(&all, "bad"), 2);
        cr_assert_eq(count_signatures(&all, "unknown_key"), 0);
        cr_assert(has_code(&all, "E406"));
}

Test(measurements, values_of_another_boot_are_told_from_a_changed_list)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_run_ Run result = { 0 };

        for (size_t i = 0; i < list.n_pcrs; i++)
                if (list.pcrs[i].pcr == 4)
                        list.pcrs[i].value.bytes[5] ^= 1;
        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        write_pcrs(&root, "/pcrs", &list, HASH_SHA1, HASH_SHA256, HASH_SHA256);
        result = run(&root, "measurements-verify --list=/list --pcrs=/pcrs");
        cr_assert_eq(result.code, EXIT_CODE_MISMATCH);
        cr_assert(has_code(&result, "E405"));
        cr_assert_str_eq(boot_verdict(&result), "mismatch");
        cr_assert_str_eq(get_string(get_item(&result, "banks", 1), "verdict"), "other-boot");
}

/* A list whose boot_aggregate is zeros, as without a TPM. */
static void append_bypass(Buffer *list)
{
        _cleanup_buffer_ Buffer data = { 0 };
        const char digest[8 + 32] = "sha256:";

        fixture_append_field(&data, digest, sizeof(digest), false);
        fixture_append_field(&data, "boot_aggregate", 15, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-ng", &data, false);
        fixture_append_ng(list, 10, "/a");
}

Test(measurements, a_pcr_that_ima_never_knew_of_is_no_tampering)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_run_ Run result = { 0 };
        _cleanup_free_ char *command = NULL;

        append_bypass(&list);
        write_bytes(&root, "/list", list.data, list.size);
        cr_assert_geq(asprintf(&command, "measurements-verify --list=/list --pcr=sha256:10=%064d",
                                      0),
                        0);
        result = run(&root, command);
        cr_assert_eq(result.code, EXIT_CODE_NOT_SUPPORTED);
        cr_assert_str_eq(get_string(result.json, "status"), "no-tpm");
        cr_assert(has_code(&result, "W404"));
}

/* As with a kernel that could not allocate the bank's hash when it started. */
Test(measurements, a_bank_of_padded_sha1_values_matches)
{
        static const HashAlgorithm banks[] = { HASH_SHA256, HASH_SHA384 };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_run_ Run result = { 0 };
        char sha256[2 * DIGEST_SIZE_MAX + 1], sha384[2 * DIGEST_SIZE_MAX + 1];
        _cleanup_free_ char *command = NULL;
        Digest value;

        fixture_append_ng(&list, 10, "/a");
        fixture_append_ng(&list, 10, "/b");
        cr_assert_eq(replay_new(banks, ELEMENTSOF(banks), &replay), 0);
        cr_assert_eq(fixture_replay(replay, list.data, list.size, 20), 2);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA256, 10, &value), 0);
        hex_encode(value.bytes, value.size, sha256);
        cr_assert_eq(replay_get_pcr_as(replay, REPLAY_FORM_PADDED, HASH_SHA384, 10, &value), 0);
        hex_encode(value.bytes, value.size, sha384);
        write_bytes(&root, "/list", list.data, list.size);
        cr_assert_geq(asprintf(&command,
                                      "measurements-verify --list=/list --pcr=sha256:10=%s "
                                      "--pcr=sha384:10=%s",
                                      sha256, sha384),
                        0);
        result = run(&root, command);
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(result.json, "status"), "match");
        cr_assert_str_eq(get_string(get_item(&result, "banks", 1), "replayed"), sha384);
        cr_assert_eq(get_number(&result, "entries"), 2);
}

Test(measurements, banks_that_nobody_can_replay_are_no_match)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_run_ Run result = { 0 };

        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        fixture_root_write(&root, "/pcrs", "sm9:\n  10: 0x00\n");
        result = run(&root, "measurements-verify --list=/list --pcrs=/pcrs");
        cr_assert_eq(result.code, EXIT_CODE_NOT_SUPPORTED);
        cr_assert_str_eq(get_string(result.json, "status"), "bank-unsupported");
}

Test(measurements, an_event_log_of_another_boot_is_told)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_run_ Run result = { 0 };

        fixture_append_spec_id(&log);
        fixture_append_event(&log, 4, "one");
        write_bytes(&root, "/log", log.data, log.size);
        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        write_pcrs(&root, "/pcrs", &list, HASH_SHA1, HASH_SHA256, HASH_ALGORITHM_INVALID);
        result = run(&root, "measurements-verify --list=/list --pcrs=/pcrs --event-log=/log");
        cr_assert_eq(result.code, EXIT_CODE_MISMATCH);
        cr_assert(has_code(&result, "E421"));
        cr_assert_str_eq(get_string(json_object_get(json_object_get(result.json, "boot_aggregate"),
                                                    "event_log"),
                                         "verdict"),
                        "mismatch");
}

Test(measurements, recorded_entries_are_listed_and_shown)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_run_ Run all = { 0 }, one = { 0 };
        const json_t *entry;

        write_signature_file(&root, "/list", "list");
        all = run(&root, "measurements-list --list=/list");
        cr_assert_eq(all.code, EXIT_CODE_OK);
        cr_assert_eq(json_array_size(json_object_get(all.json, "entries")), 9);
        cr_assert_str_eq(get_string(get_item(&all, "entries", 0), "name"), "/f1");
        one = run(&root, "measurements-show --list=/list 9");
        cr_assert_eq(one.code, EXIT_CODE_OK);
        entry = json_object_get(one.json, "entry");
        cr_assert_str_eq(get_string(entry, "digest_type"), "verity");
        cr_assert_str_eq(get_string(json_object_get(entry, "signature"), "type"), "verity");
        cr_assert_eq(run_code(&root, "measurements-show --list=/list 10"), EXIT_CODE_NOT_FOUND);
        cr_assert_eq(run_code(&root, "measurements-show --list=/list 0"), EXIT_CODE_USAGE);
}

Test(measurements, a_list_can_be_filtered)
{
        static const struct {
                const char *option;
                size_t entries;
        } cases[] = {
                {"--verdict=violation", 2 },
                { "--verdict=signed",   2 },
                { "--path=/t/f?",       10},
                { "--path=boot_*",      1 },
                { "--template=ima-sig", 15},
                { "--template=ima-ng",  0 },
                { "--package=tool",     1 },
        };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list =
                        fixture_list_load("6.12-ima-sig-tpm_sha1_sha256.txt");
        _cleanup_run_ Run wrong = { 0 };

        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        fixture_root_write(&root, "/var/lib/dpkg/info/tool.list", "/t/a_b.txt\n/t/other\n");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *command = NULL;
                _cleanup_run_ Run result = { 0 };

                cr_assert_geq(asprintf(&command, "measurements-list --list=/list %s",
                                              cases[i].option),
                                0);
                result = run(&root, command);
                cr_expect_eq(result.code, EXIT_CODE_OK);
                cr_expect_eq(json_array_size(json_object_get(result.json, "entries")),
                                cases[i].entries, "%s: %zu", cases[i].option,
                                json_array_size(json_object_get(result.json, "entries")));
        }
        wrong = run(&root, "measurements-list --list=/list --verdict=excellent");
        cr_expect_eq(wrong.code, EXIT_CODE_USAGE);
}

#define LIVE_LIST "/sys/kernel/security/ima/binary_runtime_measurements"
#define LIVE_EVENT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"
#define LIVE_TPM "/sys/class/tpm/tpm0"

/* The list where the kernel shows it. */
static void write_live_list(const FixtureRoot *root, const void *bytes, size_t size)
{
        cr_assert_eq(fs_make_directories(root->fd, "/sys/kernel/security/ima", 0755), 0);
        cr_assert_eq(fs_make_directories(root->fd, "/sys/kernel/security/tpm0", 0755), 0);
        write_bytes(root, LIVE_LIST, bytes, size);
}

/* The PCRs where the kernel shows them; PCR 10 of `flip` is made wrong. */
static void write_live_pcrs(const FixtureRoot *root, const FixtureList *list, HashAlgorithm flip)
{
        for (size_t i = 0; i < list->n_pcrs; i++) {
                Digest value = list->pcrs[i].value;
                char path[96], hex[2 * DIGEST_SIZE_MAX + 1];

                if (value.algorithm == flip && list->pcrs[i].pcr == 10)
                        value.bytes[0] ^= 1;
                (void) snprintf(path, sizeof(path), LIVE_TPM "/pcr-%s/%u",
                                hash_algorithm_to_string(value.algorithm), list->pcrs[i].pcr);
                hex_encode(value.bytes, value.size, hex);
                fixture_root_write(root, path, hex);
        }
}

static FixtureList write_live(const FixtureRoot *root, HashAlgorithm flip)
{
        FixtureList list = fixture_list_load(fixture_lists[0]);

        write_live_list(root, list.binaries[0].bytes, list.binaries[0].size);
        write_live_pcrs(root, &list, flip);
        return list;
}

Test(measurements, the_running_system_is_compared_in_every_bank_and_with_its_boot_pcrs)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = write_live(&root, HASH_ALGORITHM_INVALID);
        _cleanup_run_ Run result = run(&root, "measurements-verify");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(result.json, "status"), "match");
        cr_assert_str_eq(boot_verdict(&result), "match");
        cr_assert_eq(json_array_size(json_object_get(result.json, "banks")), 2);
}

Test(measurements, one_wrong_bank_of_the_running_system_is_a_mismatch)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = write_live(&root, HASH_SHA1);
        _cleanup_run_ Run result = run(&root, "measurements-verify");

        cr_assert_eq(result.code, EXIT_CODE_MISMATCH);
        cr_assert_str_eq(get_string(result.json, "status"), "diverged");
}

Test(measurements, entries_that_the_tpm_does_not_get_to_see_are_no_race)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = write_live(&root, HASH_ALGORITHM_INVALID);
        const FixtureBinary *b = &list.binaries[0];
        _cleanup_buffer_ Buffer twice = { 0 };
        _cleanup_run_ Run result = { 0 };

        cr_assert_eq(buffer_append(&twice, b->bytes, b->size), 0);
        cr_assert_eq(buffer_append(&twice, b->bytes, b->size), 0);
        write_live_list(&root, twice.data, twice.size);
        result = run(&root, "measurements-verify");
        cr_assert_eq(result.code, EXIT_CODE_MISMATCH);
        cr_assert_str_eq(get_string(result.json, "status"), "diverged");
        cr_assert_str_eq(get_string(get_item(&result, "banks", 0), "verdict"), "diverged");
}

Test(measurements, without_a_tpm_nothing_vouches_for_the_running_system)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_run_ Run result = { 0 };

        write_live_list(&root, list.binaries[0].bytes, list.binaries[0].size);
        result = run(&root, "measurements-verify");
        cr_assert_eq(result.code, EXIT_CODE_NOT_SUPPORTED);
        cr_assert_str_eq(get_string(result.json, "status"), "no-tpm");
}

Test(measurements, an_event_log_of_the_firmware_that_nobody_can_read_is_left_out)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = write_live(&root, HASH_ALGORITHM_INVALID);
        _cleanup_run_ Run result = { 0 };

        write_bytes(&root, LIVE_EVENT_LOG, "garbage", 7);
        result = run(&root, "measurements-verify");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert(has_code(&result, "W420"));
        cr_assert(json_is_null(json_object_get(result.json, "event_log")));
}

Test(measurements, a_system_without_a_list_is_not_taken_for_an_empty_list)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        cr_assert_eq(run_code(&root, "measurements-verify"), EXIT_CODE_NOT_FOUND);
}

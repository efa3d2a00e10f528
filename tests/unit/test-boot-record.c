/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/boot-record.h"

static void store(const FixtureRoot *root, BootOutcome outcome)
{
        BootRecord record = {
                .outcome = outcome,
                .generation = 5,
                .release = (char *) "6.1.0",
                .rules = 12,
                .error = EINVAL,
                .message = (char *) "message",
                .hint = (char *) "hint",
                .loaded_usec = 1000,
                .duration_usec = 7,
        };

        cr_assert_eq(boot_record_store(root->fd, &record), 0);
}

Test(boot_record, round_trip)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_boot_record_ BootRecord record = { 0 };

        store(&root, BOOT_OUTCOME_REFUSED);
        cr_assert_eq(boot_record_load(root.fd, &record), 0);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_REFUSED);
        cr_assert_eq(record.generation, 5);
        cr_assert_str_eq(record.release, "6.1.0");
        cr_assert_eq(record.rules, 12);
        cr_assert_eq(record.error, EINVAL);
        cr_assert_str_eq(record.message, "message");
        cr_assert_str_eq(record.hint, "hint");
        cr_assert_eq(record.loaded_usec, 1000);
        cr_assert_eq(record.duration_usec, 7);
}

Test(boot_record, flag_exists_exactly_when_loaded)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        store(&root, BOOT_OUTCOME_LOADED);
        cr_assert(fs_exists(root.fd, BOOT_RECORD_LOADED_PATH));
        for (BootOutcome i = BOOT_OUTCOME_LOADED + 1; i < BOOT_OUTCOME_MAX; i++) {
                store(&root, i);
                cr_assert_not(fs_exists(root.fd, BOOT_RECORD_LOADED_PATH));
        }
}

Test(boot_record, names_of_outcomes_are_a_bijection)
{
        for (BootOutcome i = 0; i < BOOT_OUTCOME_MAX; i++)
                cr_assert_eq(boot_outcome_from_string(boot_outcome_to_string(i)), i);
        cr_assert_eq(boot_outcome_from_string("maybe"), BOOT_OUTCOME_INVALID);
        cr_assert_null(boot_outcome_to_string(BOOT_OUTCOME_MAX));
}

Test(boot_record, malformed_record_is_refused)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        BootRecord record;

        cr_assert_eq(boot_record_load(root.fd, &record), -ENOENT);
        fixture_root_write(&root, BOOT_RECORD_PATH, "{\"version\":1}");
        cr_assert_eq(boot_record_load(root.fd, &record), -EBADMSG);
        fixture_root_write(&root, BOOT_RECORD_PATH, "{\"version\":1,\"outcome\":\"maybe\"}");
        cr_assert_eq(boot_record_load(root.fd, &record), -EBADMSG);
        fixture_root_write(&root, BOOT_RECORD_PATH, "{\"version\":9,\"outcome\":\"loaded\"}");
        cr_assert_eq(boot_record_load(root.fd, &record), -EBADMSG);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/json.h"
#include "fixture-root.h"
#include "system/transaction-store.h"

Test(transaction_store, numbers_reports_from_one_on)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_json_ json_t *report = json_pack("{s:i}", "labelled", 7), *loaded = NULL;
        _cleanup_free_ uint64_t *numbers = NULL;
        uint64_t number;
        size_t count;

        cr_assert_eq(transaction_store_add(root.fd, report, &number), 0);
        cr_assert_eq(number, 1);
        fixture_root_write(&root, TRANSACTION_STORE_DIRECTORY "/10.json", "{}");
        fixture_root_write(&root, TRANSACTION_STORE_DIRECTORY "/11.json~", "{}");
        cr_assert_eq(transaction_store_add(root.fd, report, &number), 0);
        cr_assert_eq(number, 11);
        cr_assert_eq(transaction_store_list(root.fd, &numbers, &count), 0);
        cr_assert_eq(count, 3);
        cr_assert_eq(numbers[0], 1);
        cr_assert_eq(numbers[2], 11);
        cr_assert_eq(transaction_store_load(root.fd, 11, &loaded), 0);
        cr_assert(json_equal(report, loaded));
}

Test(transaction_store, may_be_empty)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ uint64_t *numbers = NULL;
        json_t *report;
        size_t count;

        cr_assert_eq(transaction_store_list(root.fd, &numbers, &count), 0);
        cr_assert_eq(count, 0);
        cr_assert_eq(transaction_store_load(root.fd, 1, &report), -ENOENT);
}

Test(transaction_store, refuses_what_is_no_report)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        json_t *report;

        fixture_root_write(&root, TRANSACTION_STORE_DIRECTORY "/1.json", "[]");
        cr_assert_eq(transaction_store_load(root.fd, 1, &report), -EBADMSG);
        fixture_root_write(&root, TRANSACTION_STORE_DIRECTORY "/2.json", "{");
        cr_assert_eq(transaction_store_load(root.fd, 2, &report), -EBADMSG);
}

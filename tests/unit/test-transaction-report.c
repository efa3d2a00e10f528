/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "helpers/imad-gate/transaction-report.h"

static TransactionReport begin(void)
{
        const PackageManager owner = { .pid = 5, .name = "apt" };
        TransactionReport report;

        cr_assert_eq(transaction_report_begin(&report, &owner, 1, true), 0);
        return report;
}

static size_t count(const TransactionReport *report, const char *key)
{
        return json_array_size(json_object_get(report->json, key));
}

Test(transaction_report, says_that_denials_above_the_limit_are_lost)
{
        AuditIntegrity denial = { .pid = 7 };
        TransactionReport report = begin();

        for (unsigned i = 0; i < TRANSACTION_REPORT_FILES_MAX; i++)
                transaction_report_add_denial(&report, &denial);
        cr_expect_null(json_object_get(report.json, "denials_lost"));
        transaction_report_add_denial(&report, &denial);
        cr_expect_eq(count(&report, "denials"), TRANSACTION_REPORT_FILES_MAX);
        cr_expect(json_is_true(json_object_get(report.json, "denials_lost")));
        transaction_report_done(&report);
}

Test(transaction_report, has_each_archive_once)
{
        static const Record record = { .kind = RECORD_PACKAGE, .text = "a - 1 /a.deb" };
        TransactionReport report = begin();

        cr_assert_eq(transaction_report_add_package(&report, &record), 0);
        cr_assert_eq(transaction_report_add_package(&report, &record), 0);
        cr_expect_eq(count(&report, "packages"), 1);
        transaction_report_done(&report);
}

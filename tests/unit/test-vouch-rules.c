/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/vouch-rules.h"

#define RULE "vouch: 1\nrules:\n  - {id: a, path: /usr/lib/x, package: x}\n"

Test(vouch_rules, a_link_to_dev_null_takes_a_rule_away)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/lib/imad/vouch.d/10-vendor.yaml", RULE);
        fixture_root_write(&root, "/usr/lib/imad/vouch.d/20-vendor.yaml", RULE);
        cr_assert_eq(fs_make_directories(root.fd, VOUCH_ADMIN_DIRECTORY, 0755), 0);
        fixture_root_link(&root, "/dev/null", VOUCH_ADMIN_DIRECTORY "/10-vendor.yaml");
        cr_assert_eq(vouch_rules_load(root.fd, &rules, &diags), 0);
        cr_assert_eq(diags.count, 0);
        cr_assert_eq(rules.count, 1);
        cr_assert_str_eq(rules.items[0].id, "20-vendor/a");
}

Test(vouch_rules, a_bad_fragment_leaves_the_others)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, VOUCH_ADMIN_DIRECTORY "/10-bad.yaml", "vouch: 3\n");
        fixture_root_write(&root, VOUCH_ADMIN_DIRECTORY "/20-good.yaml", RULE);
        cr_assert_eq(vouch_rules_load(root.fd, &rules, &diags), 0);
        cr_assert_eq(diags.errors, 1);
        cr_assert_str_eq(diags.items[0].source, VOUCH_ADMIN_DIRECTORY "/10-bad.yaml");
        cr_assert_eq(rules.count, 1);
}

Test(vouch_rules, nothing_is_vouched_for_where_there_is_no_rule)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(vouch_rules_load(root.fd, &rules, &diags), 0);
        cr_assert_eq(diags.count + rules.count, 0);
}

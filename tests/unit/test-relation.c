/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/relation.h"
#include "fixture-match.h"

static Arena arena;

static void done(void)
{
        arena_done(&arena);
}

static MatchSet set_of(const char *text)
{
        Rule *rule = arena_new(&arena, Rule, 1);

        cr_assert_eq(rule_text_parse(text, strlen(text), NULL, &arena, rule), 1, "%s", text);
        return relation_get_set(rule);
}

static void expect_covers(const char *a, const char *b, bool yes)
{
        MatchSet x = set_of(a), y = set_of(b);

        cr_expect_eq(relation_covers(&x, &y), yes, "%s covers %s", a, b);
}

static void expect_overlaps(const char *a, const char *b, bool yes)
{
        MatchSet x = set_of(a), y = set_of(b);

        cr_expect_eq(relation_overlaps(&x, &y), yes, "%s overlaps %s", a, b);
        cr_expect_eq(relation_overlaps(&y, &x), yes, "%s overlaps %s", b, a);
}

static void expect_never(const char *text, KeywordId keyword)
{
        MatchSet set = set_of(text);
        KeywordId found = KEYWORD_INVALID;

        cr_expect_eq(relation_never_matches(&set, &found), keyword >= 0, "%s", text);
        cr_expect_eq(found, keyword, "%s", text);
}

Test(relation, a_rule_without_func_covers_all_but_keys_and_critical_data, .fini = done)
{
        expect_covers("measure", "measure func=BPRM_CHECK", true);
        expect_covers("measure", "measure func=KEXEC_CMDLINE", true);
        expect_covers("measure mask=MAY_READ", "measure func=KEXEC_CMDLINE", false);
        expect_covers("measure", "measure func=KEY_CHECK", false);
        expect_covers("measure", "measure func=CRITICAL_DATA", false);
        expect_covers("measure func=BPRM_CHECK", "measure", false);
}

Test(relation, masks_are_compared_as_each_hook_passes_them, .fini = done)
{
        expect_covers("measure func=BPRM_CHECK mask=MAY_EXEC", "measure func=BPRM_CHECK", true);
        expect_covers("measure mask=MAY_READ", "measure func=MODULE_CHECK", true);
        expect_covers("measure func=FILE_CHECK mask=MAY_READ",
                        "measure func=FILE_CHECK mask=^MAY_READ", false);
        expect_covers("measure func=FILE_CHECK mask=^MAY_READ",
                        "measure func=FILE_CHECK mask=MAY_READ", true);
        expect_overlaps("measure func=FILE_CHECK mask=^MAY_READ",
                        "measure func=FILE_CHECK mask=^MAY_WRITE", true);
        expect_overlaps("measure func=FILE_CHECK mask=MAY_READ",
                        "measure func=FILE_CHECK mask=^MAY_WRITE", false);
}

Test(relation, ids_are_ranges, .fini = done)
{
        expect_covers("measure uid>5", "measure uid>6", true);
        expect_covers("measure uid>5", "measure uid=6", true);
        expect_covers("measure uid>5", "measure uid=5", false);
        expect_covers("measure fowner<10", "measure fowner<10 uid=0", true);
        expect_overlaps("measure uid<5", "measure uid>3", true);
        expect_overlaps("measure uid<5", "measure uid>4", false);
        expect_overlaps("measure fowner=0", "measure fowner=1", false);
}

/* A task with CAP_SETUID matches euid by any of three ids. */
Test(relation, effective_ids_may_be_several_at_once, .fini = done)
{
        expect_covers("measure euid>5", "measure euid=7", true);
        expect_covers("measure euid=0", "measure uid=0", false);
        expect_covers("measure uid=0", "measure euid=0", false);
        expect_overlaps("measure euid=0", "measure euid=1", true);
        expect_overlaps("measure euid=0", "measure uid=1", true);
}

Test(relation, file_systems_are_equal_or_not, .fini = done)
{
        expect_covers("measure fsmagic=0xEF53", "measure fsmagic=ef53 fsname=ext4", true);
        expect_overlaps("measure fsname=ext4", "measure fsname=xfs", false);
        expect_overlaps("measure fsname=ext4", "measure fsmagic=1", true);
}

Test(relation, labels_are_opaque, .fini = done)
{
        expect_covers("measure obj_type=a", "measure obj_type=a subj_type=b", true);
        expect_covers("measure obj_type=a", "measure obj_type=b", false);
        expect_overlaps("measure subj_role=a", "measure subj_role=b", true);
}

Test(relation, lists_are_sets, .fini = done)
{
        expect_covers("measure func=KEY_CHECK keyrings=a|b",
                        "measure func=KEY_CHECK keyrings=b|a|a", true);
        expect_covers("measure func=KEY_CHECK keyrings=ab", "measure func=KEY_CHECK keyrings=a",
                        false);
        expect_covers("measure func=KEY_CHECK keyrings=a", "measure func=KEY_CHECK", false);
        expect_overlaps("measure func=CRITICAL_DATA label=a|b",
                        "measure func=CRITICAL_DATA label=b|c", true);
        expect_overlaps("measure func=CRITICAL_DATA label=a", "measure func=CRITICAL_DATA label=b",
                        false);
}

Test(relation, groups_do_not_count_for_buffers, .fini = done)
{
        expect_covers("measure func=KEY_CHECK gid=5", "measure func=KEY_CHECK", true);
        expect_never("measure func=KEY_CHECK gid<0", KEYWORD_INVALID);
        expect_never("measure func=KEY_CHECK uid<0", KEYWORD_UID);
}

Test(relation, what_never_matches_is_found, .fini = done)
{
        expect_never("measure mask=MAY_APPEND", KEYWORD_MASK);
        expect_never("measure func=FILE_CHECK mask=^MAY_APPEND", KEYWORD_INVALID);
        expect_never("measure func=BPRM_CHECK mask=MAY_READ", KEYWORD_MASK);
        expect_never("measure func=MODULE_CHECK mask=MAY_EXEC", KEYWORD_MASK);
        expect_never("measure func=MODULE_CHECK mask=^MAY_READ", KEYWORD_INVALID);
        expect_never("measure uid>4294967294", KEYWORD_UID);
        expect_never("measure egid<0", KEYWORD_EGID);
        /* The owner of a file that is not mapped into the kernel's name space. */
        expect_never("measure fowner>4294967294", KEYWORD_INVALID);
}

Test(relation, setxattr_check_is_no_rule_of_the_list, .fini = done)
{
        MatchSet set = set_of("appraise func=SETXATTR_CHECK appraise_algos=sha256");
        MatchSet all = set_of("appraise");
        KeywordId keyword;

        cr_expect_not(relation_covers(&all, &set));
        cr_expect_not(relation_covers(&set, &set));
        cr_expect_not(relation_overlaps(&all, &set));
        cr_expect_not(relation_never_matches(&set, &keyword));
}

#define PAIRS 3000
#define REQUESTS 3000

/* Over a world of random requests: no request contradicts what is said of a pair of rules. */
Test(relation, agrees_with_matching_one_by_one, .fini = done)
{
        size_t covering = 0, disjoint = 0, never = 0;

        match_state = 20261124;
        for (size_t i = 0; i < PAIRS; i++) {
                Rule a = match_random_rule(&arena), b = match_random_rule(&arena);
                MatchSet x = relation_get_set(&a), y = relation_get_set(&b);
                bool covers = relation_covers(&x, &y), overlaps = relation_overlaps(&x, &y);
                KeywordId keyword;
                bool nothing = relation_never_matches(&y, &keyword);

                covering += covers && !nothing;
                disjoint += !overlaps && !nothing;
                never += nothing;
                for (size_t j = 0; j < REQUESTS; j++) {
                        Request request = match_random_request();
                        bool by_a = match_rule(&a, &request), by_b = match_rule(&b, &request);

                        cr_assert(!covers || !by_b || by_a, "pair %zu: not covered", i);
                        cr_assert(overlaps || !by_a || !by_b, "pair %zu: not disjoint", i);
                        cr_assert(!nothing || !by_b, "pair %zu: matches", i);
                }
        }
        cr_expect_gt(covering, 10);
        cr_expect_gt(disjoint, PAIRS / 10);
        cr_expect_gt(never, 10);
}

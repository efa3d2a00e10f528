/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/rule-text.h"
#include "fixture-policy.h"

static int parse(const char *line, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };
        Rule rule;

        return rule_text_parse(line, strlen(line), target, &arena, &rule);
}

static void expect_canonical(const char *line, const char *canonical)
{
        _cleanup_arena_ Arena arena = { 0 };
        _cleanup_buffer_ Buffer text = { 0 };
        Rule rule;

        cr_assert_eq(rule_text_parse(line, strlen(line), NULL, &arena, &rule), 1, "%s", line);
        cr_assert_eq(rule_format(&rule, &text), 0);
        cr_expect_str_eq(text.data, canonical);
        cr_expect_eq(rule_get_length(&rule), strlen(canonical), "length of %s", canonical);
}

Test(rule_text, comments_and_blank_lines_are_no_rules)
{
        cr_expect_eq(parse("", NULL), 0);
        cr_expect_eq(parse(" \t ", NULL), 0);
        cr_expect_eq(parse("  # measure", NULL), 0);
        cr_expect_eq(parse("measure # trailing", NULL), -EINVAL);
        cr_expect_eq(parse("\r", NULL), -EINVAL);
}

Test(rule_text, canonical_text_has_one_order_and_one_spelling)
{
        expect_canonical("permit_directio pcr=010 func=PATH_CHECK measure template=d-ng|n-ng",
                        "measure func=FILE_CHECK pcr=10 template=ima-ng permit_directio");
        expect_canonical("fsmagic=0X0EF53 uid>+5 audit", "audit fsmagic=0xef53 uid>5");
        expect_canonical("appraise fsuuid=8BCBE394-4F13-4144-BE8E-5AA9EA2CE2F6junk "
                         "digest_type=verity appraise_type=sigv3",
                        "appraise fsuuid=8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6 digest_type=verity "
                        "appraise_type=sigv3");
}

Test(rule_text, repeated_keywords_follow_the_kernels_rules)
{
        cr_expect_eq(parse("measure measure", NULL), -EINVAL);
        cr_expect_eq(parse("measure uid=0 euid=0", NULL), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=1 fsmagic=2", NULL), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=0 fsmagic=2", NULL), 1);
        cr_expect_eq(parse("measure pcr=1 pcr=2", NULL), 1);
        cr_expect_eq(parse("measure uid=99999999999999999999999", NULL), -ERANGE);
}

static Target *target_of(const char *release)
{
        Target *target = NULL;

        cr_assert_eq(target_new(release, NULL, &target), 0);
        return target;
}

Test(rule_text, the_first_failing_token_decides)
{
        _cleanup_(target_freep) Target *target = target_of("6.12");

        target->lsm = TARGET_LSM_NONE;
        cr_expect_eq(parse("measure subj_type=x uid=99999999999999999999", target), -EINVAL);
        cr_expect_eq(parse("measure uid=99999999999999999999 subj_type=x", target), -ERANGE);
        cr_expect_eq(parse("measure uid=1 uid=99999999999999999999", target), -EINVAL);
        cr_expect_eq(parse("uid=99999999999999999999", target), -ERANGE);
}

Test(rule_text, numbers_are_as_wide_as_the_kernels_words)
{
        _cleanup_(target_freep) Target *target = target_of("6.12");

        target->word_size = 32;
        cr_expect_eq(parse("measure pcr=31", target), 1);
        cr_expect_eq(parse("measure pcr=32", target), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=ffffffff", target), 1);
        cr_expect_eq(parse("measure fsmagic=100000000", target), -ERANGE);
        cr_expect_eq(parse("measure fsmagic=100000000g", target), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=10000000000000000g", target), -ERANGE);
        cr_expect_eq(parse("measure uid=4294967295", target), -EINVAL);
        cr_expect_eq(parse("measure uid=4294967296", target), -ERANGE);
}

Test(rule_text, an_unresolved_label_may_stand_twice_under_a_custom_policy)
{
        _cleanup_(target_freep) Target *target = target_of("6.12");

        target->lsm = TARGET_LSM_APPARMOR;
        cr_expect_eq(parse("measure subj_type=a", target), -EINVAL);
        target->policy_active = true;
        cr_expect_eq(parse("measure subj_type=a subj_type=b", target), 1);
        cr_expect_eq(parse("measure subj_role=a subj_role=unconfined", target), 1);
        cr_expect_eq(parse("measure subj_role=unconfined subj_role=a", target), -EINVAL);
        cr_expect_eq(parse("measure func=KEY_CHECK subj_type=a", target), -EINVAL);
}

Test(rule_text, hashes_are_known_by_name_and_offered)
{
        _cleanup_(target_freep) Target *target = target_of("6.1");

        target->hashes_known = true;
        target->hashes = BIT(HASH_SHA256) | BIT(HASH_SHA3_256);
        cr_expect_eq(parse("appraise appraise_algos=sha256", target), 1);
        cr_expect_eq(parse("appraise appraise_algos=sha256,sha512", target), -EINVAL);
        cr_expect_eq(parse("appraise appraise_algos=sha3-256", target), -EINVAL,
                        "6.1 does not know the name");
}

Test(rule_text, ids_of_the_writers_user_namespace)
{
        _cleanup_(target_freep) Target *target = target_of("6.12");

        target->uids.ranges = calloc(1, sizeof(TargetIdRange));
        target->uids.count = 1;
        target->uids.ranges[0] = (TargetIdRange){ 0, 1000 };
        cr_expect_eq(parse("measure uid=999 gid=5000", target), 1);
        cr_expect_eq(parse("measure uid=1000", target), -EINVAL);
}

Test(rule_text, a_format_of_the_kernel_command_line_is_a_template)
{
        _cleanup_(target_freep) Target *target = target_of("6.12");

        cr_expect_eq(parse("measure template=d-ng|n-ng|iuid", target), -EINVAL);
        target->template_format = strdup("d-ng|n-ng|iuid");
        cr_expect_eq(parse("measure template=d-ng|n-ng|iuid", target), 1);
}

/* Where appraise_flag= still has an effect each one counts, not the last. */
Test(rule_text, flags_of_old_kernels_with_appended_signatures)
{
        char words[] = "6.1 IMA_APPRAISE_MODSIG";
        _cleanup_target_ FixtureTarget t = { 0 };

        fixture_target_from_words(words, &t);
        cr_expect_eq(parse("appraise func=MODULE_CHECK appraise_type=imasig|modsig "
                           "appraise_flag=check_blacklist",
                                     t.target),
                        1);
        cr_expect_eq(parse("appraise func=MODULE_CHECK appraise_type=imasig|modsig "
                           "appraise_flag=x appraise_flag=blacklist",
                                     t.target),
                        -EINVAL);
        cr_expect_eq(parse("appraise func=MODULE_CHECK appraise_type=imasig "
                           "appraise_flag=blacklist",
                                     t.target),
                        -EINVAL);
}

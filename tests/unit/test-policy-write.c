/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/policy-write.h"
#include "fixture-recording.h"

static ssize_t judge(const char *payload)
{
        return policy_write_judge(payload, strlen(payload), NULL);
}

Test(policy_write, the_first_line_is_judged)
{
        cr_expect_eq(judge("measure\n"), 8);
        cr_expect_eq(judge("measure\nbogus\n"), 8);
        cr_expect_eq(judge("measure"), 8, "one more than was written");
        cr_expect_eq(judge(""), 1);
        cr_expect_eq(policy_write_judge("audit\0bogus\n", 12, NULL), 6);
        cr_expect_eq(judge("/nowhere\n"), -ENOENT);
        cr_expect_eq(judge("/nowhere/../x"), -ENOENT);
        cr_expect_eq(judge("/ \n"), -ENOENT);
        cr_expect_eq(judge("/\n"), -EINVAL);
        cr_expect_eq(judge("//.././\n"), -EINVAL);
}

Test(policy_write, a_page_less_one_byte_is_read)
{
        _cleanup_(target_freep) Target *target = NULL;
        char *line = malloc(5000);

        cr_assert_eq(target_new("6.12", NULL, &target), 0);
        memset(line, ' ', 5000);
        memcpy(line, "measure fsmagic=1", strlen("measure fsmagic=1"));
        cr_expect_eq(policy_write_judge(line, 4095, target), 4096);
        cr_expect_eq(policy_write_judge(line, 5000, target), 4096);
        memcpy(line + 4093, "x uid=9", 7);
        cr_expect_eq(policy_write_judge(line, 5000, target), -EINVAL);
        target->page_size = 65536;
        memcpy(line + 4093, "audit", 5);
        cr_expect_eq(policy_write_judge(line, 5000, target), -EINVAL);
        free(line);
}

/* Its canonical text is longer than what the kernel reads; the line is not. */
Test(policy_write, lines_of_full_length_are_rules)
{
        char line[4096];

        memset(line, 'x', sizeof(line));
        memcpy(line, "measure fsmagic=1 fsname=", strlen("measure fsmagic=1 fsname="));
        line[4095] = '\n';
        cr_expect_eq(policy_write_judge(line, 4096, NULL), 4096);
}

Test(policy_write, signed_policies_are_taken_by_path_only)
{
        _cleanup_(target_freep) Target *target = NULL;

        cr_assert_eq(target_new("6.12", NULL, &target), 0);
        target->policy_signed = true;
        cr_expect_eq(policy_write_judge("# x\n", 4, target), -EACCES);
        cr_expect_eq(policy_write_judge("/x\n", 3, target), -ENOENT);
}

static void expect_write(const char *payload, const char *result, const Target *target)
{
        _cleanup_free_ char *bytes = malloc(strlen(payload) + 1);
        ssize_t size = fixture_unescape(payload, bytes);

        cr_assert_geq(size, 0, "%s", payload);
        cr_expect_eq(policy_write_judge(bytes, (size_t) size, target), strtol(result, NULL, 10),
                        "recorded %s: %s", result, payload);
}

/* What was written, and what the kernel shows of it, which it does not always take again. */
static void check_row(char *row, void *userdata)
{
        char *state, *payload = strtok_r(row, "\t", &state), *result = strtok_r(NULL, "\t", &state);
        char *again = strtok_r(NULL, "\t", &state), *shown = strtok_r(NULL, "\t", &state);

        expect_write(payload, result, userdata);
        if (shown)
                expect_write(shown, again, userdata);
}

Test(policy_write, a_kernel_with_a_custom_policy_and_template)
{
        _cleanup_target_ FixtureTarget t = { 0 };

        fixture_target_from_file("all-options.target", &t);
        t.target->policy_active = true;
        t.target->template_format = strdup("d-ng|n-ng|iuid");
        fixture_for_each_row("policy-written-again.tsv", check_row, t.target);
}

/* Recorded before and after the first custom policy of a boot. */
Test(policy_write, labels_before_and_after_the_first_policy)
{
        _cleanup_target_ FixtureTarget t = { 0 };

        fixture_target_from_file("all-options.target", &t);
        expect_write("measure subj_type=foo_t\\n", "-22", t.target);
        expect_write("measure obj_user=x\\n", "-22", t.target);
        t.target->policy_active = true;
        expect_write("measure subj_type=foo_t\\n", "24", t.target);
        expect_write("measure obj_user=x fowner=5\\n", "28", t.target);
        expect_write("measure subj_type=a subj_type=b\\n", "32", t.target);
        expect_write("dont_measure obj_role=r\\n", "24", t.target);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/policy/policy-write.h"

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

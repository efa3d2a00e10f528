/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "imad/problem.h"

Test(problem, errors_of_the_tpm_have_names)
{
        static const struct {
                int error;
                const char *name;
        } cases[] = {
                {-ENODEV,   "tpm-absent"    },
                { -EACCES,  "tpm-denied"    },
                { -EBUSY,   "tpm-busy"      },
                { -EUCLEAN, "tpm-resetting" },
                { -EAGAIN,  "tpm-locked-out"},
                { -EIO,     "tpm-failed"    },
                { -ENOENT,  "bank-missing"  },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_str_eq(problem_to_string(problem_from_tpm_error(cases[i].error)),
                                cases[i].name);
}

Test(problem, errors_of_the_list_have_names)
{
        cr_expect_str_eq(problem_to_string(problem_from_list_error(-ENOENT)), "list-absent");
        cr_expect_str_eq(problem_to_string(problem_from_list_error(-EPERM)), "list-denied");
        cr_expect_str_eq(problem_to_string(problem_from_list_error(-EBADMSG)), "list-malformed");
        cr_expect_str_eq(problem_to_string(problem_from_list_error(-EIO)), "list-unreadable");
}

Test(problem, each_has_a_name_and_a_sentence)
{
        for (int p = 0; p < PROBLEM_MAX; p++) {
                const char *text = problem_describe((Problem) p);

                cr_expect_not_null(problem_to_string((Problem) p));
                cr_expect_eq(*text == '\0', p == PROBLEM_NONE);
                cr_expect_not(string_ends_with(text, "."));
        }
        cr_expect_null(problem_to_string(PROBLEM_MAX));
        cr_expect_str_eq(problem_describe(PROBLEM_INVALID), "");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/policy/target/target.h"

Test(target, versions_of_real_releases)
{
        static const struct {
                const char *release;
                uint32_t version[TARGET_VERSION_PARTS];
        } cases[] = {
                {"6.1.0-30-amd64",              { 6, 1, 0 }   },
                { "6.12.117+deb12-cloud-amd64", { 6, 12, 117 }},
                { "5.14.0-427.el9.x86_64",      { 5, 14, 0 }  },
                { "6.18-rc1",                   { 6, 18, 0 }  },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(target_freep) Target *target = NULL;

                cr_assert_eq(target_new(cases[i].release, NULL, &target), 0);
                cr_expect_arr_eq(target->version, cases[i].version, sizeof(target->version), "%s",
                                cases[i].release);
        }
}

Test(target, a_release_without_version_is_refused)
{
        Target *target = NULL;

        cr_assert_eq(target_new("generic", NULL, &target), -EINVAL);
        cr_assert_eq(target_new("", NULL, &target), -EINVAL);
        cr_assert_eq(target_new("99999999999.1", NULL, &target), -EINVAL);
        cr_assert_null(target);
}

Test(target, only_given_numbers_are_compared)
{
        _cleanup_(target_freep) Target *target = NULL;
        const uint32_t six_one[] = { 6, 1 }, six_one_five[] = { 6, 1, 5 }, six_ten[] = { 6, 10 };

        cr_assert_eq(target_new("6.1.4", NULL, &target), 0);
        cr_assert_eq(target_compare_version(target, six_one, 2), 0);
        cr_assert_lt(target_compare_version(target, six_one_five, 3), 0);
        cr_assert_lt(target_compare_version(target, six_ten, 2), 0);
        cr_assert_eq(target_has_config(target, "IMA"), -ENODATA);
}

Test(target, kernels_with_backports_are_not_judged_by_their_number)
{
        _cleanup_(target_freep) Target *target = NULL;
        const uint32_t version[] = { 6, 7 };

        cr_assert_eq(target_new("5.14.0-503.el9.x86_64", NULL, &target), 0);
        cr_expect_lt(target_compare_version(target, version, 2), 0);
        cr_expect_gt(target_compare_grammar(target, version, 2), 0);
}

Test(target, hashes_follow_the_configuration_where_they_are_not_known)
{
        static const char text[] = "CONFIG_CRYPTO_SHA512=m\nCONFIG_CRYPTO_MD5=n\n";
        _cleanup_(target_freep) Target *target = NULL;

        cr_assert_eq(target_new("6.1", NULL, &target), 0);
        cr_expect_eq(target_has_hash(target, HASH_SHA384), -ENODATA);
        cr_expect_eq(target_has_hash(target, HASH_TGR128), 0);
        cr_assert_eq(kconfig_parse(text, strlen(text), &target->config_owned), 0);
        target->config = target->config_owned;
        cr_expect_eq(target_has_hash(target, HASH_SHA384), 1);
        cr_expect_eq(target_has_hash(target, HASH_MD5), 0);
        target->hashes_known = true;
        cr_expect_eq(target_has_hash(target, HASH_SHA384), 0);
}

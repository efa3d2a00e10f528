/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "core/policy/target/kconfig.h"

static const char sample[] = "#\n# Automatically generated file\n#\n"
                             "CONFIG_IMA=y\nCONFIG_TCG_TPM=m\n# CONFIG_IMA_READ_POLICY is not set\n"
                             "CONFIG_IMA_DEFAULT_HASH=\"sha256\"\nCONFIG_IMA_X509_PATH=\"\"\n"
                             "CONFIG_IMA_MEASURE_PCR_IDX=10";

Test(kconfig, values_are_found_with_and_without_prefix)
{
        _cleanup_(kconfig_freep) Kconfig *config = NULL;

        cr_assert_eq(kconfig_parse(sample, strlen(sample), &config), 0);
        cr_assert_str_eq(kconfig_get(config, "IMA"), "y");
        cr_assert_str_eq(kconfig_get(config, "CONFIG_IMA_DEFAULT_HASH"), "sha256");
        cr_assert_str_eq(kconfig_get(config, "IMA_X509_PATH"), "");
        cr_assert_str_eq(kconfig_get(config, "IMA_MEASURE_PCR_IDX"), "10");
        cr_assert_str_eq(kconfig_get(config, "IMA_READ_POLICY"), "n");
        cr_assert_null(kconfig_get(config, "IMA_WRITE_POLICY"));
        cr_assert(kconfig_is_enabled(config, "TCG_TPM"));
        cr_assert_not(kconfig_is_enabled(config, "IMA_READ_POLICY"));
        cr_assert_not(kconfig_is_enabled(config, "IMA_WRITE_POLICY"));
}

Test(kconfig, what_is_no_configuration_is_refused)
{
        static const char *const malformed[] = { "IMA=y\n", "CONFIG_IMA\n", "CONFIG_=y\n",
                "<html>\n", "CONFIG_IMA=y\nnoise\n" };

        for (size_t i = 0; i < ELEMENTSOF(malformed); i++) {
                Kconfig *config = NULL;

                cr_expect_eq(kconfig_parse(malformed[i], strlen(malformed[i]), &config), -EBADMSG,
                                "%s", malformed[i]);
                cr_expect_null(config);
        }
}

Test(kconfig, an_invented_option_is_called_so_and_the_real_one_named)
{
        const char *hint;

        cr_assert_eq(kconfig_explain_name("CONFIG_IMA_SEE_TSS", &hint), KCONFIG_NAME_MISTAKE);
        cr_assert_not_null(strstr(hint, "CONFIG_TCG_TPM"));
        cr_assert_eq(kconfig_explain_name("IMA_NEVER_HEARD_OF", &hint), KCONFIG_NAME_MISTAKE);
        cr_assert_null(hint);
        cr_assert_eq(kconfig_explain_name("IMA_APPRAISE_MODSIG", &hint), KCONFIG_NAME_REAL);
        cr_assert_not_null(hint);
        cr_assert_eq(kconfig_explain_name("EXT4_FS", &hint), KCONFIG_NAME_OTHER);
}

Test(kconfig, real_options_are_not_called_mistakes)
{
        size_t count;
        const KconfigOption *options = kconfig_list_options(&count);

        for (size_t i = 0; i < count; i++) {
                const char *hint;

                cr_expect_eq(kconfig_explain_name(options[i].name, &hint), KCONFIG_NAME_REAL);
        }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/builtin.h"

#include "base/buffer.h"
#include "fixture-policy.h"
#include "fixture-simulate.h"

static void format_rules(const Simulator *s, Buffer *text)
{
        cr_assert_geq(buffer_append_string(text, ""), 0);
        for (size_t i = 0; i < simulate_get_rule_count(s); i++) {
                cr_assert_geq(rule_format(simulate_get_rule(s, i), text), 0);
                cr_assert_geq(buffer_append_string(text, "\n"), 0);
        }
}

static void expect_rules(const char *command_line, const Target *target, bool secured,
                bool is_custom, const char *expected)
{
        _cleanup_simulator_ Simulator *s = NULL;
        _cleanup_buffer_ Buffer text = { 0 };
        Builtin builtin;

        cr_assert_eq(simulate_new(target, &s), 0);
        cr_assert_eq(builtin_parse(command_line, target, secured, &builtin), 0);
        cr_assert_eq(builtin_add_rules(&builtin, target, is_custom, s), 0);
        format_rules(s, &text);
        cr_expect_str_eq(text.data, expected, "%s:\n%s", command_line, text.data);
}

/* The kernel ends each line in a space. */
static void append_recorded(Buffer *text, char *line)
{
        cr_assert_geq(buffer_append_string(text, string_strip(line)), 0);
        cr_assert_geq(buffer_append_string(text, "\n"), 0);
}

Test(builtin, recorded_lists_agree)
{
        char words[] = "6.12.117 IMA_LSM_RULES IMA_MEASURE_ASYMMETRIC_KEYS IMA_APPRAISE_MODSIG "
                       "IMA_WRITE_POLICY IMA_READ_POLICY IMA_APPRAISE_BOOTPARAM MODULE_SIG "
                       "KEXEC_SIG";
        _cleanup_free_ char *path = fixture_path(
                                            "%s/policy/default-policies.txt", getenv("TEST_DATA")),
                            *text = NULL;
        _cleanup_buffer_ Buffer expected = { 0 };
        FixtureTarget target;
        const char *boot = NULL;
        char *state = NULL;
        bool in_list = false;
        size_t size, boots = 0;

        fixture_target_from_words(words, &target);
        text = fixture_read(path, &size);
        for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                boot = string_after(line, "##### boot: ") ?: boot;
                if (string_equal(line, "--DEFAULT")) {
                        in_list = true;
                } else if (in_list && string_equal(line, "--")) {
                        expect_rules(boot, target.target, false, false, expected.data);
                        buffer_done(&expected);
                        in_list = false;
                        boots++;
                } else if (in_list) {
                        append_recorded(&expected, line);
                }
        }
        cr_expect_eq(boots, 4);
        fixture_target_done(&target);
}

Test(builtin, a_custom_policy_replaces_what_the_command_line_asked_for)
{
        expect_rules("ima_policy=tcb|appraise_tcb|secure_boot|critical_data", NULL, false, true,
                        "");
}

Test(builtin, rules_of_configuration_and_platform_stay)
{
        char words[] = "6.12.1 IMA_ARCH_POLICY KEXEC_SIG IMA_APPRAISE_REQUIRE_FIRMWARE_SIGS";
        static const char arch[] = "measure func=KEXEC_KERNEL_CHECK\n"
                                   "appraise func=MODULE_CHECK appraise_type=imasig\n"
                                   "measure func=MODULE_CHECK\n"
                                   "appraise func=FIRMWARE_CHECK appraise_type=imasig\n";
        FixtureTarget target;

        fixture_target_from_words(words, &target);
        expect_rules("", target.target, true, true, arch);
        expect_rules("", target.target, true, false, arch);
        expect_rules("", target.target, false, true,
                        "appraise func=FIRMWARE_CHECK appraise_type=imasig\n");
        fixture_target_done(&target);
}

Test(builtin, secure_boot_stands_for_the_build_time_rules_before_a_custom_policy)
{
        char words[] = "6.12.1 IMA_APPRAISE_REQUIRE_MODULE_SIGS";
        FixtureTarget target;

        fixture_target_from_words(words, &target);
        expect_rules("ima_policy=secure_boot", target.target, false, true,
                        "appraise func=MODULE_CHECK appraise_type=imasig\n");
        expect_rules("ima_policy=secure_boot", target.target, false, false,
                        "appraise func=MODULE_CHECK appraise_type=imasig\n"
                        "appraise func=FIRMWARE_CHECK appraise_type=imasig\n"
                        "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig\n"
                        "appraise func=POLICY_CHECK appraise_type=imasig\n");
        fixture_target_done(&target);
}

Test(builtin, the_first_of_both_tcb_words_counts)
{
        Builtin b;

        cr_assert_eq(builtin_parse("ima_tcb ima_policy=tcb", NULL, false, &b), 0);
        cr_expect_eq(b.measurement, BUILTIN_MEASUREMENT_ORIGINAL);
        cr_assert_eq(builtin_parse("ima_policy=tcb ima_tcb ima_appraise_tcb", NULL, false, &b), 0);
        cr_expect_eq(b.measurement, BUILTIN_MEASUREMENT_TCB);
        cr_expect(b.appraise_tcb);
}

Test(builtin, ima_policy_repeats_and_other_words_are_ignored)
{
        Builtin b;

        cr_assert_eq(builtin_parse("ima_policy=\"bogus fail_securely\" ima_policy=secure_boot",
                                     NULL, false, &b),
                        0);
        cr_expect(b.fail_securely);
        cr_expect(b.secure_boot);
        cr_expect_eq(b.measurement, BUILTIN_MEASUREMENT_NONE);
}

static unsigned mode(const char *command_line, const Target *target, bool secured)
{
        Builtin b;

        cr_assert_eq(builtin_parse(command_line, target, secured, &b), 0);
        return b.appraise_mode;
}

Test(builtin, ima_appraise_is_the_last_one_unless_the_platform_is_secured)
{
        char words[] = "6.12.1 IMA";
        FixtureTarget target;

        fixture_target_from_words(words, &target);
        cr_expect_eq(mode("", NULL, false), APPRAISE_MODE_ENFORCE);
        cr_expect_eq(mode("ima_appraise=fix ima_appraise=logging", NULL, false), APPRAISE_MODE_LOG);
        cr_expect_eq(mode("ima_appraise=off", NULL, false), 0U);
        cr_expect_eq(mode("ima_appraise=nonsense", NULL, false), APPRAISE_MODE_ENFORCE);
        cr_expect_eq(mode("ima_appraise=off", NULL, true), APPRAISE_MODE_ENFORCE);
        cr_expect_eq(mode("ima_appraise=off", target.target, false), APPRAISE_MODE_ENFORCE,
                        "without IMA_APPRAISE_BOOTPARAM");
        fixture_target_done(&target);
}

Test(builtin, the_first_valid_hash_counts)
{
        Builtin b;

        cr_assert_eq(builtin_parse("ima_hash=nope ima_hash=sha512 ima_hash=sha1", NULL, false, &b),
                        0);
        cr_expect_eq(b.algorithm, HASH_SHA512);
        cr_assert_eq(builtin_parse("", NULL, false, &b), 0);
        cr_expect_eq(b.algorithm, HASH_SHA256);
}

Test(builtin, special_appraise_rules_leave_bits_that_stay)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "appraise func=FIRMWARE_CHECK\nmeasure func=MODULE_CHECK\n"
                        "dont_appraise func=KEXEC_KERNEL_CHECK\n");
        Builtin b;
        unsigned bits = 0;

        cr_expect_eq(builtin_get_appraise_bits(s), APPRAISE_MODE_FIRMWARE);
        cr_assert_eq(builtin_parse("ima_policy=secure_boot", NULL, false, &b), 0);
        cr_assert_eq(builtin_get_sticky_bits(&b, NULL, &bits), 0);
        cr_expect_eq(bits, APPRAISE_MODE_MODULES | APPRAISE_MODE_FIRMWARE | APPRAISE_MODE_POLICY |
                                           APPRAISE_MODE_KEXEC);
}

Test(builtin, only_parsed_rules_look_at_the_blacklist)
{
        _cleanup_simulator_ Simulator *s = NULL;
        Request request = fixture_request(RULE_FUNC_MODULE_CHECK, RULE_MASK_READ);
        Builtin b;

        cr_assert_eq(simulate_new(NULL, &s), 0);
        cr_assert_eq(builtin_parse("ima_policy=secure_boot", NULL, false, &b), 0);
        cr_assert_eq(builtin_add_rules(&b, NULL, false, s), 0);
        cr_assert_eq(simulate_seal(s, true), 0);
        cr_expect_eq(simulate_decide(s, &request).flags, SIMULATE_FLAG_SIGNATURE);
}

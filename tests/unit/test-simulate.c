/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/simulate.h"

#include "base/digest.h"
#include "fixture-policy.h"
#include "fixture-simulate.h"

#define R RULE_MASK_READ
#define W RULE_MASK_WRITE
#define A RULE_MASK_APPEND
#define X RULE_MASK_EXEC

static int deciding(const char *text, const Request *request, SimulateClass class_)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(text);

        return simulate_decide(s, request).classes[class_].rule;
}

static bool measures(const char *text, const Request *request)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(text);

        return simulate_decide(s, request).classes[SIMULATE_CLASS_MEASURE].is_done;
}

Test(simulate, masks_match_as_recorded)
{
        static const unsigned opens[] = { R, W, R | W, W | A, R | W | A, R | A, R | W, X };
        _cleanup_free_ char *path = fixture_path("%s/simulate/masks.txt", getenv("TEST_DATA")),
                            *text = NULL;
        char *state = NULL;
        size_t size, rows = 0;

        text = fixture_read(path, &size);
        for (char *row = strtok_r(text, "\n", &state); row; row = strtok_r(NULL, "\n", &state)) {
                char *columns = NULL, rule[100];
                const char *mask;

                if (*row == '#')
                        continue;
                rows++;
                mask = strtok_r(row, " ", &columns);
                (void) snprintf(rule, sizeof(rule), "measure func=FILE_CHECK mask=%s\n", mask);
                for (size_t i = 0; i < ELEMENTSOF(opens); i++) {
                        Request request = fixture_request(RULE_FUNC_FILE_CHECK, opens[i]);
                        bool expected = *strtok_r(NULL, " ", &columns) == '1';

                        cr_expect_eq(measures(rule, &request), expected, "%s, open %zu", mask, i);
                }
        }
        cr_expect_eq(rows, 8);
}

Test(simulate, the_first_rule_of_each_class_decides)
{
        static const char policy[] =
                        "dont_measure fowner=5\nmeasure\naudit fowner=7\nmeasure pcr=11\n"
                        "appraise fowner=7\n";
        _cleanup_simulator_ Simulator *s = fixture_simulator(policy);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);
        SimulateDecision d;

        request.owner = 7;
        d = simulate_decide(s, &request);
        cr_expect_eq(d.classes[SIMULATE_CLASS_MEASURE].rule, 1);
        cr_expect(d.classes[SIMULATE_CLASS_MEASURE].is_done);
        cr_expect_eq(d.classes[SIMULATE_CLASS_AUDIT].rule, 2);
        cr_expect_eq(d.classes[SIMULATE_CLASS_APPRAISE].rule, 4);
        cr_expect_eq(d.classes[SIMULATE_CLASS_HASH].rule, SIMULATE_NO_RULE);
        cr_expect_eq(d.pcr, -1);
        request.owner = 5;
        d = simulate_decide(s, &request);
        cr_expect_eq(d.classes[SIMULATE_CLASS_MEASURE].rule, 0);
        cr_expect_not(d.classes[SIMULATE_CLASS_MEASURE].is_done);
        cr_expect_eq(d.classes[SIMULATE_CLASS_AUDIT].rule, SIMULATE_NO_RULE);
}

Test(simulate, a_class_without_a_do_rule_is_not_looked_at)
{
        _cleanup_simulator_ Simulator *s =
                        fixture_simulator("dont_appraise permit_directio\nmeasure\n"
                                          "appraise func=SETXATTR_CHECK appraise_algos=sha256\n");
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);
        SimulateDecision d = simulate_decide(s, &request);

        cr_expect_not(d.classes[SIMULATE_CLASS_APPRAISE].is_active);
        cr_expect_eq(d.classes[SIMULATE_CLASS_APPRAISE].rule, SIMULATE_NO_RULE);
        cr_expect(d.classes[SIMULATE_CLASS_MEASURE].is_active);
        cr_expect_eq(d.flags, 0U, "the dont_appraise rule was never looked at");
}

Test(simulate, appraisal_rests_while_ima_appraise_is_off)
{
        _cleanup_simulator_ Simulator *s = fixture_rules("appraise\n", NULL);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        cr_assert_eq(simulate_seal(s, false), 0);
        cr_expect_not(simulate_decide(s, &request).classes[SIMULATE_CLASS_APPRAISE].is_active);
}

Test(simulate, flags_of_all_matching_rules_add_up)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "dont_measure permit_directio\naudit digest_type=verity\n"
                        "appraise appraise_type=imasig appraise_algos=sha256,sha512\nmeasure\n");
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);
        SimulateDecision d = simulate_decide(s, &request);

        cr_expect_eq(d.flags, SIMULATE_FLAG_DIRECTIO | SIMULATE_FLAG_VERITY |
                                              SIMULATE_FLAG_SIGNATURE | SIMULATE_FLAG_BLACKLIST);
        cr_expect_eq(d.algorithms, BIT(HASH_SHA256) | BIT(HASH_SHA512));
        cr_expect(d.is_generic);
}

Test(simulate, only_an_appraise_rule_behind_it_takes_back_a_hash_rule)
{
        _cleanup_simulator_ Simulator *before = fixture_simulator("hash\nappraise\n");
        _cleanup_simulator_ Simulator *behind = fixture_simulator("appraise\nhash\n");
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        cr_expect_not(simulate_decide(before, &request).classes[SIMULATE_CLASS_HASH].is_done);
        cr_expect_eq(simulate_decide(before, &request).classes[SIMULATE_CLASS_HASH].rule, 0);
        cr_expect(simulate_decide(behind, &request).classes[SIMULATE_CLASS_HASH].is_done);
}

Test(simulate, rules_without_func_match_every_hook_of_a_file)
{
        Request request = fixture_request(RULE_FUNC_KEXEC_CMDLINE, 0);

        cr_expect(measures("measure\n", &request));
        cr_expect_not(measures("measure mask=MAY_READ\n", &request));
        cr_expect_not(measures("measure mask=^MAY_READ\n", &request));
        request.func = RULE_FUNC_CREDS_CHECK;
        cr_expect(measures("measure\n", &request));
        request.func = RULE_FUNC_KEY_CHECK;
        cr_expect_not(measures("measure\n", &request));
        request.func = RULE_FUNC_CRITICAL_DATA;
        cr_expect_not(measures("measure\n", &request));
}

Test(simulate, keys_and_critical_data_look_at_the_list_and_the_real_user)
{
        static const char keys[] =
                        "measure func=KEY_CHECK gid=77 uid=0 keyrings=.ima|_evm pcr=11\n";
        Request request = fixture_request(RULE_FUNC_KEY_CHECK, 0);

        request.data = "_evm";
        cr_expect(measures(keys, &request), "gid= is not looked at");
        request.data = "_ev";
        cr_expect_not(measures(keys, &request));
        request.data = NULL;
        cr_expect_not(measures(keys, &request));
        request.data = ".ima";
        request.user.real = 1;
        cr_expect_not(measures(keys, &request));
        request = fixture_request(RULE_FUNC_CRITICAL_DATA, 0);
        request.data = "selinux";
        cr_expect(measures("measure func=CRITICAL_DATA label=device-mapper|selinux\n", &request));
        cr_expect(measures("measure func=CRITICAL_DATA\n", &request));
        cr_expect_not(measures("measure func=CRITICAL_DATA label=modules\n", &request));
}

Test(simulate, effective_ids_take_all_three_with_the_capability)
{
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        request.user = (RequestIds){ .real = 1, .effective = 2, .saved = 3, .any = true };
        cr_expect(measures("measure euid=3\n", &request));
        cr_expect(measures("measure euid=1\n", &request));
        cr_expect_not(measures("measure uid=2\n", &request));
        request.user.any = false;
        cr_expect_not(measures("measure euid=3\n", &request));
        cr_expect(measures("measure euid=2\n", &request));
        request.group = (RequestIds){ .real = 1, .effective = 2, .saved = 3, .any = true };
        cr_expect(measures("measure egid<2\n", &request));
        cr_expect_not(measures("measure egid>3\n", &request));
        cr_expect(measures("measure gid=1\n", &request));
}

Test(simulate, ranges_are_strict_and_have_the_subject_on_the_left)
{
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        request.owner = 1000;
        cr_expect(measures("measure fowner>999\n", &request));
        cr_expect_not(measures("measure fowner>1000\n", &request));
        cr_expect(measures("measure fowner<1001\n", &request));
        request.owner_group = 5;
        cr_expect(measures("measure fgroup<6 fowner=1000\n", &request));
}

Test(simulate, file_systems_match_by_magic_type_and_uuid)
{
        static const char uuid[] = "measure fsuuid=8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6\n";
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        cr_expect(measures("measure fsmagic=0xef53 fsname=ext4\n", &request));
        cr_expect_not(measures("measure fsmagic=0xef53 fsname=ext3\n", &request));
        cr_expect_not(measures("measure fsmagic=0x9fa0\n", &request));
        cr_expect_not(measures(uuid, &request));
        cr_assert_eq(request_parse_uuid("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6", request.fsuuid), 0);
        cr_expect(measures(uuid, &request));
        request.fsname = NULL;
        cr_expect_not(measures("measure fsname=ext4\n", &request));
}

Test(simulate, labels_match_when_they_are_known_and_equal)
{
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        cr_expect_not(measures("measure subj_role=unconfined\n", &request));
        request.labels[KEYWORD_SUBJ_ROLE - KEYWORD_SUBJ_USER] = "unconfined";
        cr_expect(measures("measure subj_role=unconfined\n", &request));
        cr_expect_not(measures("measure subj_role=unconfined obj_type=bin_t\n", &request));
        request.labels[KEYWORD_OBJ_TYPE - KEYWORD_SUBJ_USER] = "lib_t";
        cr_expect_not(measures("measure subj_role=unconfined obj_type=bin_t\n", &request));
}

Test(simulate, pcr_and_template_come_from_the_measure_rule)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "dont_measure fowner=1\nmeasure pcr=11 template=ima-ng\nmeasure pcr=12\n");
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        cr_expect_eq(simulate_decide(s, &request).pcr, 11);
        cr_expect_eq(simulate_decide(s, &request).template_rule, 1);
        request.owner = 1;
        cr_expect_eq(simulate_decide(s, &request).pcr, -1);
        cr_expect_eq(simulate_decide(s, &request).template_rule, SIMULATE_NO_RULE);
}

Test(simulate, older_kernels_look_at_the_blacklist_only_when_told)
{
        static const char policy[] = "appraise func=MODULE_CHECK appraise_type=imasig\n"
                                     "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig|modsig "
                                     "appraise_flag=check_blacklist\n";
        Request modules = fixture_request(RULE_FUNC_MODULE_CHECK, R);
        Request kexec = fixture_request(RULE_FUNC_KEXEC_KERNEL_CHECK, R);
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_simulator_ Simulator *old = NULL, *new = fixture_simulator(policy);

        cr_assert_eq(target_new("6.1.0", NULL, &target), 0);
        old = fixture_rules(policy, target);
        cr_assert_eq(simulate_seal(old, true), 0);
        cr_expect_not(simulate_decide(old, &modules).flags & SIMULATE_FLAG_BLACKLIST);
        cr_expect(simulate_decide(old, &kexec).flags & SIMULATE_FLAG_BLACKLIST);
        cr_expect(simulate_decide(new, &modules).flags & SIMULATE_FLAG_BLACKLIST);
}

Test(simulate, rules_of_all_three_keys_keep_their_order)
{
        static const char policy[] =
                        "measure fowner=1 uid=9\naudit fgroup=2\nmeasure fsmagic=0xef53\n"
                        "measure fowner=1\n";
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, R);

        request.owner = 1;
        request.owner_group = 2;
        cr_expect_eq(deciding(policy, &request, SIMULATE_CLASS_MEASURE), 2);
        cr_expect_eq(deciding(policy, &request, SIMULATE_CLASS_AUDIT), 1);
}

Test(simulate, a_refused_line_is_told_by_its_number)
{
        static const char policy[] = "measure\n\n# a comment\nmeasure uid=x\naudit\n";
        _cleanup_simulator_ Simulator *s = NULL;
        uint32_t line = 0;

        cr_assert_eq(simulate_new(NULL, &s), 0);
        cr_expect_eq(simulate_add_text(s, "policy", policy, strlen(policy), NULL, &line), -EINVAL);
        cr_expect_eq(line, 4);
        cr_expect_eq(simulate_get_origin(s, 0).line, 1);
}

/* A small generator, so that a seed gives the same policies everywhere. */
static uint64_t random_state;

static unsigned draw(unsigned limit)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned) (random_state >> 33) % limit;
}

static const char *const ids[] = { "uid", "euid", "gid", "egid", "fowner", "fgroup" };

static void draw_rule(Buffer *b)
{
        static const char *const actions[] = { "measure", "dont_measure", "appraise",
                "dont_appraise", "audit", "hash", "dont_hash" };
        static const char *const funcs[] = { "", "", "FILE_CHECK", "MMAP_CHECK", "BPRM_CHECK",
                "CREDS_CHECK", "MODULE_CHECK", "FIRMWARE_CHECK" };
        static const char *const others[] = { "fsmagic=0xef53", "fsmagic=0x1021994", "fsname=ext4",
                "fsname=tmpfs", "fsuuid=8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6", "mask=MAY_READ",
                "mask=^MAY_READ", "mask=MAY_EXEC", "permit_directio" };
        const char *func = funcs[draw(ELEMENTSOF(funcs))];
        unsigned first = draw(ELEMENTSOF(ids)), kind = draw(3);

        cr_assert_geq(buffer_append_string(b, actions[draw(ELEMENTSOF(actions))]), 0);
        if (*func)
                cr_assert_geq(buffer_append_format(b, " func=%s", func), 0);
        if (kind > 0)
                cr_assert_geq(buffer_append_format(
                                              b, " %s%c%u", ids[first], "===<>"[draw(5)], draw(6)),
                                0);
        if (kind > 1 && ids[first][0] != 'f')
                cr_assert_geq(buffer_append_format(b, " fowner=%u", draw(6)), 0);
        if (draw(2))
                cr_assert_geq(buffer_append_format(b, " %s", others[draw(ELEMENTSOF(others))]), 0);
        cr_assert_geq(buffer_append_string(b, "\n"), 0);
}

static Request draw_request(void)
{
        static const RuleFunc funcs[] = { RULE_FUNC_FILE_CHECK, RULE_FUNC_MMAP_CHECK,
                RULE_FUNC_BPRM_CHECK, RULE_FUNC_CREDS_CHECK, RULE_FUNC_MODULE_CHECK,
                RULE_FUNC_FIRMWARE_CHECK, RULE_FUNC_KEXEC_CMDLINE, RULE_FUNC_KEY_CHECK };
        bool ext4 = draw(2);
        Request request = {
                .func = funcs[draw(ELEMENTSOF(funcs))],
                .mask = draw(16),
                .user = {draw(6),  draw(6), draw(6), draw(2)},
                .group = { draw(6), draw(6), draw(6), draw(2)},
                .owner = draw(6),
                .owner_group = draw(6),
                .fsmagic = ext4 ? 0xef53 : 0x1021994,
                .fsname = ext4 ? "ext4" : "tmpfs",
        };

        if (draw(2))
                cr_assert_eq(request_parse_uuid("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6",
                                             request.fsuuid),
                                0);
        return request;
}

static void expect_same(const Simulator *s, const Request *request, uint64_t seed)
{
        SimulateDecision a = simulate_decide(s, request), b = simulate_decide_linear(s, request);

        for (int i = 0; i < SIMULATE_CLASS_MAX; i++) {
                cr_assert_eq(a.classes[i].rule, b.classes[i].rule, "class %d, seed %lu", i, seed);
                cr_assert_eq(a.classes[i].is_done, b.classes[i].is_done, "class %d, seed %lu", i,
                                seed);
        }
        cr_assert_eq(a.flags, b.flags, "seed %lu", seed);
        cr_assert_eq(a.is_generic, b.is_generic, "seed %lu", seed);
}

Test(simulate, the_index_decides_as_asking_each_rule_does)
{
        for (uint64_t seed = 1; seed <= 60; seed++) {
                _cleanup_buffer_ Buffer text = { 0 };
                _cleanup_simulator_ Simulator *s = NULL;

                random_state = seed;
                for (unsigned i = 0; i < 1 + seed * 3; i++)
                        draw_rule(&text);
                s = fixture_simulator(text.data);
                for (unsigned i = 0; i < 1000; i++) {
                        Request request = draw_request();

                        expect_same(s, &request, seed);
                }
        }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/lint/lint.h"
#include "fixture-policy.h"

/* Every name is a user of its own. */
static int any_user(void *userdata, const char *name, uint32_t *ret_id)
{
        *ret_id = 0;
        for (; *name; name++)
                *ret_id = (*ret_id * 31 + (unsigned char) *name) % 60000;
        return 0;
}

static int no_user(void *userdata, const char *name, uint32_t *ret_id)
{
        return -ENOENT;
}

/* Machines where each service of the presets is installed, and where none is. */
static const NameResolver everybody = { any_user, any_user, NULL },
                          nobody = { no_user, no_user, NULL };

static char *preset_directory(void)
{
        return fixture_path("%s/../../policy.d", getenv("TEST_DATA"));
}

static void find_presets(StringList *ret_names)
{
        _cleanup_free_ char *directory = preset_directory();
        _cleanup_strings_ StringList names = { 0 };

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++)
                if (string_ends_with(names.items[i], ".yaml"))
                        cr_assert_eq(string_list_add(ret_names, names.items[i]), 0);
        cr_assert_gt(ret_names->count, 0);
}

/* Shipped targets, which presets are compiled for. */
static void find_targets(StringList *ret_names)
{
        _cleanup_strings_ StringList names = { 0 };

        fixture_list(getenv("TARGETS"), &names);
        for (size_t i = 0; i < names.count; i++)
                if (string_ends_with(names.items[i], TARGET_FILE_SUFFIX))
                        cr_assert_eq(string_list_add(ret_names, names.items[i]), 0);
        cr_assert_gt(ret_names->count, 0);
}

static void get_target(const char *words, FixtureTarget *ret_target)
{
        _cleanup_free_ char *copy = strdup(words);

        fixture_target_from_words(copy, ret_target);
}

/* Not a single warning is accepted. The policy's text, which may be empty. */
static char *compile_quietly(const PolicySourceList *sources, const Target *target,
                const NameResolver *names, const char *what)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        char *text = NULL;
        size_t size;

        cr_expect_eq(policy_compile(sources->items, sources->count, target, names, &policy, &diags),
                        0, "%s for %s", what, target->release);
        /* Several presets together repeat and shadow each other. */
        if (policy && sources->count == 1)
                cr_expect_eq(lint_policy(policy, target, NULL, &diags), 0);
        diag_list_print(&diags, stderr, false);
        cr_assert_eq(diags.count, 0, "%s for %s", what, target->release);
        cr_assert_eq(policy_format(policy, &text, &size), 0);
        return text;
}

/* One of them, or all together when name is NULL, for every kernel and on every machine. */
static void expect_compiles(const StringList *presets, const char *name)
{
        _cleanup_free_ char *directory = preset_directory();
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_strings_ StringList targets = { 0 };

        for (size_t i = 0; i < presets->count; i++)
                if (!name || string_equal(name, presets->items[i]))
                        fixture_add(&sources, directory, presets->items[i]);
        find_targets(&targets);
        for (size_t i = 0; i < targets.count; i++) {
                _cleanup_target_ FixtureTarget target = { 0 };
                _cleanup_free_ char *text = NULL, *without_users = NULL;
                const char *what = name ?: "all presets";

                fixture_target_from_file(targets.items[i], &target);
                text = compile_quietly(&sources, target.target, &everybody, what);
                cr_expect_gt(strlen(text), 0, "%s for %s", what, targets.items[i]);
                without_users = compile_quietly(&sources, target.target, &nobody, what);
                cr_expect_leq(strlen(without_users), strlen(text));
        }
}

Test(presets, each_and_all_together_compile_without_a_word)
{
        _cleanup_strings_ StringList names = { 0 };

        find_presets(&names);
        for (size_t i = 0; i < names.count; i++)
                expect_compiles(&names, names.items[i]);
        expect_compiles(&names, NULL);
}

Test(presets, names_are_numbered_and_the_rest_is_unique)
{
        _cleanup_strings_ StringList names = { 0 };

        find_presets(&names);
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.items[i];

                cr_expect_eq(strspn(name, "0123456789"), 2, "%s", name);
                cr_expect_eq(name[2], '-', "%s", name);
                for (size_t j = 0; j < i; j++)
                        cr_expect_str_neq(names.items[j] + 3, name + 3);
        }
}

static char *compile_one(const char *name, const Target *target)
{
        _cleanup_free_ char *directory = preset_directory();
        _cleanup_sources_ PolicySourceList sources = { 0 };

        fixture_add(&sources, directory, name);
        return compile_quietly(&sources, target, &nobody, name);
}

/* In the order in which the kernel builds its default list. */
static const struct {
        const char *policy; /* a word of ima_policy= */
        const char *preset;
} built_in[] = {
        {"tcb",            "20-tcb.yaml"          },
        { "secure_boot",   "40-secure-boot.yaml"  },
        { "appraise_tcb",  "55-appraise-tcb.yaml" },
        { "critical_data", "21-critical-data.yaml"},
};

static bool has_word(const char *line, const char *word)
{
        const char *list = strstr(line, "ima_policy=");

        for (list = list ? list + strlen("ima_policy=") : ""; *list; list += *list == '|') {
                size_t length = strcspn(list, "|");

                if (length == strlen(word) && strncmp(list, word, length) == 0)
                        return true;
                list += length;
        }
        return false;
}

/* What the presets make for the words of a boot, as the kernel prints rules: a blank behind each.
 */
static char *compile_built_in(const char *line, const Target *target)
{
        char *all = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&all, &size);

        for (size_t i = 0; i < ELEMENTSOF(built_in); i++) {
                _cleanup_free_ char *text = NULL;

                if (!has_word(line, built_in[i].policy))
                        continue;
                text = compile_one(built_in[i].preset, target);
                for (const char *p = text; *p; p++) {
                        if (*p == '\n')
                                fputc(' ', file);
                        fputc(*p, file);
                }
        }
        cr_assert_eq(fclose(file), 0);
        return all;
}

/* Each boot of the recording is a line with ima_policy= and the rules that the kernel showed. */
Test(presets, built_in_policies_are_what_the_kernel_shows)
{
        _cleanup_free_ char *path = fixture_path("%s/policy/presets/default-policies.txt",
                                            getenv("TEST_DATA")),
                            *recorded = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };
        size_t size, boots = 0;

        recorded = fixture_read(path, &size);
        get_target("6.12.117 IMA_APPRAISE IMA_WRITE_POLICY", &target);
        for (char *boot = recorded, *end; boot; boot = end ? end + 2 : NULL, boots++) {
                _cleanup_free_ char *expected = NULL, *text = NULL;
                char *rules = strchr(boot, '\n');

                cr_assert_not_null(rules);
                *rules++ = '\0';
                end = strstr(rules, "\n\n");
                expected = end ? strndup(rules, (size_t) (end - rules) + 1) : strdup(rules);
                text = compile_built_in(boot, target.target);
                cr_expect_str_eq(text, expected, "%s: got\n%s", boot, text);
        }
        cr_expect_eq(boots, 4);
}

Test(presets, appraise_tcb_follows_the_options_of_the_kernel)
{
        _cleanup_target_ FixtureTarget one_shot = { 0 }, signed_init = { 0 };
        _cleanup_free_ char *hashes = NULL, *signatures = NULL;

        get_target("6.12.0 IMA_APPRAISE", &one_shot);
        get_target("6.12.0 IMA_APPRAISE_SIGNED_INIT", &signed_init);
        hashes = compile_one("55-appraise-tcb.yaml", one_shot.target);
        signatures = compile_one("55-appraise-tcb.yaml", signed_init.target);
        cr_expect_not(strstr(hashes, "POLICY_CHECK"));
        cr_expect(string_ends_with(hashes, "\nappraise fowner=0\n"));
        cr_expect(string_ends_with(signatures, "\nappraise fowner=0 appraise_type=imasig\n"));
}

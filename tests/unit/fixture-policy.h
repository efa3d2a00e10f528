/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases of fragments kept as data: CASE.yaml, or a directory CASE/ with several fragments, and what
 * is expected beside. A first line "# target: RELEASE [OPTION…]" or "# target: NAME.target" names
 * the kernel; without it the case is compiled for Debian 12.
 */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/strings.h"
#include "core/policy/compile.h"
#include "core/policy/target/target-file.h"

static inline int fixture_user(void *userdata, const char *name, uint32_t *ret_id)
{
        if (strcmp(name, "root") == 0)
                *ret_id = 0;
        else if (strcmp(name, "backup") == 0)
                *ret_id = 34;
        else
                return -ENOENT;
        return 0;
}

static inline const NameResolver *fixture_names(void)
{
        static const NameResolver names = { fixture_user, fixture_user, NULL };

        return &names;
}

static inline char *fixture_path(const char *format, ...) _printf_(1, 2);

static inline char *fixture_path(const char *format, ...)
{
        va_list args;
        char *path;

        va_start(args, format);
        cr_assert_geq(vasprintf(&path, format, args), 0);
        va_end(args);
        return path;
}

static inline char *fixture_read(const char *path, size_t *ret_size)
{
        _cleanup_close_ int root = fs_open_root("/");
        char *text = NULL;

        cr_assert_eq(fs_read_file(root, path, (size_t) 8 << 20, &text, ret_size), 0,
                        "cannot read %s", path);
        return text;
}

/* With UPDATE_EXPECTED set, what comes out is written as what is expected: read the difference. */
static inline void fixture_compare(const char *path, const char *text, size_t size)
{
        _cleanup_free_ char *expected = NULL;
        size_t expected_size;

        if (getenv("UPDATE_EXPECTED")) {
                _cleanup_fclose_ FILE *file = fopen(path, "we");

                cr_assert_not_null(file);
                cr_assert_eq(fwrite(text, 1, size, file), size);
                return;
        }
        expected = fixture_read(path, &expected_size);
        cr_expect_str_eq(text, expected, "%s: got\n%s", path, text);
}

static inline bool fixture_exists(const char *path)
{
        _cleanup_close_ int root = fs_open_root("/");

        return fs_exists(root, path);
}

static inline void fixture_list(const char *directory, StringList *ret_names)
{
        _cleanup_close_ int root = fs_open_root("/");

        cr_assert_eq(fs_list_directory(root, directory, 1000, ret_names), 0, "cannot list %s",
                        directory);
        cr_assert_gt(ret_names->count, 0, "%s is empty", directory);
}

static inline void fixture_add(PolicySourceList *sources, const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s", directory, name);
        size_t size;
        char *text = fixture_read(path, &size);

        cr_assert_eq(policy_source_list_add(sources, name, name, text, size), 0);
}

/* Every case of DIRECTORY: a name without ".yaml". */
static inline void fixture_cases(const char *directory, StringList *ret_cases)
{
        _cleanup_strings_ StringList names = { 0 };

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                char *name = names.items[i];

                if (string_ends_with(name, ".yaml"))
                        name[strlen(name) - strlen(".yaml")] = '\0';
                else if (strchr(name, '.'))
                        continue;
                cr_assert_eq(string_list_add(ret_cases, name), 0);
        }
        cr_assert_gt(ret_cases->count, 0);
}

static inline void fixture_sources(
                const char *directory, const char *name, PolicySourceList *ret_sources)
{
        _cleanup_free_ char *file = fixture_path("%s.yaml", name),
                            *path = fixture_path("%s/%s", directory, name);
        _cleanup_strings_ StringList names = { 0 };

        if (!fixture_exists(path)) {
                fixture_add(ret_sources, directory, file);
                return;
        }
        fixture_list(path, &names);
        for (size_t i = 0; i < names.count; i++)
                fixture_add(ret_sources, path, names.items[i]);
}

typedef struct FixtureTarget {
        Kconfig *config;
        Target *target;
} FixtureTarget;

static inline void fixture_target_done(FixtureTarget *t)
{
        target_free(t->target);
        kconfig_free(t->config);
}

/* From the text behind "# target: ": a release and options that are on. */
static inline void fixture_target_from_words(char *words, FixtureTarget *ret_target)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        char *state, *release = strtok_r(words, " ", &state);

        for (char *word = strtok_r(NULL, " ", &state); word; word = strtok_r(NULL, " ", &state))
                fprintf(file, "CONFIG_%s=y\n", word);
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(kconfig_parse(text, size, &ret_target->config), 0);
        cr_assert_eq(target_new(release, ret_target->config, &ret_target->target), 0);
        ret_target->target->config_partial = true;
}

/* A target that is shipped, by its file name. */
static inline void fixture_target_from_file(const char *name, FixtureTarget *ret_target)
{
        _cleanup_free_ char *path = fixture_path("%s/%s", getenv("TARGETS"), name), *text = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;

        text = fixture_read(path, &size);
        cr_assert_eq(target_file_parse(text, path, &ret_target->target, &diags), 0);
}

static inline void fixture_target(const PolicySourceList *sources, FixtureTarget *ret_target)
{
        const char *text = sources->items[0].text, *words = string_after(text, "# target: ");
        _cleanup_free_ char *copy = NULL;

        if (words) {
                copy = strndup(words, strcspn(words, "\n"));
                if (string_ends_with(copy, TARGET_FILE_SUFFIX))
                        fixture_target_from_file(copy, ret_target);
                else
                        fixture_target_from_words(copy, ret_target);
                return;
        }
        fixture_target_from_file("debian-12.target", ret_target);
}

#define _cleanup_target_ _cleanup_(fixture_target_done)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded answers of Manager.Describe() in tests/data/status/NAME.json become NAME.txt. */
#include <criterion/criterion.h>
#include <time.h>

#include "base/fs.h"
#include "imactl/status.h"
#include "imactl/verbs.h"

static char *read_data(const char *name, const char *suffix, size_t *ret_size)
{
        _cleanup_close_ int root = fs_open_root(getenv("TEST_DATA"));
        char path[64], *text = NULL;

        (void) snprintf(path, sizeof(path), "status/%s.%s", name, suffix);
        cr_assert_eq(fs_read_file(root, path, 65536, &text, ret_size), 0, "%s", path);
        return text;
}

static char *render(const char *name, Style style)
{
        _cleanup_json_ json_t *status = NULL;
        _cleanup_free_ char *json = NULL;
        Arguments args = { .verb = verb_find(NULL, "status") };
        char *text = NULL;
        size_t size;
        FILE *file;

        (void) setenv("TZ", "UTC", 1);
        tzset();
        json = read_data(name, "json", &size);
        cr_assert_eq(json_parse(json, size, &status), 0);
        file = open_memstream(&text, &size);
        status_render(status, &args, file, style);
        (void) fclose(file);
        return text;
}

static void expect_text(const char *name)
{
        _cleanup_free_ char *expected = NULL, *text = NULL;
        size_t size;

        text = render(name, (Style){ .utf8 = true });
        expected = read_data(name, "txt", &size);
        cr_expect_str_eq(text, expected, "%s:\n%s", name, text);
}

Test(status, policy_in_force_and_matching_pcr)
{
        expect_text("match");
}

Test(status, policy_that_the_initrd_has_loaded)
{
        expect_text("initrd");
}

Test(status, policy_that_the_initrd_has_left_to_the_real_root)
{
        expect_text("deferred");
}

Test(status, pending_changes_with_errors)
{
        expect_text("pending");
}

Test(status, refused_policy_and_diverged_list)
{
        expect_text("failed");
}

Test(status, fresh_installation_without_tpm)
{
        expect_text("fresh");
}

Test(status, kernel_without_ima)
{
        expect_text("unsupported");
}

Test(status, an_empty_answer_is_no_crash)
{
        expect_text("empty");
}

Test(status, without_utf8_only_ascii_is_printed)
{
        _cleanup_free_ char *text = render("failed", (Style){ 0 });

        for (const char *p = text; *p; p++)
                cr_assert((unsigned char) *p < 0x80, "%s", text);
}

Test(status, colours_come_with_the_style_only)
{
        _cleanup_free_ char *plain = render("match", (Style){ .utf8 = true });
        _cleanup_free_ char *colored = render("match", (Style){ .utf8 = true, .color = true });

        cr_assert_null(strchr(plain, '\033'));
        cr_assert_not_null(strstr(colored, "\033[1;32m●\033[0m"));
}

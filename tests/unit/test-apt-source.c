/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "core/provenance/apt-source.h"

/* A line for each source. */
static char *show(const AptSourceList *list)
{
        Buffer text = { 0 };
        char *result;

        for (size_t i = 0; i < list->count; i++)
                cr_assert_eq(buffer_append_format(&text, "%s %s %s%s%s\n", list->items[i].uri,
                                             list->items[i].suite, list->items[i].signed_by ?: "-",
                                             list->items[i].is_trusted ? " trusted" : "",
                                             list->items[i].ignores_end ? " endless" : ""),
                                0);
        cr_assert_eq(buffer_take(&text, &result, NULL), 0);
        return result;
}

static void expect(bool is_deb822, const char *text, const char *expected, size_t warnings)
{
        _cleanup_apt_sources_ AptSourceList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *shown = NULL;

        cr_assert_eq((is_deb822 ? apt_source_list_parse_deb822 : apt_source_list_parse_lines)(
                                     &list, text, strlen(text), "/etc/apt/sources", &diags),
                        0);
        shown = show(&list);
        cr_expect_str_eq(shown, expected);
        cr_expect_eq(diags.count, warnings, "%s", text);
}

Test(apt_source, sources_in_lines)
{
        expect(false,
                        "# comment\n\ndeb http://a/b stable main # more\n"
                        "deb [ arch=amd64 signed-by=/k.gpg,/l.gpg ] http://a/b/ ./\n"
                        "deb-src http://a/b stable main\n"
                        "deb [Trusted=yes check-valid-until=no] file:/r stable main",
                        "http://a/b/ stable -\nhttp://a/b/ ./ /k.gpg,/l.gpg\n"
                        "file:/r/ stable - trusted endless\n",
                        0);
}

Test(apt_source, malformed_lines_are_warned_of_and_left_out)
{
        expect(false, "rpm http://a x\ndeb\ndeb http://a\ndeb [x http://a b\ndeb [x] http://a b\n",
                        "", 5);
}

Test(apt_source, sources_in_deb822_style)
{
        expect(true,
                        "Types: deb\nURIs: http://a http://b/\nSuites: x y\nSigned-By: /k.gpg\n\n"
                        "Types: deb-src\nURIs: http://c\nSuites: x\n\n"
                        "Enabled: no\nTypes: deb\nURIs: http://d\nSuites: x\n\n"
                        "Types: deb-src deb\nURIs: http://e\nSuites: x/\nTrusted: yes\n",
                        "http://a/ x /k.gpg\nhttp://a/ y /k.gpg\nhttp://b/ x /k.gpg\n"
                        "http://b/ y /k.gpg\nhttp://e/ x/ - trusted\n",
                        0);
}

Test(apt_source, malformed_paragraphs_are_warned_of)
{
        expect(true, "Types: deb\nURIs: http://a\n", "", 1);
        expect(true, "Types: deb\nURIs: http://a\nSuites: x\n\nnonsense\n", "http://a/ x -\n", 1);
}

Test(apt_source, files_have_the_names_that_apt_gives_them)
{
        static const struct {
                const char *uri, *suite, *path, *name;
        } cases[] = {
                {"http://deb.debian.org/debian/",           "bookworm",          "main/binary-amd64/Packages",
                 "deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages"                                                   },
                { "http://deb.debian.org/debian-security/", "bookworm-security", "InRelease",
                 "deb.debian.org_debian-security_dists_bookworm-security_"
                                "InRelease"                                                                                          },
                { "https://u:p@h:8080/a_b/~c/",             "x/y",               "InRelease",
                 "h:8080_a%5fb_%7ec_dists_x_y_InRelease"                                                                             },
                { "file:/srv/repo/",                        "./",                "Packages",                   "_srv_repo_._Packages"},
                { "file:/srv/repo/",                        "/",                 "Packages",                   "_srv_repo_Packages"  },
                { "http://a/",                              "x",                 "",                           "a_dists_x_"          },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const AptSource source = { .uri = (char *) cases[i].uri,
                        .suite = (char *) cases[i].suite };
                _cleanup_free_ char *name = apt_source_format_list_name(&source, cases[i].path);

                cr_expect_str_eq(name, cases[i].name);
        }
}

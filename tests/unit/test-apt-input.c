/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "helpers/imad-hook/apt-input.h"

Test(apt_input, archives_stand_at_the_end_of_packages)
{
        static const char text[] =
                        "VERSION 3\n"
                        "APT::Architecture=amd64\n"
                        "Dir::Etc=/etc/apt /not/an/archive.deb\n"
                        "\n"
                        "dash 0.5 amd64 none < 0.6 amd64 none /var/cache/apt/archives/dash.deb\n"
                        "old 1 amd64 none > - - none **REMOVE**\n"
                        "new - - none < 1 all foreign /tmp/new%3a1.deb\n"
                        "odd - - none < 1 all none /srv/my packages/odd 1.deb\n"
                        "dash 0.5 amd64 none < 0.6 amd64 none **CONFIGURE**\n";
        _cleanup_strings_ StringList archives = { 0 };

        cr_assert_eq(apt_input_parse(text, &archives), 0);
        cr_assert_eq(archives.count, 3);
        cr_assert_str_eq(archives.items[0], "/var/cache/apt/archives/dash.deb");
        cr_assert_str_eq(archives.items[1], "/tmp/new%3a1.deb");
        cr_assert_str_eq(archives.items[2], "/srv/my packages/odd 1.deb");
}

Test(apt_input, a_last_line_may_lack_its_end)
{
        _cleanup_strings_ StringList archives = { 0 };

        cr_assert_eq(apt_input_parse("VERSION 3\n\na - - none < 1 all none /a.deb", &archives), 0);
        cr_assert_eq(archives.count, 1);
}

Test(apt_input, other_versions_are_refused)
{
        static const char *const texts[] = { "", "VERSION 2\n\n", "VERSION 3", "/a.deb\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_strings_ StringList archives = { 0 };

                cr_expect_eq(apt_input_parse(texts[i], &archives), -EBADMSG, "%s", texts[i]);
        }
}

Test(apt_input, without_packages_there_are_no_archives)
{
        _cleanup_strings_ StringList archives = { 0 };

        cr_assert_eq(apt_input_parse("VERSION 3\nA=/b.deb\n", &archives), 0);
        cr_assert_eq(archives.count, 0);
}

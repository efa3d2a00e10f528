/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/conf.h"
#include "fixture-conf.h"
#include "fixture-root.h"

Test(conf, etc_replaces_usr_and_dropins_come_after)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ FixtureSettings s = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/lib/imad/imad.conf", "[Main]\nName=usr\nEnabled=yes\n");
        fixture_root_write(&root, "/etc/imad/imad.conf", "[Main]\nName=etc\n");
        fixture_root_write(&root, "/usr/lib/imad/imad.conf.d/50-x.conf", "[Main]\nName=dropin\n");
        fixture_root_write(&root, "/etc/imad/imad.conf.d/90-y.conf", "[Main]\nName=last\n");
        fixture_root_link(&root, "/dev/null", "/etc/imad/imad.conf.d/50-x.conf");
        cr_assert_eq(conf_load(root.fd, "imad.conf", fixture_items, ELEMENTSOF(fixture_items), &s,
                                     &diags),
                        0);
        cr_assert_str_eq(s.name, "last");
        cr_assert(!s.enabled, "only the first imad.conf counts");
        cr_assert_eq(diags.count, 0);
}

Test(conf, none_takes_the_place_of_one_that_cannot_be_read)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ FixtureSettings s = { 0 };
        _cleanup_strings_ StringList paths = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/lib/imad/imad.conf", "[Main]\nEnabled=yes\n");
        fixture_root_write(&root, "/etc/imad/other", "");
        fixture_root_link(&root, "imad.conf", "/etc/imad/imad.conf");
        cr_assert_eq(conf_load(root.fd, "imad.conf", fixture_items, ELEMENTSOF(fixture_items), &s,
                                     &diags),
                        0);
        cr_assert(!s.enabled);
        cr_assert_eq(diags.count, 1);
        cr_assert_eq(conf_find_files(root.fd, "imad.conf", &paths, &diags), -ELOOP);
}

Test(conf, a_link_to_nothing_gives_way_to_the_next)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ FixtureSettings s = { 0 };
        _cleanup_strings_ StringList paths = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/lib/imad/imad.conf", "[Main]\nEnabled=yes\n");
        fixture_root_write(&root, "/etc/imad/other", "");
        fixture_root_link(&root, "gone", "/etc/imad/imad.conf");
        cr_assert_eq(conf_load(root.fd, "imad.conf", fixture_items, ELEMENTSOF(fixture_items), &s,
                                     &diags),
                        0);
        cr_assert(s.enabled);
        cr_assert_eq(conf_find_files(root.fd, "imad.conf", &paths, &diags), 0);
        cr_assert_eq(paths.count, 1);
        cr_assert_str_eq(paths.items[0], "/usr/lib/imad/imad.conf");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/dropin.h"
#include "fixture-root.h"

static const char *const directories[] = { "/usr/d", "/run/d", "/etc/d", NULL };

static DropinList find(const FixtureRoot *root, DiagList *diags)
{
        DropinList list = { 0 };

        cr_assert_eq(dropin_list_find(root->fd, directories, ".yaml", &list, diags), 0);
        return list;
}

Test(dropin, the_later_directory_wins_and_order_is_by_name)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dropins_ DropinList list = { 0 };

        fixture_root_write(&root, "/usr/d/50-b.yaml", "");
        fixture_root_write(&root, "/usr/d/10-a.yaml", "");
        fixture_root_write(&root, "/etc/d/10-a.yaml", "");
        list = find(&root, &diags);
        cr_assert_eq(list.count, 2);
        cr_assert_str_eq(list.files[0].path, "/etc/d/10-a.yaml");
        cr_assert_str_eq(list.files[1].path, "/usr/d/50-b.yaml");
        cr_assert_eq(diags.count, 0);
}

Test(dropin, a_link_to_dev_null_masks)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dropins_ DropinList list = { 0 };

        fixture_root_write(&root, "/usr/d/10-a.yaml", "");
        cr_assert_eq(fs_make_directories(root.fd, "/etc/d", 0755), 0);
        fixture_root_link(&root, "/dev/null", "/etc/d/10-a.yaml");
        list = find(&root, &diags);
        cr_assert_eq(list.count, 1);
        cr_assert(list.files[0].masked);
}

Test(dropin, other_names_are_reported_as_ignored)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dropins_ DropinList list = { 0 };

        fixture_root_write(&root, "/etc/d/10-a.yml", "");
        fixture_root_write(&root, "/etc/d/10-a.yaml.dpkg-old", "");
        fixture_root_write(&root, "/etc/d/10-a.yaml~", "");
        fixture_root_write(&root, "/etc/d/.10-a.yaml.swp", "");
        list = find(&root, &diags);
        cr_assert_eq(list.count, 0);
        cr_assert_eq(diags.count, 3);
        cr_assert_eq(diags.errors, 0);
        cr_assert_str_eq(diags.items[0].source, "/etc/d/10-a.yaml.dpkg-old");
}

Test(dropin, a_file_in_place_of_a_directory_is_an_error)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dropins_ DropinList list = { 0 };

        fixture_root_write(&root, "/etc/d", "");
        list = find(&root, &diags);
        cr_assert_eq(diags.errors, 1);
}

Test(dropin, name_that_is_no_utf8_is_an_error)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_dropins_ DropinList list = { 0 };

        fixture_root_write(&root, "/etc/d/50-\xe4.yaml", "");
        fixture_root_write(&root, "/etc/d/60-\xc3\xa4.yaml", "");
        list = find(&root, &diags);
        cr_assert_eq(list.count, 1);
        cr_assert_str_eq(list.files[0].name, "60-\xc3\xa4.yaml");
        cr_assert_eq(diags.errors, 1);
        cr_assert_str_eq(diags.items[0].source, "/etc/d/50-?.yaml");
        cr_assert_not_null(diags.items[0].hint);
}

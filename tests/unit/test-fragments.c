/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/fragments.h"

static const Diag *find_diag(const DiagList *diags, const char *source)
{
        for (size_t i = 0; i < diags->count; i++)
                if (string_equal(diags->items[i].source, source))
                        return &diags->items[i];
        return NULL;
}

Test(fragments, later_directory_wins_and_a_mask_stays_visible)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/lib/imad/policy.d/10-a.yaml", "vendor");
        fixture_root_write(&root, "/usr/lib/imad/policy.d/20-b.yaml", "masked away");
        fixture_root_write(&root, "/run/imad/policy.d/30-c.yaml", "run");
        fixture_root_write(&root, "/etc/imad/policy.d/10-a.yaml", "admin");
        fixture_root_link(&root, "/dev/null", "/etc/imad/policy.d/20-b.yaml");
        cr_assert_eq(fragments_load(root.fd, &list, &diags), 0);
        cr_assert_eq(diags.count, 0);
        cr_assert_eq(list.count, 3);
        cr_assert_str_eq(list.items[0].text, "admin");
        cr_assert_str_eq(list.items[0].path, "/etc/imad/policy.d/10-a.yaml");
        cr_assert(list.items[1].masked);
        cr_assert_null(list.items[1].text);
        cr_assert_str_eq(list.items[2].text, "run");
}

Test(fragments, links_stay_inside_the_root)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/usr/share/imad/presets/50-x.yaml", "preset");
        cr_assert_eq(fs_make_directories(root.fd, "/etc/imad/policy.d", 0755), 0);
        fixture_root_link(
                        &root, "/usr/share/imad/presets/50-x.yaml", "/etc/imad/policy.d/50-x.yaml");
        cr_assert_eq(fragments_load(root.fd, &list, &diags), 0);
        cr_assert_eq(list.count, 1);
        cr_assert_str_eq(list.items[0].text, "preset");
}

Test(fragments, what_is_no_readable_file_is_told_and_the_rest_loaded)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/etc/imad/policy.d/10-good.yaml", "good");
        cr_assert_eq(fs_make_directories(root.fd, "/etc/imad/policy.d/20-dir.yaml", 0755), 0);
        cr_assert_eq(mkfifoat(root.fd, "etc/imad/policy.d/30-fifo.yaml", 0600), 0);
        fixture_root_link(&root, "nowhere", "/etc/imad/policy.d/40-dangling.yaml");
        fixture_root_write(&root, "/etc/imad/policy.d/50-other.yml", "");
        cr_assert_eq(fragments_load(root.fd, &list, &diags), 0);
        cr_assert_eq(list.count, 4);
        cr_assert_str_eq(list.items[0].text, "good");
        cr_assert_eq(diags.errors, 3);
        cr_assert_str_eq(find_diag(&diags, "/etc/imad/policy.d/20-dir.yaml")->code, "E012");
        cr_assert_str_eq(find_diag(&diags, "/etc/imad/policy.d/30-fifo.yaml")->code, "E012");
        cr_assert_str_eq(find_diag(&diags, "/etc/imad/policy.d/40-dangling.yaml")->code, "E011");
        cr_assert_eq(find_diag(&diags, "/etc/imad/policy.d/50-other.yml")->severity, DIAG_WARNING);
}

Test(fragments, size_has_a_limit)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_close_ int fd = -EBADF;

        fixture_root_write(&root, "/etc/imad/policy.d/10-big.yaml", "");
        fd = fs_open(root.fd, "/etc/imad/policy.d/10-big.yaml", O_WRONLY, 0);
        cr_assert_eq(ftruncate(fd, FRAGMENT_SIZE_MAX + 1), 0);
        cr_assert_eq(fragments_load(root.fd, &list, &diags), 0);
        cr_assert_eq(diags.errors, 1);
        cr_assert_str_eq(diags.items[0].code, "E013");
}

Test(fragments, named_files_must_be_fragments)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        static const char *const paths[] = { "/b.yaml", "/a.yml", "/absent.yaml" };

        fixture_root_write(&root, "/b.yaml", "b");
        fixture_root_write(&root, "/a.yml", "a");
        cr_assert_eq(fragments_load_files(root.fd, paths, 3, &list, &diags), 0);
        cr_assert_eq(list.count, 2);
        cr_assert_str_eq(list.items[0].text, "b");
        cr_assert_eq(diags.errors, 2);
        cr_assert_str_eq(find_diag(&diags, "/a.yml")->code, "E015");
        cr_assert_str_eq(find_diag(&diags, "/absent.yaml")->code, "E011");
}

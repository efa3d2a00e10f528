/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/boot-files.h"

Test(boot_files, units_scripts_and_their_interpreters_are_found)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList paths = { 0 };

        fixture_root_write(&root, "/usr/bin/runner", "not a program\n");
        fixture_root_write(&root, "/opt/other", "#! /usr/bin/runner -x\n");
        fixture_root_write(&root, "/usr/lib/systemd/system/a.service",
                        "[Service]\nExecStartPre=-/opt/missing\nExecStart=-@/opt/other a b\n");
        fixture_root_write(&root, "/etc/systemd/system/multi-user.target.wants/x", "");
        fixture_root_link(&root, "/usr/lib/systemd/system/a.service",
                        "/etc/systemd/system/multi-user.target.wants/a.service");
        cr_assert_eq(boot_files_find(root.fd, &paths), 0);
        cr_assert_eq(paths.count, 2);
        cr_assert_str_eq(paths.items[0], "/opt/other");
        cr_assert_str_eq(paths.items[1], "/usr/bin/runner");
}

Test(boot_files, links_are_followed_and_files_counted_once)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList paths = { 0 };

        fixture_root_write(&root, "/usr/lib/systemd/systemd", "x");
        fixture_root_link(&root, "usr/lib", "/lib");
        fixture_root_write(&root, "/usr/sbin/x", "x");
        fixture_root_link(&root, "usr/sbin", "/sbin");
        fixture_root_link(&root, "/lib/systemd/systemd", "/usr/sbin/init");
        cr_assert_eq(boot_files_find(root.fd, &paths), 0);
        cr_assert_eq(paths.count, 1);
        cr_assert_str_eq(paths.items[0], "/usr/lib/systemd/systemd");
}

Test(boot_files, machine_of_the_test_has_a_shell_with_its_libraries)
{
        _cleanup_close_ int root = fs_open_root(NULL);
        _cleanup_strings_ StringList paths = { 0 };
        bool libc = false, loader = false;

        cr_assert_eq(boot_files_find(root, &paths), 0);
        for (size_t i = 0; i < paths.count; i++) {
                libc = libc || strstr(paths.items[i], "/libc.so");
                loader = loader || strstr(paths.items[i], "/ld-");
        }
        cr_assert(libc && loader);
}

Test(boot_files, loaded_modules_are_found_by_their_names)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList paths = { 0 };

        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, "/proc/modules", "snd_hda 1 0 - Live 0x0\nother 2 0\n");
        fixture_root_write(&root, "/lib/modules/6.1.0/modules.dep",
                        "kernel/snd-hda.ko.xz: kernel/soundcore.ko\nkernel/nic.ko:\n");
        fixture_root_write(&root, "/lib/modules/6.1.0/kernel/snd-hda.ko.xz", "");
        fixture_root_write(&root, "/lib/modules/6.1.0/kernel/nic.ko", "");
        cr_assert_eq(boot_files_find(root.fd, &paths), 0);
        cr_assert_eq(paths.count, 1);
        cr_assert_str_eq(paths.items[0], "/lib/modules/6.1.0/kernel/snd-hda.ko.xz");
}

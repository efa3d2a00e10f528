/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/kernel.h"

static void assert_value(const char *command_line, const char *name, const char *expected)
{
        _cleanup_free_ char *value = NULL;
        int r = kernel_command_line_get(command_line, name, &value);

        cr_assert_eq(r, expected ? 1 : 0, "%s in %s", name, command_line);
        if (expected)
                cr_assert_str_eq(value, expected);
}

Test(kernel, command_line_knows_quotes_and_the_last_one_wins)
{
        assert_value("quiet imad.policy=off ro", "imad.policy", "off");
        assert_value("imad.policy=off imad.policy=on", "imad.policy", "on");
        assert_value("ima_policy=\"tcb appraise_tcb\" x", "ima_policy", "tcb appraise_tcb");
        assert_value("\"ima_policy=tcb|x y\" imad.policy=off", "imad.policy", "off");
        assert_value("foo=\"imad.policy=off\"", "imad.policy", NULL);
        assert_value("ima_tcb", "ima_tcb", "");
        assert_value("ima-hash=sha1", "ima_hash", "sha1");
        assert_value("ximad.policy=off imad.policyx=off", "imad.policy", NULL);
        assert_value("", "imad.policy", NULL);
}

Test(kernel, release_names_cannot_leave_a_directory)
{
        cr_assert(kernel_release_is_valid("6.1.0-42-cloud-amd64"));
        cr_assert(kernel_release_is_valid("6.12.1+deb12~rc1"));
        cr_assert_not(kernel_release_is_valid(""));
        cr_assert_not(kernel_release_is_valid(".."));
        cr_assert_not(kernel_release_is_valid("a/b"));
        cr_assert_not(kernel_release_is_valid("a\nb"));
}

Test(kernel, installed_ones_are_merged_with_the_running_one)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList releases = { 0 };

        fixture_root_write(&root, "/lib/modules/6.1.0/modules.dep", "");
        fixture_root_write(&root, "/usr/lib/modules/6.1.0/modules.dep", "");
        fixture_root_write(&root, "/usr/lib/modules/6.12.1/modules.dep", "");
        fixture_root_write(&root, "/usr/lib/modules/README", "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.9.9\n");
        cr_assert_eq(kernel_list_installed(root.fd, &releases), 0);
        cr_assert_eq(releases.count, 3);
        cr_assert_str_eq(releases.items[0], "6.1.0");
        cr_assert_str_eq(releases.items[1], "6.12.1");
        cr_assert_str_eq(releases.items[2], "6.9.9");
}

Test(kernel, another_root_has_no_running_kernel)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        char *release = NULL;

        cr_assert_eq(kernel_get_release(root.fd, &release), -ENOENT);
}

Test(kernel, configuration_comes_from_boot_or_modules)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;

        cr_assert_eq(kernel_read_config(root.fd, "6.1.0", &text, &size, &path), -ENOENT);
        cr_assert_eq(kernel_read_config(root.fd, "../6.1.0", &text, &size, &path), -EINVAL);
        fixture_root_write(&root, "/usr/lib/modules/6.1.0/config", "CONFIG_IMA=y\n");
        cr_assert_eq(kernel_read_config(root.fd, "6.1.0", &text, &size, &path), 0);
        cr_assert_str_eq(text, "CONFIG_IMA=y\n");
        cr_assert_str_eq(path, "/usr/lib/modules/6.1.0/config");
}

static void copy_data(const FixtureRoot *root, const char *name, const char *path)
{
        _cleanup_close_ int data_fd = fs_open_root(getenv("TEST_DATA")), fd = -EBADF;
        _cleanup_free_ char *bytes = NULL;
        size_t size;

        fixture_root_write(root, path, "");
        fd = fs_open(root->fd, path, O_WRONLY, 0);
        cr_assert_eq(fs_read_file(data_fd, name, 65536, &bytes, &size), 0, "%s", name);
        cr_assert_eq(fs_write_all(fd, bytes, size), 0);
}

Test(kernel, running_kernel_shows_its_configuration_compressed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;

        copy_data(&root, "system/config.gz", "/proc/config.gz");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.9.9\n");
        cr_assert_eq(kernel_read_config(root.fd, "6.1.0", &text, &size, &path), -ENOENT,
                        "it speaks for the running kernel only");
        cr_assert_eq(kernel_read_config(root.fd, "6.9.9", &text, &size, &path), 0);
        cr_assert_str_eq(text, "CONFIG_IMA=y\nCONFIG_IMA_APPRAISE=y\n");
}

Test(kernel, damaged_compressed_configuration_is_malformed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        char *text = NULL, *path = NULL;
        size_t size;

        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.9.9\n");
        fixture_root_write(&root, "/proc/config.gz", "CONFIG_IMA=y\n");
        cr_assert_eq(kernel_read_config(root.fd, "6.9.9", &text, &size, &path), -EBADMSG);
        copy_data(&root, "system/config-cut.gz", "/proc/config.gz");
        cr_assert_eq(kernel_read_config(root.fd, "6.9.9", &text, &size, &path), -EBADMSG);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/users.h"

Test(users, another_root_is_asked_by_its_own_files)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        uint32_t id = 0;

        fixture_root_write(&root, "/etc/passwd",
                        "root:x:0:0::/:/bin/sh\nqueue:x:4242:4343::/:/bin/false\n");
        fixture_root_write(&root, "/etc/group", "queue:x:4343:\n");
        cr_assert_eq(users_find_user(root.fd, "queue", &id), 0);
        cr_assert_eq(id, 4242);
        cr_assert_eq(users_find_group(root.fd, "queue", &id), 0);
        cr_assert_eq(id, 4343);
        cr_assert_eq(users_find_user(root.fd, "nobody", &id), -ENOENT);
        cr_assert_eq(users_find_group(root.fd, "root", &id), -ENOENT);
}

Test(users, a_root_without_files_knows_nobody)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        uint32_t id;

        cr_assert_eq(users_find_user(root.fd, "root", &id), -ENOENT);
}

Test(users, this_system_answers_through_nss)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        uint32_t id = 7;

        cr_assert_eq(users_find_user(root_fd, "root", &id), 0);
        cr_assert_eq(id, 0);
        cr_assert_eq(users_find_user(root_fd, "no-such-user-of-imad", &id), -ENOENT);
}

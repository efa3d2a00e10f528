/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real process; only what it does at the end of its time is another. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "fixture-root.h"
#include "system/guardian.h"

#define PANIC "/proc/sys/kernel/panic"
#define LONG (3600 * USEC_PER_SEC)

static void expire(void)
{
        _exit(42);
}

static Guardian start(const FixtureRoot *root, usec_t boot_usec, usec_t confirm_usec)
{
        const GuardianPlan plan = { 1, boot_usec, confirm_usec, NULL, expire };
        Guardian guardian;

        cr_assert_eq(guardian_start(root->fd, &plan), 0);
        cr_assert_eq(guardian_load(root->fd, &guardian), 0);
        return guardian;
}

static int wait_exit(const Guardian *guardian)
{
        int status;

        cr_assert_eq(waitpid(guardian->pid, &status, 0), guardian->pid);
        cr_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

Test(guardian, acts_when_its_time_is_up)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian guardian = start(&root, 0, 0);

        cr_assert_eq(wait_exit(&guardian), 42);
}

Test(guardian, ends_when_the_boot_is_blessed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian guardian = start(&root, LONG, 0);

        cr_assert_eq(guardian_stop(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 0);
        cr_assert_eq(guardian_stop(root.fd), -ESRCH);
}

Test(guardian, waits_for_a_confirmation_after_the_blessing)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian guardian = start(&root, LONG, 0);

        cr_assert_eq(guardian_extend(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 42);
}

Test(guardian, expires_at_once_when_it_is_told)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian guardian = start(&root, LONG, 0);

        cr_assert_eq(guardian_expire(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 42);
}

Test(guardian, termination_does_not_touch_it)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian guardian = start(&root, LONG, 0);

        cr_assert_eq(kill(guardian.pid, SIGTERM), 0);
        cr_assert_eq(kill(guardian.pid, SIGHUP), 0);
        cr_assert_eq(guardian_stop(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 0);
}

Test(guardian, holds_no_descriptor)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int host = fs_open_root(NULL);
        _cleanup_strings_ StringList names = { 0 };
        Guardian guardian = start(&root, LONG, 0);
        char path[64];

        /* It closes them right after it has said that it is ready. */
        cr_assert_eq(guardian_stop(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 0);
        guardian = start(&root, LONG, 0);
        (void) snprintf(path, sizeof(path), "/proc/%d/fd", (int) guardian.pid);
        do {
                string_list_done(&names);
                names = (StringList){ 0 };
                cr_assert_eq(fs_list_directory(host, path, 100, &names), 0);
        } while (names.count > 0);
        cr_assert_eq(guardian_stop(root.fd), 0);
        cr_assert_eq(wait_exit(&guardian), 0);
}

Test(guardian, one_is_enough)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Guardian first = start(&root, LONG, 0), second = start(&root, LONG, 0);

        cr_assert_eq(first.pid, second.pid);
        cr_assert_eq(guardian_stop(root.fd), 0);
        cr_assert_eq(wait_exit(&first), 0);
}

Test(guardian, another_process_with_its_number_is_left_alone)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, GUARDIAN_PATH,
                        "{\"pid\":2,\"start_ticks\":12345678901,\"generation\":1,"
                        "\"confirm_usec\":0,\"deadline_usec\":0,\"panic\":false}");
        cr_assert_eq(guardian_stop(root.fd), -ESRCH);
        fixture_root_write(&root, GUARDIAN_PATH, "{\"pid\":1,");
        cr_assert_eq(guardian_stop(root.fd), -EBADMSG);
        fixture_root_write(&root, GUARDIAN_PATH,
                        "{\"pid\":1,\"start_ticks\":0,\"generation\":1,"
                        "\"confirm_usec\":0,\"deadline_usec\":0,\"panic\":false}");
        cr_assert_eq(guardian_stop(root.fd), -EBADMSG);
}

Test(guardian, panic_reboots_until_the_boot_is_blessed)
{
        static const struct {
                const char *before;
                const char *during;
                const char *after;
        } cases[] = {
                {"0\n",   "10",   "0"   },
                { "5\n",  "5\n",  "5\n" },
                { "-1\n", "-1\n", "-1\n"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = fixture_root_new();
                _cleanup_free_ char *during = NULL, *after = NULL;
                Guardian guardian;

                fixture_root_write(&root, PANIC, cases[i].before);
                guardian = start(&root, LONG, 0);
                cr_assert_eq(fs_read_file(root.fd, PANIC, 64, &during, NULL), 0);
                cr_assert_str_eq(during, cases[i].during);
                cr_assert_eq(guardian_restore_panic(root.fd), 0);
                cr_assert_eq(fs_read_file(root.fd, PANIC, 64, &after, NULL), 0);
                cr_assert_str_eq(after, cases[i].after);
                cr_assert_eq(guardian_stop(root.fd), 0);
                cr_assert_eq(wait_exit(&guardian), 0);
        }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture-root.h"
#include "system/dpkg.h"

static int load(const char *status, const char *diversions, Dpkg *ret_dpkg)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        if (status)
                fixture_root_write(&root, DPKG_STATUS, status);
        if (diversions)
                fixture_root_write(&root, DPKG_DIVERSIONS, diversions);
        return dpkg_load(root.fd, ret_dpkg);
}

Test(dpkg, packages_whose_files_are_there)
{
        static const char status[] =
                        "Package: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: "
                        "1\n\n"
                        "Package: b\nStatus: hold ok installed\nArchitecture: i386\nVersion: 2\n\n"
                        "Package: a\nStatus: install ok half-installed\nArchitecture: all\n"
                        "Version: 1\n\n"
                        "Package: c\nStatus: deinstall ok config-files\nArchitecture: all\n"
                        "Version: 1\n\n"
                        "Package: d\nStatus: install ok unpacked\nArchitecture: all\nVersion: 1\n";
        _cleanup_dpkg_ Dpkg dpkg = { 0 };

        cr_assert_eq(load(status, NULL, &dpkg), 0);
        cr_expect_eq(dpkg.n_packages, 3);
        cr_expect_str_eq(dpkg_find(&dpkg, "b", "i386")->version, "2");
        cr_expect_not_null(dpkg_find(&dpkg, "d", "all"));
        cr_expect_null(dpkg_find(&dpkg, "a", "all"));
        cr_expect_null(dpkg_find(&dpkg, "b", "all"));
}

Test(dpkg, diversions_are_for_all_but_the_one_who_made_them)
{
        _cleanup_dpkg_ Dpkg dpkg = { 0 };

        cr_assert_eq(load("", "/bin/sh\n/bin/sh.distrib\ndash\n/x\n/y\n:\n", &dpkg), 0);
        cr_expect_str_eq(dpkg_divert(&dpkg, "bash", "/bin/sh"), "/bin/sh.distrib");
        cr_expect_str_eq(dpkg_divert(&dpkg, "dash", "/bin/sh"), "/bin/sh");
        cr_expect_str_eq(dpkg_divert(&dpkg, "dash", "/x"), "/y");
        cr_expect_str_eq(dpkg_divert(&dpkg, "dash", "/z"), "/z");
}

Test(dpkg, a_malformed_or_missing_database_is_an_error)
{
        Dpkg dpkg = { 0 };

        cr_expect_eq(load(NULL, NULL, &dpkg), -ENOENT);
        cr_expect_eq(load("nonsense\n", NULL, &dpkg), -EBADMSG);
        cr_expect_eq(load("", "/bin/sh\n/bin/sh.distrib\n", &dpkg), -EBADMSG);
}

Test(dpkg, a_package_manager_at_work_holds_the_lock)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        _cleanup_close_ int fd = -EBADF;
        int ready[2];
        pid_t pid;
        char byte;

        cr_assert_not(dpkg_is_locked(root.fd), "without dpkg nothing is locked");
        fixture_root_write(&root, "/var/lib/dpkg/lock-frontend", "");
        cr_assert_not(dpkg_is_locked(root.fd));
        cr_assert_eq(pipe(ready), 0);
        pid = fork();
        if (pid == 0) {
                fd = fs_open(root.fd, "/var/lib/dpkg/lock-frontend", O_RDWR, 0);
                _exit(fcntl(fd, F_SETLK, &lock) < 0 || write(ready[1], "x", 1) != 1 || pause());
        }
        cr_assert_eq(read(ready[0], &byte, 1), 1);
        cr_expect(dpkg_is_locked(root.fd));
        cr_assert_eq(kill(pid, SIGKILL), 0);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        cr_expect_not(dpkg_is_locked(root.fd));
        (void) close(ready[0]);
        (void) close(ready[1]);
}

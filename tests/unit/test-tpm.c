/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

#include "config.h"
#include "fixture-network.h"
#include "fixture-root.h"
#include "system/tpm.h"

#if HAVE_TPM2
#include <tss2/tss2_tctildr.h>
#endif

#define SYSFS "/sys/class/tpm/tpm0"
#define ZEROS_20 "0000000000000000000000000000000000000000"

static FixtureRoot root;

static void setup(void)
{
        root = fixture_root_new();
}

static void teardown(void)
{
        fixture_root_done(&root);
}

TestSuite(tpm, .init = setup, .fini = teardown);

static Tpm *new_tpm(void)
{
        Tpm *tpm;

        cr_assert_eq(tpm_new(root.fd, TPM_TCTI, &tpm), 0);
        return tpm;
}

Test(tpm, sysfs_names_the_banks)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        HashAlgorithm banks[TPM_BANKS_MAX];
        size_t n;

        fixture_root_write(&root, SYSFS "/pcr-sha1/10", ZEROS_20 "\n");
        fixture_root_write(&root, SYSFS "/pcr-sha256/10", ZEROS_20 "\n");
        fixture_root_write(&root, SYSFS "/pcr-unheard/10", "00\n");
        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), 0);
        cr_assert_eq(n, 2);
        cr_assert_eq(banks[0], HASH_SHA1);
        cr_assert_eq(banks[1], HASH_SHA256);
        cr_assert_eq(tpm_get_source(tpm), TPM_SOURCE_SYSFS);
        cr_assert_eq(tpm_get_banks(tpm, banks, 1, &n), -E2BIG);
}

Test(tpm, sysfs_has_a_file_for_each_pcr)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        uint32_t count;

        for (unsigned pcr = 0; pcr < 17; pcr++) {
                _cleanup_free_ char *path = NULL;

                cr_assert_gt(asprintf(&path, SYSFS "/pcr-sha256/%u", pcr), 0);
                fixture_root_write(&root, path, "00\n");
        }
        cr_assert_eq(tpm_get_pcr_count(tpm, &count), 0);
        cr_expect_eq(count, 17);
}

Test(tpm, no_pcr_is_counted_without_a_tpm)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        uint32_t count;

        cr_expect_eq(tpm_get_pcr_count(tpm, &count), -ENODEV);
}

Test(tpm, sysfs_gives_the_values)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        Digest digest;

        fixture_root_write(
                        &root, SYSFS "/pcr-sha1/10", "A4ABD5A9544999A278F27F18197F475615D91607\n");
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), 0);
        cr_assert_eq(digest.algorithm, HASH_SHA1);
        cr_assert_eq(digest.size, 20);
        cr_assert_eq(digest.bytes[0], 0xa4);
        cr_assert_eq(digest.bytes[19], 0x07);
}

Test(tpm, a_bank_that_sysfs_lacks_is_not_allocated)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        Digest digest;

        fixture_root_write(&root, SYSFS "/pcr-sha1/10", ZEROS_20 "\n");
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA256, 10, &digest), -ENOENT);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 24, &digest), -ENOENT);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_ALGORITHM_INVALID, 10, &digest), -ENOENT);
}

Test(tpm, values_that_are_none_are_refused)
{
        static const char *const wrong[] = { "", "00\n", ZEROS_20 "00\n", "x" ZEROS_20 "\n" };
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        Digest digest;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                fixture_root_write(&root, SYSFS "/pcr-sha1/10", wrong[i]);
                cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -EIO, "case %zu", i);
        }
}

Test(tpm, without_a_device_there_is_no_tpm)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        HashAlgorithm banks[TPM_BANKS_MAX];
        Digest digest;
        size_t n;

        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), -ENODEV);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -ENODEV);
        cr_assert_eq(tpm_get_source(tpm), TPM_SOURCE_NONE);
        /* A TPM 1.2 has no such directories in sysfs, and no resource manager. */
        fixture_root_write(&root, SYSFS "/tpm_version_major", "1\n");
        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), -ENODEV);
}

Test(tpm, a_file_in_place_of_the_device_is_no_tpm)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        HashAlgorithm banks[TPM_BANKS_MAX];
        size_t n;

        fixture_root_write(&root, "/dev/tpmrm0", "");
        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), -ENODEV);
}

Test(tpm, a_tpm_that_appears_later_is_found)
{
        _cleanup_tpm_ Tpm *tpm = new_tpm();
        Digest digest;

        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -ENODEV);
        fixture_root_write(&root, SYSFS "/pcr-sha1/10", ZEROS_20 "\n");
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), 0);
}

Test(tpm, a_tcti_that_leaves_a_choice_is_refused)
{
        static const char *const wrong[] = { NULL, "", "device", "device:", "device:tpm0", "swtpm",
                "swtpm:", "mssim", "mssim:host=localhost", "tabrmd", "/usr/lib/libtcti.so" };
        Tpm *tpm;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_assert_eq(tpm_new(root.fd, wrong[i], &tpm), -EINVAL, "case %zu", i);
}

/* Somebody serves the port at which tpm2-tss's own search ends. Counts who connects. */
static int serve_fake_tpm(void)
{
        int fd = fixture_network_listen(2321);

        for (int i = 0; fd == -EADDRINUSE && i < 100; i++) {
                (void) poll(NULL, 0, 100);
                fd = fixture_network_listen(2321);
        }
        cr_assert_geq(fd, 0, "port 2321: %s", strerror(-fd));
        return fd;
}

static unsigned count_connections(int server, int timeout_ms)
{
        struct pollfd p = { .fd = server, .events = POLLIN };
        unsigned n = 0;

        while (poll(&p, 1, timeout_ms) > 0) {
                int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);

                if (fd >= 0)
                        (void) close(fd);
                n++;
        }
        return n;
}

Test(tpm, nobody_asks_the_fake_tpm_of_another_user, .timeout = 30)
{
        _cleanup_close_ int server = -EBADF, host = fs_open_root("/");
        HashAlgorithm banks[TPM_BANKS_MAX];
        size_t n;

        (void) fixture_network_isolate();
        server = serve_fake_tpm();
        {
                _cleanup_tpm_ Tpm *absent = new_tpm(), *broken = NULL;

                cr_assert_eq(tpm_get_banks(absent, banks, ELEMENTSOF(banks), &n), -ENODEV);
                /* A device that opens and gives no answer. */
                cr_assert_eq(tpm_new(host, "device:/dev/null", &broken), 0);
                if (!fs_exists(host, SYSFS))
                        cr_assert_lt(tpm_get_banks(broken, banks, ELEMENTSOF(banks), &n), 0);
        }
        cr_assert_eq(count_connections(server, 100), 0);
}

#if HAVE_TPM2
/* The control for the test above: the library's own search does come by. */
Test(tpm, the_librarys_search_would_ask_the_fake_tpm, .timeout = 30)
{
        _cleanup_close_ int server = -EBADF;
        pid_t pid;

        if (access("/dev/tpmrm0", F_OK) == 0 || access("/dev/tpm0", F_OK) == 0)
                cr_skip_test("the search ends at this machine's TPM");
        (void) fixture_network_isolate();
        server = serve_fake_tpm();
        pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
                TSS2_TCTI_CONTEXT *tcti = NULL;

                (void) setenv("TSS2_LOG", "all+none", 1);
                (void) Tss2_TctiLdr_Initialize(NULL, &tcti);
                _exit(0);
        }
        cr_assert_gt(count_connections(server, 2000), 0);
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
}
#endif

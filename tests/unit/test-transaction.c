/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-transaction.h"
#include "system/archive-allowance.h"

Test(transaction, signs_scripts_and_programs_of_an_archive)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        fixture_transaction_put(
                        "/var/lib/dpkg/tmp.ci/postinst", FIXTURE_SCRIPT, strlen(FIXTURE_SCRIPT));
        fixture_transaction_check_label(&root, "/var/lib/dpkg/tmp.ci/postinst", FIXTURE_SCRIPT);
        fixture_transaction_put("/usr/bin/a.dpkg-new", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(rename("/usr/bin/a.dpkg-new", "/usr/bin/a"), 0);
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
}

Test(transaction, signs_what_control_scripts_run)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        fixture_transaction_put(
                        "/var/lib/dpkg/tmp.ci/helper", FIXTURE_HELPER, strlen(FIXTURE_HELPER));
        fixture_transaction_check_label(&root, "/var/lib/dpkg/tmp.ci/helper", FIXTURE_HELPER);
}

Test(transaction, signs_what_debconf_runs_under_names_of_its_own)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fs_make_directories(root.fd, "/var/cache/debconf/tmp.ci", 0755), 0);
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        fixture_transaction_put("/var/cache/debconf/tmp.ci/b.config.AbCdEf", FIXTURE_CONFIG,
                        strlen(FIXTURE_CONFIG));
        fixture_transaction_put("/var/cache/debconf/tmp.ci/a.config.AbCdEf", FIXTURE_CONFIG,
                        strlen(FIXTURE_CONFIG));
        fixture_transaction_check_label(
                        &root, "/var/cache/debconf/tmp.ci/a.config.AbCdEf", FIXTURE_CONFIG);
        cr_assert_lt(getxattr("/var/cache/debconf/tmp.ci/b.config.AbCdEf", "security.ima", NULL, 0),
                        0);
}

Test(transaction, goes_on_without_what_nobody_vouches_for)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        root.settings.sign_unverified = false;
        root.settings.proceed_uncovered = true;
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), -EKEYREJECTED);
        transaction_leave_uncovered(root.transaction, "because");
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_report(&root, "uncovered", "[\"because\"]");
}

Test(transaction, follows_a_diversion)
{
        static const char diversions[] = "/usr/bin/a\n/usr/bin/a.real\nother\n";
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        fixture_transaction_put("/var/lib/dpkg/diversions", diversions, strlen(diversions));
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put("/usr/bin/a.real", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_check_label(&root, "/usr/bin/a.real", FIXTURE_PROGRAM);
}

Test(transaction, leaves_a_report)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *report = NULL;
        const char *name, *version;
        int labelled;
        size_t size;

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_assert_eq(fs_read_file(root.fd, TRANSACTION_STORE_DIRECTORY "/1.json", 65536, &text,
                                     &size),
                        0);
        cr_assert_eq(json_parse(text, size, &report), 0);
        cr_assert_eq(json_unpack(report, "{s:[{s:s, s:s}], s:i}", "packages", "name", &name,
                                     "version", &version, "labelled", &labelled),
                        0);
        cr_assert_str_eq(name, "a");
        cr_assert_str_eq(version, "1.0-1");
        cr_assert_eq(labelled, 1);
}

/* A rule for what the package "a" makes, which is installed by then. */
static void vouch(void)
{
        static const char rule[] = "vouch: 1\n"
                                   "rules:\n"
                                   "  - {id: made, path: /usr/lib/a/*.so, package: a}\n"
                                   "  - {id: other, path: /usr/lib/b/*.so, package: b}\n";
        static const char status[] = "Package: a\nStatus: install ok installed\n"
                                     "Architecture: all\nVersion: 1\n\n";
        _cleanup_close_ int root_fd = fs_open_root(NULL);

        cr_assert_eq(fs_make_directories(root_fd, "/usr/lib/imad/vouch.d", 0755), 0);
        cr_assert_eq(fs_make_directories(root_fd, "/usr/lib/a", 0755), 0);
        cr_assert_eq(fs_make_directories(root_fd, "/usr/lib/b", 0755), 0);
        fixture_transaction_put("/usr/lib/imad/vouch.d/10-a.yaml", rule, strlen(rule));
        fixture_transaction_put("/var/lib/dpkg/status", status, strlen(status));
}

static json_t *load_report(int root_fd)
{
        json_t *report = NULL;

        cr_assert_eq(transaction_store_load(root_fd, 1, &report), 0);
        return report;
}

static bool has_label(const char *path)
{
        return getxattr(path, "security.ima", NULL, 0) > 0;
}

Test(transaction, signs_at_its_end_what_a_rule_vouches_for)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path, *rule;

        vouch();
        fixture_transaction_put(
                        "/usr/lib/a/old.so", FIXTURE_PROGRAM "0", strlen(FIXTURE_PROGRAM "0"));
        (void) poll(NULL, 0, 20); /* longer than a tick of the clock that files have */
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put(
                        "/usr/lib/a/new.so", FIXTURE_PROGRAM "1", strlen(FIXTURE_PROGRAM "1"));
        fixture_transaction_put(
                        "/usr/lib/a/unnamed", FIXTURE_PROGRAM "2", strlen(FIXTURE_PROGRAM "2"));
        fixture_transaction_put("/usr/lib/b/not-installed.so", FIXTURE_PROGRAM "3",
                        strlen(FIXTURE_PROGRAM "3"));
        transaction_check(root.transaction);
        cr_assert_not(has_label("/usr/lib/a/new.so"), "not before the end");
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/lib/a/new.so", FIXTURE_PROGRAM "1");
        cr_expect_not(has_label("/usr/lib/a/old.so"));
        cr_expect_not(has_label("/usr/lib/a/unnamed"));
        cr_expect_not(has_label("/usr/lib/b/not-installed.so"));
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:s, s:s}]}", "vouched", "path", &path, "rule",
                                     &rule),
                        0);
        cr_assert_str_eq(path, "/usr/lib/a/new.so");
        cr_assert_str_eq(rule, "10-a/made");
        cr_assert_eq(json_array_size(json_object_get(report, "vouched")), 1);
}

Test(transaction, signs_at_its_end_a_copy_of_what_an_archive_has)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        vouch();
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put("/usr/lib/a/copy.so", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/lib/a/copy.so", FIXTURE_PROGRAM);
}

Test(transaction, does_not_vouch_for_what_others_may_change)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path, *error;

        vouch();
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put(
                        "/usr/lib/a/new.so", FIXTURE_PROGRAM "1", strlen(FIXTURE_PROGRAM "1"));
        cr_assert_eq(chown("/usr/lib/a/new.so", 65534, 0), 0);
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_expect_not(has_label("/usr/lib/a/new.so"));
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[], s:[{s:s, s:s}]}", "vouched", "skipped", "path",
                                     &path, "error", &error),
                        0);
        cr_assert_str_eq(path, "/usr/lib/a/new.so");
        cr_assert_str_eq(error, "does not belong to root, or others may write to it");
}

Test(transaction, names_that_dpkg_uses_meanwhile_are_labelled)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put("/usr/bin/a.dpkg-tmp", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_check_label(&root, "/usr/bin/a.dpkg-tmp", FIXTURE_PROGRAM);
        fixture_transaction_put("/usr/bin/a.dpkg-dist", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_check_label(&root, "/usr/bin/a.dpkg-dist", FIXTURE_PROGRAM);
}

Test(transaction, a_hard_link_has_the_label_of_its_file)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(link("/usr/bin/a", "/usr/bin/b"), 0);
        fixture_transaction_check_label(&root, "/usr/bin/b", FIXTURE_PROGRAM);
}

Test(transaction, a_system_below_the_host_is_not_the_host)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path;

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        cr_assert_eq(fs_make_directories(root.fd, "/srv/chroot/usr/bin", 0755), 0);
        fixture_transaction_put("/srv/chroot/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_expect_not(has_label("/srv/chroot/usr/bin/a"));
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:s}]}", "foreign", "path", &path), 0);
        cr_expect(string_ends_with(path, "/srv/chroot/usr/bin/a"));
}

Test(transaction, one_follows_the_other)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_free_ uint64_t *numbers = NULL;
        size_t count;

        for (int i = 0; i < 2; i++) {
                cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
                fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
                fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
                cr_assert_eq(transaction_end(root.transaction), 0);
                root.transaction = transaction_free(root.transaction);
                cr_assert_eq(unlink("/usr/bin/a"), 0);
        }
        cr_assert_eq(transaction_store_list(root.fd, &numbers, &count), 0);
        cr_assert_eq(count, 2);
}

/* The reasons name the archive or the key, and end in what to do. */
static void check_refused(
                FixtureTransaction *root, const char *archive, int error, const char *reason)
{
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(root, archive, &reasons), error);
        cr_assert_str_eq(reasons.data, reason);
        cr_assert_lt(transaction_get_fd(root->transaction), 0);
}

Test(transaction, an_archive_that_nobody_vouches_for_is_not_signed_for)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();

        root.settings.sign_unverified = false;
        check_refused(&root, "/a.deb", -EKEYREJECTED,
                        "/a.deb is listed in no index of apt; install it from a signed repository, "
                        "or let imactl transaction allow it");
}

static void allow(const FixtureTransaction *root, const char *archive)
{
        _cleanup_free_ char *bytes = NULL;
        Digest digest;
        size_t size;

        cr_assert_eq(fs_read_file(root->fd, archive, 1 << 20, &bytes, &size), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, bytes, size, &digest), 0);
        cr_assert_eq(archive_allowance_add(
                                     root->fd, &(ArchiveAllowance){ &digest, "/elsewhere.deb", NULL,
                                                               time_now(CLOCK_REALTIME) }),
                        0);
}

Test(transaction, an_archive_that_root_allows_is_signed_for)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        int allowed;

        allow(&root, "/a.deb");
        root.settings.sign_unverified = false;
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:b}]}", "packages", "allowed", &allowed), 0);
        cr_assert(allowed);
}

Test(transaction, an_archive_that_came_with_a_refused_one_is_signed_for_later)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_strings_ StringList archives = { 0 };
        _cleanup_buffer_ Buffer reasons = { 0 };

        fixture_transaction_put_other();
        allow(&root, "/a.deb");
        root.settings.sign_unverified = false;
        cr_assert_eq(fixture_transaction_cover(&root, "/b.deb", &reasons), -EKEYREJECTED);
        cr_assert_eq(string_list_add(&archives, "/a.deb"), 0);
        cr_assert_eq(string_list_add(&archives, "/b.deb"), 0);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), -EKEYREJECTED);
        allow(&root, "/b.deb");
        buffer_done(&reasons);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), 0, "%s",
                        reasons.data);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
}

Test(transaction, the_report_has_old_versions)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *old, *version;

        vouch(); /* version 1 of the package is installed */
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        cr_assert_eq(transaction_end(root.transaction), 0);
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:s, s:s}]}", "packages", "old_version", &old,
                                     "version", &version),
                        0);
        cr_assert_str_eq(old, "1");
        cr_assert_str_eq(version, "1.0-1");
}

Test(transaction, nothing_is_signed_without_a_key)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();

        cr_assert_eq(unlink("/key.pem"), 0);
        check_refused(&root, "/a.deb", -ENOENT,
                        "the signing key is not there; set SigningKey= in imad.conf(5)");
}

Test(transaction, nothing_is_covered_while_evm_is_active)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();

        cr_assert_eq(fs_make_directories(root.fd, "/sys/kernel/security", 0755), 0);
        fixture_transaction_put("/sys/kernel/security/evm", "2", 1);
        check_refused(&root, "/a.deb", -EPERM,
                        "EVM is active, and refuses new signatures; boot without it to change "
                        "packages");
}

Test(transaction, what_is_no_package_is_not_signed_for)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/key.pem", &reasons), -EKEYREJECTED);
        cr_assert_eq(strncmp(reasons.data, "/key.pem ", strlen("/key.pem ")), 0);
}

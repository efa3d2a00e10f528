/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole transaction in a root of its own: an archive, a key, and what dpkg would write. */
#include <sys/pidfd.h>

#include "base/json.h"
#include "core/signature/verifier.h"
#include "fixture-gate.h"
#include "fixture-key.h"
#include "fixture-package.h"
#include "helpers/imad-gate/journal-writer.h"
#include "helpers/imad-gate/transaction.h"
#include "system/archive-allowance.h"
#include "system/transaction-store.h"

#define SCRIPT "#!/bin/sh\necho hello\n"
#define CONFIG "#!/bin/sh\necho question\n"
#define HELPER "\177ELF of a helper"
#define PROGRAM "\177ELF of a program"

typedef struct Root {
        int fd;
        EVP_PKEY *key;
        Settings settings;
        Transaction *transaction;
} Root;

static const FixtureMember control[] = {
        {"./",          NULL,                                              S_IFDIR | 0755, NULL},
        { "./control",  "Package: a\nVersion: 1.0-1\nArchitecture: all\n", 0,              NULL},
        { "./postinst", SCRIPT,                                            S_IFREG | 0755, NULL},
        { "./config",   CONFIG,                                            S_IFREG | 0755, NULL},
        { "./helper",   HELPER,                                            S_IFREG | 0755, NULL},
        { NULL,         NULL,                                              0,              NULL},
};

static const FixtureMember data[] = {
        {"./usr/bin/a",        PROGRAM, S_IFREG | 0755, NULL},
        { "./usr/share/a.txt", "text",  0,              NULL},
        { NULL,                NULL,    0,              NULL},
};

static void put(const char *path, const void *bytes, size_t size)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

        cr_assert_geq(fd, 0, "%s: %m", path);
        cr_assert_eq(fs_write_all(fd, bytes, size), 0);
}

/* From here on the process sees two file systems only: this one and /proc. */
static void enter_root(void)
{
        char path[] = "/tmp/imad-transaction-XXXXXX";

        cr_assert_eq(unshare(CLONE_NEWNS), 0);
        cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        cr_assert_not_null(mkdtemp(path));
        cr_assert_eq(mount("none", path, "tmpfs", 0, "mode=0755"), 0);
        cr_assert_eq(chroot(path), 0);
        cr_assert_eq(chdir("/"), 0);
        cr_assert_eq(mkdir("/proc", 0755), 0);
        cr_assert_eq(mount("proc", "/proc", "proc", 0, NULL), 0);
}

static Root make_root(void)
{
        static FixtureArchive archive;
        _cleanup_free_ char *pem = NULL;
        Root root = { 0 };

        if (!fixture_gate_is_allowed())
                cr_skip_test("files can be watched by root only");
        root.key = fixture_key("rsa");
        enter_root();
        root.fd = fs_open_root(NULL);
        cr_assert_eq(fs_make_directories(root.fd, "/var/lib/dpkg/tmp.ci", 0755), 0);
        cr_assert_eq(fs_make_directories(root.fd, "/usr/bin", 0755), 0);
        fixture_archive_deb(&archive, "xz", ".xz", control, data);
        put("/a.deb", archive.bytes, archive.size);
        pem = fixture_key_to_pem(root.key, NULL);
        put("/key.pem", pem, strlen(pem));
        root.settings.sign_unverified = true;
        root.settings.signing_key = strdup("/key.pem");
        return root;
}

/* Of the same control scripts, without the program. */
static void put_other_archive(void)
{
        static FixtureArchive other;

        fixture_archive_deb(&other, "xz", ".xz", control, &data[1]);
        put("/b.deb", other.bytes, other.size);
}

static void root_done(Root *root)
{
        transaction_free(root->transaction);
        settings_done(&root->settings);
        EVP_PKEY_free(root->key);
        cleanup_closep(&root->fd);
}

#define _cleanup_transaction_root_ _cleanup_(root_done)

/* As if this process were the package manager. Returns what transaction_cover() does. */
static int cover(Root *root, const char *archive, Buffer *reasons)
{
        const TransactionSetup setup = { root->fd, &root->settings };
        PackageManager manager = { getpid(), pidfd_open(getpid(), 0), "dpkg", getpid() };
        _cleanup_strings_ StringList archives = { 0 };

        cr_assert_eq(string_list_add(&archives, archive), 0);
        cr_assert_eq(transaction_new(&setup, &manager, &root->transaction), 0);
        return transaction_cover(root->transaction, &archives, reasons);
}

/* Waits for the label, and checks it by the key. */
static void check_label(const Root *root, const char *path, const char *text)
{
        Certificate certificate = { .n_key_ids = 1, .key = root->key };
        const CertificateList certificates = { &certificate, 1 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        Signature signature;
        uint8_t value[1024];
        Digest digest;
        ssize_t n = -1;

        for (int i = 0; n < 0 && i < FIXTURE_GATE_PATIENCE / 10; i++) {
                transaction_check(root->transaction);
                n = getxattr(path, "security.ima", value, sizeof(value));
                (void) poll(NULL, 0, n < 0 ? 10 : 0);
        }
        cr_assert_gt(n, 0, "%s has no label", path);
        cr_assert_eq(certificate_hash_public_key(root->key, &certificate.key_ids[0]), 0);
        cr_assert_eq(signature_parse(value, (size_t) n, &signature), 0);
        cr_assert_eq(signature_verifier_new(&certificates, &verifier), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, text, strlen(text), &digest), 0);
        cr_assert_eq(signature_verifier_check(verifier, &signature, &digest),
                        SIGNATURE_VERDICT_GOOD);
}

Test(transaction, signs_scripts_and_programs_of_an_archive)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        put("/var/lib/dpkg/tmp.ci/postinst", SCRIPT, strlen(SCRIPT));
        check_label(&root, "/var/lib/dpkg/tmp.ci/postinst", SCRIPT);
        put("/usr/bin/a.dpkg-new", PROGRAM, strlen(PROGRAM));
        cr_assert_eq(rename("/usr/bin/a.dpkg-new", "/usr/bin/a"), 0);
        check_label(&root, "/usr/bin/a", PROGRAM);
}

Test(transaction, signs_what_control_scripts_run)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        put("/var/lib/dpkg/tmp.ci/helper", HELPER, strlen(HELPER));
        check_label(&root, "/var/lib/dpkg/tmp.ci/helper", HELPER);
}

Test(transaction, signs_what_debconf_runs_under_names_of_its_own)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fs_make_directories(root.fd, "/var/cache/debconf/tmp.ci", 0755), 0);
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        put("/var/cache/debconf/tmp.ci/b.config.AbCdEf", CONFIG, strlen(CONFIG));
        put("/var/cache/debconf/tmp.ci/a.config.AbCdEf", CONFIG, strlen(CONFIG));
        check_label(&root, "/var/cache/debconf/tmp.ci/a.config.AbCdEf", CONFIG);
        cr_assert_lt(getxattr("/var/cache/debconf/tmp.ci/b.config.AbCdEf", "security.ima", NULL, 0),
                        0);
}

static void check_report(const Root *root, const char *key, const char *expected)
{
        _cleanup_json_ json_t *report = NULL;
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(transaction_store_load(root->fd, 1, &report), 0);
        text = json_dumps(json_object_get(report, key), JSON_ENCODE_ANY | JSON_SORT_KEYS);
        cr_assert_str_eq(text, expected);
}

/* As one that is killed leaves it. */
static void leave(Root *root)
{
        cr_assert_eq(rename(TRANSACTION_JOURNAL_PATH, "/kept"), 0);
        cr_assert_eq(transaction_end(root->transaction), 0);
        root->transaction = transaction_free(root->transaction);
        cr_assert_eq(unlink(TRANSACTION_STORE_DIRECTORY "/1.json"), 0);
        cr_assert_eq(rename("/kept", TRANSACTION_JOURNAL_PATH), 0);
}

/* As the next imad-gate does after a power cut. */
static void resume(Root *root)
{
        const TransactionSetup setup = { root->fd, &root->settings };
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

        cr_assert_eq(transaction_journal_load(root->fd, &journal), 0);
        journal.owner_start++; /* that process has ended */
        cr_assert_eq(transaction_resume(&setup, &journal, &root->transaction), 0);
}

Test(transaction, goes_on_with_one_that_was_cut_short)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        leave(&root);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        resume(&root);
        cr_assert_lt(transaction_get_owner(root.transaction)->fd, 0);
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/bin/a", PROGRAM);
        check_report(&root, "interrupted", "true");
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

/* A journal whose signatures had not been made by the time of the power cut, and no key. */
static void leave_unsigned(Root *root)
{
        const PackageManager owner = { .pid = getpid(), .fd = -EBADF, .name = "dpkg" };
        _cleanup_label_table_ LabelTable *table = NULL;
        _cleanup_buffer_ Buffer packages = { 0 };
        const JournalHead head = { &owner, 7 * USEC_PER_SEC, &packages };
        JournalWriter writer;
        LabelNumber number;
        Digest digest;

        cr_assert_eq(transaction_journal_add_package(&packages, "a - 1.0-1 /a.deb", true), 0);
        cr_assert_eq(label_table_new(1 << 20, &table), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, PROGRAM, strlen(PROGRAM), &digest), 0);
        cr_assert_eq(label_table_add(table, strlen(PROGRAM), digest.bytes, "/usr/bin/a", &number),
                        0);
        cr_assert_eq(journal_writer_start(table, root->fd, &head, &writer), 0);
        journal_writer_done(&writer);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        cr_assert_eq(rename("/key.pem", "/hidden.pem"), 0);
}

static void find_key(void)
{
        cr_assert_eq(rename("/hidden.pem", "/key.pem"), 0);
}

Test(transaction, the_journal_stays_as_long_as_signatures_cannot_be_made)
{
        _cleanup_transaction_root_ Root root = make_root();

        leave_unsigned(&root);
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        root.transaction = transaction_free(root.transaction);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), 0);
        cr_assert_eq(access(TRANSACTION_STORE_DIRECTORY "/1.json", F_OK), -1, "not ended yet");
        find_key();
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/bin/a", PROGRAM);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

Test(transaction, the_next_one_signs_what_one_before_could_not)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        leave_unsigned(&root);
        cr_assert_eq(unlink("/a.deb"), 0);
        put_other_archive();
        find_key();
        cr_assert_eq(cover(&root, "/b.deb", &reasons), 0, "%s", reasons.data);
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/bin/a", PROGRAM);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

Test(transaction, one_that_is_not_covered_leaves_the_journal_of_another)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        leave_unsigned(&root);
        cr_assert_eq(cover(&root, "/a.deb", &reasons), -ENOENT);
        transaction_leave_uncovered(root.transaction, "because");
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), 0);
}

Test(transaction, what_was_known_of_it_outlives_a_cut)
{
        _cleanup_transaction_root_ Root root = make_root();

        leave_unsigned(&root);
        find_key();
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_report(&root, "begin_usec", "7000000");
        check_report(&root, "packages",
                        "[{\"allowed\": true, \"archive\": \"/a.deb\", \"name\": \"a\", "
                        "\"old_version\": null, \"version\": \"1.0-1\"}]");
}

Test(transaction, archives_that_come_later_are_in_the_journal)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_strings_ StringList archives = { 0 };
        _cleanup_buffer_ Buffer reasons = { 0 };
        size_t count = 0;

        put_other_archive();
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        cr_assert_eq(string_list_add(&archives, "/b.deb"), 0);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), 0);
        for (int i = 0; count < 2 && i < FIXTURE_GATE_PATIENCE / 10; i++) {
                _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

                cr_assert_eq(transaction_journal_load(root.fd, &journal), 0);
                count = journal.packages.count;
                (void) poll(NULL, 0, 10);
        }
        cr_assert_eq(count, 2);
}

Test(transaction, goes_on_without_what_nobody_vouches_for)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        root.settings.sign_unverified = false;
        root.settings.proceed_uncovered = true;
        cr_assert_eq(cover(&root, "/a.deb", &reasons), -EKEYREJECTED);
        transaction_leave_uncovered(root.transaction, "because");
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_report(&root, "uncovered", "[\"because\"]");
}

Test(transaction, follows_a_diversion)
{
        static const char diversions[] = "/usr/bin/a\n/usr/bin/a.real\nother\n";
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        put("/var/lib/dpkg/diversions", diversions, strlen(diversions));
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/bin/a.real", PROGRAM, strlen(PROGRAM));
        check_label(&root, "/usr/bin/a.real", PROGRAM);
}

Test(transaction, leaves_a_report)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *report = NULL;
        const char *name, *version;
        int labelled;
        size_t size;

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
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
        put("/usr/lib/imad/vouch.d/10-a.yaml", rule, strlen(rule));
        put("/var/lib/dpkg/status", status, strlen(status));
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
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path, *rule;

        vouch();
        put("/usr/lib/a/old.so", PROGRAM "0", strlen(PROGRAM "0"));
        (void) poll(NULL, 0, 20); /* longer than a tick of the clock that files have */
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/lib/a/new.so", PROGRAM "1", strlen(PROGRAM "1"));
        put("/usr/lib/a/unnamed", PROGRAM "2", strlen(PROGRAM "2"));
        put("/usr/lib/b/not-installed.so", PROGRAM "3", strlen(PROGRAM "3"));
        transaction_check(root.transaction);
        cr_assert_not(has_label("/usr/lib/a/new.so"), "not before the end");
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/lib/a/new.so", PROGRAM "1");
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
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        vouch();
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/lib/a/copy.so", PROGRAM, strlen(PROGRAM));
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/lib/a/copy.so", PROGRAM);
}

Test(transaction, does_not_vouch_for_what_others_may_change)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path, *error;

        vouch();
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/lib/a/new.so", PROGRAM "1", strlen(PROGRAM "1"));
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
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/bin/a.dpkg-tmp", PROGRAM, strlen(PROGRAM));
        check_label(&root, "/usr/bin/a.dpkg-tmp", PROGRAM);
        put("/usr/bin/a.dpkg-dist", PROGRAM, strlen(PROGRAM));
        check_label(&root, "/usr/bin/a.dpkg-dist", PROGRAM);
}

Test(transaction, a_hard_link_has_the_label_of_its_file)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        cr_assert_eq(link("/usr/bin/a", "/usr/bin/b"), 0);
        check_label(&root, "/usr/bin/b", PROGRAM);
}

Test(transaction, a_system_below_the_host_is_not_the_host)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *path;

        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
        cr_assert_eq(fs_make_directories(root.fd, "/srv/chroot/usr/bin", 0755), 0);
        put("/srv/chroot/usr/bin/a", PROGRAM, strlen(PROGRAM));
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        check_label(&root, "/usr/bin/a", PROGRAM);
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_expect_not(has_label("/srv/chroot/usr/bin/a"));
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:s}]}", "foreign", "path", &path), 0);
        cr_expect(string_ends_with(path, "/srv/chroot/usr/bin/a"));
}

Test(transaction, one_follows_the_other)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_free_ uint64_t *numbers = NULL;
        size_t count;

        for (int i = 0; i < 2; i++) {
                cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
                put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
                check_label(&root, "/usr/bin/a", PROGRAM);
                cr_assert_eq(transaction_end(root.transaction), 0);
                root.transaction = transaction_free(root.transaction);
                cr_assert_eq(unlink("/usr/bin/a"), 0);
        }
        cr_assert_eq(transaction_store_list(root.fd, &numbers, &count), 0);
        cr_assert_eq(count, 2);
}

/* The reasons name the archive or the key, and end in what to do. */
static void check_refused(Root *root, const char *archive, int error, const char *reason)
{
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(root, archive, &reasons), error);
        cr_assert_str_eq(reasons.data, reason);
        cr_assert_lt(transaction_get_fd(root->transaction), 0);
}

Test(transaction, an_archive_that_nobody_vouches_for_is_not_signed_for)
{
        _cleanup_transaction_root_ Root root = make_root();

        root.settings.sign_unverified = false;
        check_refused(&root, "/a.deb", -EKEYREJECTED,
                        "/a.deb is listed in no index of apt; install it from a signed repository, "
                        "or let imactl transaction allow it");
}

static void allow(const Root *root, const char *archive)
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
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        int allowed;

        allow(&root, "/a.deb");
        root.settings.sign_unverified = false;
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        cr_assert_eq(transaction_end(root.transaction), 0);
        check_label(&root, "/usr/bin/a", PROGRAM);
        report = load_report(root.fd);
        cr_assert_eq(json_unpack(report, "{s:[{s:b}]}", "packages", "allowed", &allowed), 0);
        cr_assert(allowed);
}

Test(transaction, an_archive_that_came_with_a_refused_one_is_signed_for_later)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_strings_ StringList archives = { 0 };
        _cleanup_buffer_ Buffer reasons = { 0 };

        put_other_archive();
        allow(&root, "/a.deb");
        root.settings.sign_unverified = false;
        cr_assert_eq(cover(&root, "/b.deb", &reasons), -EKEYREJECTED);
        cr_assert_eq(string_list_add(&archives, "/a.deb"), 0);
        cr_assert_eq(string_list_add(&archives, "/b.deb"), 0);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), -EKEYREJECTED);
        allow(&root, "/b.deb");
        buffer_done(&reasons);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), 0, "%s",
                        reasons.data);
        put("/usr/bin/a", PROGRAM, strlen(PROGRAM));
        check_label(&root, "/usr/bin/a", PROGRAM);
}

Test(transaction, the_report_has_old_versions)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };
        _cleanup_json_ json_t *report = NULL;
        const char *old, *version;

        vouch(); /* version 1 of the package is installed */
        cr_assert_eq(cover(&root, "/a.deb", &reasons), 0);
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
        _cleanup_transaction_root_ Root root = make_root();

        cr_assert_eq(unlink("/key.pem"), 0);
        check_refused(&root, "/a.deb", -ENOENT,
                        "the signing key is not there; set SigningKey= in imad.conf(5)");
}

Test(transaction, nothing_is_covered_while_evm_is_active)
{
        _cleanup_transaction_root_ Root root = make_root();

        cr_assert_eq(fs_make_directories(root.fd, "/sys/kernel/security", 0755), 0);
        put("/sys/kernel/security/evm", "2", 1);
        check_refused(&root, "/a.deb", -EPERM,
                        "EVM is active, and refuses new signatures; boot without it to change "
                        "packages");
}

Test(transaction, what_is_no_package_is_not_signed_for)
{
        _cleanup_transaction_root_ Root root = make_root();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(cover(&root, "/key.pem", &reasons), -EKEYREJECTED);
        cr_assert_eq(strncmp(reasons.data, "/key.pem ", strlen("/key.pem ")), 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole transaction in a root of its own: an archive, a key, and what dpkg would write. */
#pragma once

#include <sys/pidfd.h>

#include "base/json.h"
#include "core/signature/verifier.h"
#include "fixture-gate.h"
#include "fixture-key.h"
#include "fixture-package.h"
#include "helpers/imad-gate/transaction.h"
#include "system/transaction-store.h"

#define FIXTURE_SCRIPT "#!/bin/sh\necho hello\n"
#define FIXTURE_CONFIG "#!/bin/sh\necho question\n"
#define FIXTURE_HELPER "\177ELF of a helper"
#define FIXTURE_PROGRAM "\177ELF of a program"

typedef struct FixtureTransaction {
        int fd;
        EVP_PKEY *key;
        Settings settings;
        Transaction *transaction;
} FixtureTransaction;

static const FixtureMember fixture_control[] = {
        {"./",          NULL,                                              S_IFDIR | 0755, NULL},
        { "./control",  "Package: a\nVersion: 1.0-1\nArchitecture: all\n", 0,              NULL},
        { "./postinst", FIXTURE_SCRIPT,                                    S_IFREG | 0755, NULL},
        { "./config",   FIXTURE_CONFIG,                                    S_IFREG | 0755, NULL},
        { "./helper",   FIXTURE_HELPER,                                    S_IFREG | 0755, NULL},
        { NULL,         NULL,                                              0,              NULL},
};

static const FixtureMember fixture_data[] = {
        {"./usr/bin/a",        FIXTURE_PROGRAM, S_IFREG | 0755, NULL},
        { "./usr/share/a.txt", "text",          0,              NULL},
        { NULL,                NULL,            0,              NULL},
};

static inline void fixture_transaction_put(const char *path, const void *bytes, size_t size)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

        cr_assert_geq(fd, 0, "%s: %m", path);
        cr_assert_eq(fs_write_all(fd, bytes, size), 0);
}

static inline FixtureTransaction fixture_transaction_new(void)
{
        static FixtureArchive archive;
        _cleanup_free_ char *pem = NULL;
        FixtureTransaction root = { 0 };

        root.key = fixture_key("rsa");
        fixture_gate_enter_root();
        root.fd = fs_open_root(NULL);
        cr_assert_eq(fs_make_directories(root.fd, "/var/lib/dpkg/tmp.ci", 0755), 0);
        cr_assert_eq(fs_make_directories(root.fd, "/usr/bin", 0755), 0);
        fixture_archive_deb(&archive, "xz", ".xz", fixture_control, fixture_data);
        fixture_transaction_put("/a.deb", archive.bytes, archive.size);
        pem = fixture_key_to_pem(root.key, NULL);
        fixture_transaction_put("/key.pem", pem, strlen(pem));
        root.settings.sign_unverified = true;
        root.settings.signing_key = strdup("/key.pem");
        return root;
}

/* Of the same control scripts, without the program. */
static inline void fixture_transaction_put_other(void)
{
        static FixtureArchive other;

        fixture_archive_deb(&other, "xz", ".xz", fixture_control, &fixture_data[1]);
        fixture_transaction_put("/b.deb", other.bytes, other.size);
}

static inline void fixture_transaction_done(FixtureTransaction *root)
{
        transaction_free(root->transaction);
        settings_done(&root->settings);
        EVP_PKEY_free(root->key);
        cleanup_closep(&root->fd);
}

#define _cleanup_fixture_transaction_ _cleanup_(fixture_transaction_done)

/* As if this process were the package manager. Returns what transaction_cover() does. */
static inline int fixture_transaction_cover(
                FixtureTransaction *root, const char *archive, Buffer *reasons)
{
        const TransactionSetup setup = { root->fd, &root->settings };
        PackageManager manager = { getpid(), pidfd_open(getpid(), 0), "dpkg", getpid() };
        _cleanup_strings_ StringList archives = { 0 };

        cr_assert_eq(string_list_add(&archives, archive), 0);
        cr_assert_eq(transaction_new(&setup, &manager, &root->transaction), 0);
        return transaction_cover(root->transaction, &archives, reasons);
}

/* Waits for the label, and checks it by the key. */
static inline void fixture_transaction_check_label(
                const FixtureTransaction *root, const char *path, const char *text)
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

static inline void fixture_transaction_check_report(
                const FixtureTransaction *root, const char *key, const char *expected)
{
        _cleanup_json_ json_t *report = NULL;
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(transaction_store_load(root->fd, 1, &report), 0);
        text = json_dumps(json_object_get(report, key), JSON_ENCODE_ANY | JSON_SORT_KEYS);
        cr_assert_str_eq(text, expected);
}

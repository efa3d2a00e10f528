/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sidecars, which every user can make; labels are tested through imactl, as root. */
#include "system/signing.h"

#include "base/fs.h"
#include "fixture-key.h"

typedef struct Fixture {
        char directory[32];
        int root_fd;
        int path_fd;
        EVP_PKEY *pkey;
        SigningKey key;
        Certificate certificate;
        CertificateList certificates;
        SigningSettings settings;
        SigningTools tools;
} Fixture;

static void set_up(Fixture *f)
{
        _cleanup_free_ char *pem = NULL;

        *f = (Fixture){
                .directory = "/tmp/test-signing-XXXXXX",
                .pkey = fixture_key("P-256"),
                .settings = {.hash = HASH_SHA256, .sidecar = true}
        };
        pem = fixture_key_to_pem(f->pkey, NULL);
        cr_assert_not_null(mkdtemp(f->directory));
        f->root_fd = fs_open_root(f->directory);
        cr_assert_eq(fs_replace_file(f->root_fd, "file", "content", 7, 0644), 0);
        f->path_fd = fs_open(f->root_fd, "file", O_PATH | O_NOFOLLOW, 0);
        cr_assert_eq(signing_key_parse_pem(pem, strlen(pem), NULL, &f->key), 0);
        f->certificate = (Certificate){
                .key_ids = { f->key.key_id }, .n_key_ids = 1, .key = f->key.key
        };
        f->certificates = (CertificateList){ &f->certificate, 1 };
        cr_assert_eq(signer_new(&f->key, HASH_SHA256, &f->tools.signer), 0);
        cr_assert_eq(signature_verifier_new(&f->certificates, &f->tools.verifier), 0);
}

static void tear_down(Fixture *f)
{
        _cleanup_close_ int host = fs_open_root("/");

        signer_free(f->tools.signer);
        signature_verifier_free(f->tools.verifier);
        signing_key_done(&f->key);
        EVP_PKEY_free(f->pkey);
        (void) close(f->path_fd);
        (void) close(f->root_fd);
        (void) fs_remove_tree(host, f->directory);
}

static SigningResult sign(const Fixture *f)
{
        SigningResult result;

        cr_assert_eq(signing_sign_file(&f->settings, &f->tools, f->root_fd, "file", f->path_fd,
                                     &result),
                        0);
        return result;
}

static SigningCheck check(const Fixture *f)
{
        SigningCheck c;

        cr_assert_eq(signing_check_file(
                                     true, f->tools.verifier, f->root_fd, "file", f->path_fd, &c),
                        0);
        return c;
}

Test(signing, a_signed_file_is_good_and_kept)
{
        Fixture f;

        set_up(&f);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_UNSIGNED);
        cr_expect_eq(sign(&f), SIGNING_SIGNED);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_GOOD);
        cr_expect_eq(check(&f).key_id, f.key.key_id);
        cr_expect_eq(sign(&f), SIGNING_KEPT);
        tear_down(&f);
}

Test(signing, a_changed_file_is_bad_and_signed_again)
{
        Fixture f;
        int fd;

        set_up(&f);
        (void) sign(&f);
        fd = fs_open(f.root_fd, "file", O_WRONLY, 0);
        cr_assert_eq(write(fd, "C", 1), 1);
        (void) close(fd);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_BAD);
        cr_expect_eq(sign(&f), SIGNING_SIGNED);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_GOOD);
        tear_down(&f);
}

Test(signing, a_damaged_sidecar_is_replaced)
{
        Fixture f;

        set_up(&f);
        cr_assert_eq(fs_replace_file(f.root_fd, "file.sig", "\x03\x02\x04", 3, 0644), 0);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_BAD);
        cr_expect_eq(sign(&f), SIGNING_SIGNED);
        cr_expect_eq(check(&f).ima, SIGNATURE_VERDICT_GOOD);
        tear_down(&f);
}

Test(signing, a_dry_run_changes_nothing)
{
        Fixture f;

        set_up(&f);
        f.settings.dry_run = true;
        cr_expect_eq(sign(&f), SIGNING_SIGNED);
        cr_expect_not(fs_exists(f.root_fd, "file.sig"));
        tear_down(&f);
}

Test(signing, removal_says_whether_there_was_something)
{
        Fixture f;

        set_up(&f);
        cr_expect_eq(signing_remove_sidecar(false, f.root_fd, "file"), 0);
        (void) sign(&f);
        cr_expect_eq(signing_remove_sidecar(false, f.root_fd, "file"), 1);
        cr_expect_not(fs_exists(f.root_fd, "file.sig"));
        tear_down(&f);
}

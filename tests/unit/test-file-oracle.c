/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What needs no label, which only root can set; the rest is tested through imactl, as root. */
#include "system/file-oracle.h"

#include "fixture-policy.h"
#include "fixture-root.h"

typedef struct Fixture {
        CertificateList certificates;
        SignatureVerifier *verifier;
        FileOracle oracle;
        AppraisalOracle ask;
} Fixture;

/* The key has signed nothing here. */
static void set_up(Fixture *f)
{
        _cleanup_free_ char *path = fixture_path("%s/signatures/cert-rsa.pem", getenv("TEST_DATA"));
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *pem = NULL;
        size_t size;

        *f = (Fixture){ 0 };
        pem = fixture_read(path, &size);
        cr_assert_eq(certificate_list_parse(&f->certificates, pem, size, &diags, path), 0);
        cr_assert_eq(signature_verifier_new(&f->certificates, &f->verifier), 0);
        f->oracle.verifier = f->verifier;
        f->ask = file_oracle_get_functions(&f->oracle);
}

static void tear_down(Fixture *f)
{
        signature_verifier_free(f->verifier);
        certificate_list_done(&f->certificates);
}

static int ask_appended(Fixture *f, const char *name)
{
        _cleanup_free_ char *path =
                        fixture_path("%s/signature/modsig/%s", getenv("TEST_DATA"), name);
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
        const AppraisalFile file = { 0 };
        const Request request = { .func = RULE_FUNC_MODULE_CHECK };

        cr_assert_geq(fd, 0, "%s", path);
        file_oracle_set_file(&f->oracle, fd);
        return f->ask.verify_appended(&f->oracle, &file, &request);
}

Test(file_oracle, appended_signatures_of_unknown_keys)
{
        Fixture f;

        set_up(&f);
        cr_expect_eq(ask_appended(&f, "modsig"), -EKEYREJECTED);
        cr_expect_eq(ask_appended(&f, "none"), -ENODATA);
        cr_expect_eq(ask_appended(&f, "tr-algo"), -ENODATA);
        tear_down(&f);
}

Test(file_oracle, without_certificates_nobody_knows)
{
        Fixture f;

        set_up(&f);
        f.oracle.verifier = NULL;
        cr_expect_eq(ask_appended(&f, "modsig"), -ENOKEY);
        cr_expect_eq(ask_appended(&f, "none"), -ENODATA);
        tear_down(&f);
}

Test(file_oracle, a_digest_is_that_of_the_file_at_hand)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int one = -EBADF, two = -EBADF;
        Digest digest, expected;
        Fixture f;

        set_up(&f);
        fixture_root_write(&root, "/one", "1");
        fixture_root_write(&root, "/two", "22");
        one = fs_open(root.fd, "/one", O_PATH, 0);
        two = fs_open(root.fd, "/two", O_PATH, 0);
        file_oracle_set_file(&f.oracle, one);
        cr_assert_eq(f.ask.digest(&f.oracle, HASH_SHA256, false, &digest), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, "1", 1, &expected), 0);
        cr_expect(digest_equal(&digest, &expected));
        cr_assert_eq(f.ask.digest(&f.oracle, HASH_SHA1, false, &digest), 0);
        cr_expect_eq(digest.algorithm, HASH_SHA1);
        file_oracle_set_file(&f.oracle, two);
        cr_assert_eq(f.ask.digest(&f.oracle, HASH_SHA1, false, &digest), 0);
        cr_assert_eq(digest_compute(HASH_SHA1, "22", 2, &expected), 0);
        cr_expect(digest_equal(&digest, &expected));
        cr_expect_lt(f.ask.digest(&f.oracle, HASH_SHA256, true, &digest), 0);
        tear_down(&f);
}

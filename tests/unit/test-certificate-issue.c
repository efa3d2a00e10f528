/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/certificate-issue.h"

#include <openssl/x509v3.h>
#include <time.h>

#include "core/signature/certificate-check.h"
#include "core/signature/key-file.h"
#include "fixture-key.h"

typedef struct Fixture {
        EVP_PKEY *ca_key, *key;
        X509 *ca, *certificate;
} Fixture;

static X509 *issue(bool is_ca, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key)
{
        const CertificateOrder order = { is_ca ? "CA" : "signer", is_ca, (int64_t) time(NULL) - 60,
                (int64_t) time(NULL) + 3600 };
        X509 *x509 = NULL;

        cr_assert_eq(certificate_issue(&order, key, &(CertificateIssuer){ ca, ca_key }, &x509), 0);
        return x509;
}

static Fixture set_up(const char *kind)
{
        Fixture f = { .ca_key = fixture_key(kind), .key = fixture_key(kind) };

        f.ca = issue(true, f.ca_key, NULL, f.ca_key);
        f.certificate = issue(false, f.key, f.ca, f.ca_key);
        return f;
}

static void tear_down(Fixture *f)
{
        EVP_PKEY_free(f->ca_key);
        EVP_PKEY_free(f->key);
        X509_free(f->ca);
        X509_free(f->certificate);
}

static void load(X509 *x509, CertificateList *list)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ uint8_t *der = NULL;
        size_t size;

        cr_assert_eq(certificate_format_der(x509, &der, &size), 0);
        cr_assert_eq(certificate_list_parse(list, der, size, &diags, "certificate"), 0);
}

Test(certificate_issue, the_strictest_kernel_finds_nothing_wrong_with_a_signers_certificate)
{
        static const char *const kinds[] = { "rsa", "P-256", "P-384" };
        const CertificateDemands demands = {
                .trusted = true, .usage = true, .strict = true, .now = time(NULL)
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_certificates_ CertificateList list = { 0 };
                CertificateFinding findings[CERTIFICATE_FINDINGS_MAX];
                Fixture f = set_up(kinds[i]);

                load(f.certificate, &list);
                cr_expect_eq(certificate_check(&list.items[0], &demands, findings), 0, "%s: %s",
                                kinds[i], findings[0].name);
                cr_expect_eq(X509_verify(f.certificate, f.ca_key), 1);
                tear_down(&f);
        }
}

Test(certificate_issue, extensions_are_those_that_kernels_look_at)
{
        Fixture f = set_up("P-256");
        const ASN1_OCTET_STRING *authority = X509_get0_authority_key_id(f.certificate),
                                *ca = X509_get0_subject_key_id(f.ca);

        cr_assert(authority && ca);
        cr_expect_eq(ASN1_OCTET_STRING_cmp(authority, ca), 0);
        cr_expect_eq(X509_get_key_usage(f.certificate), KU_DIGITAL_SIGNATURE);
        cr_expect_eq(X509_get_key_usage(f.ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
        cr_expect_eq(X509_check_ca(f.ca), 1);
        cr_expect_eq(X509_check_ca(f.certificate), 0);
        cr_expect_eq(X509_get_ext_count(f.certificate), 4);
        tear_down(&f);
}

Test(certificate_issue, only_a_ca_with_its_own_key_issues)
{
        const CertificateOrder order = { "x", false, 0, 3600 };
        Fixture f = set_up("P-256");
        X509 *x509;

        cr_expect_eq(certificate_issue(&order, f.key, &(CertificateIssuer){ f.ca, f.key }, &x509),
                        -EKEYREJECTED);
        cr_expect_eq(certificate_issue(&order, f.key, &(CertificateIssuer){ f.certificate, f.key },
                                     &x509),
                        -EMEDIUMTYPE);
        tear_down(&f);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/certificate-check.h"

#include "base/strings.h"
#include "fixture-key.h"

static const CertificateDemands trusting = { 0 },
                                demanding = { .trusted = true, .usage = true, .strict = true };

/* The name of the finding that makes the kernel refuse it, "" for none; several: "many". */
static const char *check(const char *kind, const FixtureCertificate *wanted,
                const CertificateDemands *demands, size_t *ret_n)
{
        _cleanup_certificates_ CertificateList list = { 0 };
        CertificateFinding findings[CERTIFICATE_FINDINGS_MAX];
        _cleanup_diags_ DiagList diags = { 0 };
        EVP_PKEY *key = fixture_key(kind);
        _cleanup_free_ char *pem = fixture_certificate_with(key, wanted);
        const char *refusal = "";

        cr_assert_eq(certificate_list_parse(&list, pem, strlen(pem), &diags, "certificate"), 0);
        *ret_n = certificate_check(&list.items[0], demands, findings);
        for (size_t i = 0; i < *ret_n; i++)
                if (findings[i].is_refusal)
                        refusal = *refusal ? "many" : findings[i].name;
        cr_expect_eq(certificate_is_refused(findings, *ret_n), *refusal != '\0');
        EVP_PKEY_free(key);
        return refusal;
}

/* As a CA that the kernel trusts would have signed it, with these extensions beside the SKI. */
static const char *check_extensions(const CertificateDemands *demands, const char *usage,
                const char *constraints, size_t *ret_n)
{
        EVP_PKEY *ca = fixture_key("P-256");
        const char *extensions[] = { "subjectKeyIdentifier", "hash", NULL, NULL, NULL, NULL, NULL };
        const char *refusal;
        size_t n = 2;

        if (usage) {
                extensions[n++] = "keyUsage";
                extensions[n++] = usage;
        }
        if (constraints) {
                extensions[n++] = "basicConstraints";
                extensions[n++] = constraints;
        }
        refusal = check("P-256", &(FixtureCertificate){ .issuer = ca, .extensions = extensions },
                        demands, ret_n);
        EVP_PKEY_free(ca);
        return refusal;
}

Test(certificate_check, the_usage_counts_for_trusted_keyrings)
{
        static const struct {
                const char *usage, *constraints, *refusal;
        } cases[] = {
                {"critical,digitalSignature",     NULL,             ""                    },
                { "digitalSignature,cRLSign",     NULL,             ""                    },
                { "digitalSignature",             "CA:TRUE",        "ca"                  },
                { "digitalSignature,keyCertSign", NULL,             "ca"                  },
                { "nonRepudiation",               NULL,             "no-digital-signature"},
                { NULL,                           NULL,             "no-digital-signature"},
                { "digitalSignature",             "CA:FALSE",       ""                    },
                { "digitalSignature",             "DER:3003010100", "explicit-false"      },
        };
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_str_eq(check_extensions(&demanding, cases[i].usage, cases[i].constraints,
                                                 &n),
                                cases[i].refusal, "%zu", i);
}

Test(certificate_check, older_and_ordinary_keyrings_only_warn_of_the_usage)
{
        size_t n;

        cr_expect_str_eq(check_extensions(&trusting, NULL, "CA:TRUE", &n), "");
        cr_expect_eq(n, 2);
}

Test(certificate_check, self_signed_ones_enter_no_trusted_keyring)
{
        static const char *const extensions[] = { "subjectKeyIdentifier", "hash", "keyUsage",
                "digitalSignature", NULL };
        const FixtureCertificate wanted = { .extensions = extensions };
        size_t n;

        cr_expect_str_eq(check("P-256", &wanted, &demanding, &n), "self-signed");
        cr_expect_str_eq(check("P-256", &wanted, &trusting, &n), "");
        cr_expect_eq(n, 0);
}

Test(certificate_check, kernels_find_keys_by_their_ski)
{
        size_t n;

        cr_expect_str_eq(check("P-256", &(FixtureCertificate){ 0 }, &trusting, &n), "no-ski");
}

Test(certificate_check, the_algorithm_must_be_one_of_this_kernel)
{
        static const char *const extensions[] = { "subjectKeyIdentifier", "hash", NULL };
        const FixtureCertificate wanted = { .extensions = extensions };
        const CertificateDemands old = { .no_ecdsa = true }, middle = { .no_p521 = true };
        size_t n;

        cr_expect_str_eq(check("secp256k1", &wanted, &trusting, &n), "algorithm");
        cr_expect_str_eq(check("P-256", &wanted, &old, &n), "no-ecdsa");
        cr_expect_str_eq(check("rsa", &wanted, &old, &n), "");
        cr_expect_str_eq(check("P-521", &wanted, &middle, &n), "no-p521");
        cr_expect_str_eq(check("P-521", &wanted, &trusting, &n), "");
}

Test(certificate_check, expiry_is_a_warning_since_kernels_do_not_look)
{
        static const char *const extensions[] = { "subjectKeyIdentifier", "hash", "keyUsage",
                "digitalSignature", NULL };
        const FixtureCertificate old = { .extensions = extensions, .begins = -7200, .ends = -3600 },
                                 early = { .extensions = extensions, .begins = 3000 };
        const CertificateDemands today = { .now = time(NULL) };
        size_t n;

        cr_expect_str_eq(check("P-256", &old, &today, &n), "");
        cr_expect_eq(n, 1);
        cr_expect_str_eq(check("P-256", &early, &today, &n), "");
        cr_expect_eq(n, 1);
        cr_expect_str_eq(check("P-256", &old, &trusting, &n), "");
        cr_expect_eq(n, 0);
}

static CertificateDemands demands_of(const char *release, const char *text)
{
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        _cleanup_(target_freep) Target *target = NULL;

        cr_assert_eq(kconfig_parse(text, strlen(text), &config), 0);
        cr_assert_eq(target_new(release, config, &target), 0);
        return certificate_demands_of_target(target, 0);
}

Test(certificate_check, demands_are_those_of_the_kernel)
{
        CertificateDemands debian_12 = demands_of("6.1.0-40-amd64",
                                           "# CONFIG_INTEGRITY_TRUSTED_KEYRING is not set\n"
                                           "# CONFIG_CRYPTO_ECDSA is not set\n"),
                           full = demands_of("6.12.117", "CONFIG_INTEGRITY_TRUSTED_KEYRING=y\n"
                                                         "CONFIG_CRYPTO_ECDSA=y\n");

        cr_expect(debian_12.no_ecdsa && debian_12.no_p521);
        cr_expect_not(debian_12.trusted || debian_12.usage || debian_12.strict);
        cr_expect(full.trusted && full.usage && full.strict);
        cr_expect_not(full.no_ecdsa || full.no_p521);
}

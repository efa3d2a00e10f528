/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/certificate-check.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/strings.h"

CertificateDemands certificate_demands_of_target(const Target *target, int64_t now)
{
        /* restrict_link_by_digsig_*(), and P-521 in crypto/ecdsa.c. */
        static const uint32_t usage_since[] = { 6, 6 }, p521_since[] = { 6, 10 };
        bool trusted = key_trust_of_target(target) > KEY_TRUST_NONE,
             digsig = target_compare_grammar(target, usage_since, 2) >= 0;

        return (CertificateDemands){
                .trusted = trusted,
                .usage = trusted && digsig,
                .no_ecdsa = target_has_config(target, "CRYPTO_ECDSA") == 0,
                .no_p521 = target_compare_grammar(target, p521_since, 2) < 0,
                .strict = digsig,
                .now = now,
        };
}

static bool has_curve(const Certificate *certificate, const char *wanted)
{
        char curve[64];

        return EVP_PKEY_is_a(certificate->key, "EC") &&
               EVP_PKEY_get_group_name(certificate->key, curve, sizeof(curve), NULL) == 1 &&
               string_equal(curve, wanted);
}

static bool lacks_ski(const Certificate *certificate, const CertificateDemands *demands)
{
        uint32_t id;

        return certificate_find_subject_key_id(certificate, &id) < 0;
}

static bool has_unknown_algorithm(const Certificate *certificate, const CertificateDemands *demands)
{
        return !certificate_key_is_supported(certificate->key, HASH_SHA256);
}

static bool lacks_ecdsa(const Certificate *certificate, const CertificateDemands *demands)
{
        return demands->no_ecdsa && EVP_PKEY_is_a(certificate->key, "EC");
}

static bool lacks_p521(const Certificate *certificate, const CertificateDemands *demands)
{
        return demands->no_p521 && has_curve(certificate, SN_secp521r1);
}

/* x509_note_sig_algo() knows RSA PKCS#1 v1.5 and ECDSA with the SHA family. */
static bool is_signed_otherwise(const Certificate *certificate, const CertificateDemands *demands)
{
        static const int known[] = { NID_sha1WithRSAEncryption, NID_sha224WithRSAEncryption,
                NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
                NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA1, NID_ecdsa_with_SHA224,
                NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384, NID_ecdsa_with_SHA512 };
        int nid = X509_get_signature_nid(certificate->x509);

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (known[i] == nid)
                        return false;
        return true;
}

/* `30 03 01 01 00`: FALSE is the default, which DER leaves out. */
static bool has_explicit_false(const Certificate *certificate, const CertificateDemands *demands)
{
        static const uint8_t encoded[] = { 0x30, 0x03, 0x01, 0x01, 0x00 };
        int at = X509_get_ext_by_NID(certificate->x509, NID_basic_constraints, -1);
        const ASN1_OCTET_STRING *value;

        if (at < 0)
                return false;
        value = X509_EXTENSION_get_data(X509_get_ext(certificate->x509, at));
        return ASN1_STRING_length(value) == (int) sizeof(encoded) &&
               memcmp(ASN1_STRING_get0_data(value), encoded, sizeof(encoded)) == 0;
}

/* UINT32_MAX stands for no keyUsage at all, which these kernels do not take for all of them. */
static bool has_usage(const Certificate *certificate, uint32_t usage)
{
        uint32_t all = X509_get_key_usage(certificate->x509);

        return all != UINT32_MAX && (all & usage);
}

static bool lacks_digital_signature(
                const Certificate *certificate, const CertificateDemands *demands)
{
        return !has_usage(certificate, KU_DIGITAL_SIGNATURE);
}

static bool is_ca(const Certificate *certificate, const CertificateDemands *demands)
{
        return (X509_get_extension_flags(certificate->x509) & EXFLAG_CA) ||
               has_usage(certificate, KU_KEY_CERT_SIGN);
}

static bool is_self_issued(const Certificate *certificate, const CertificateDemands *demands)
{
        return demands->trusted && X509_NAME_cmp(X509_get_subject_name(certificate->x509),
                                                   X509_get_issuer_name(certificate->x509)) == 0;
}

bool certificate_is_expired(const Certificate *certificate, int64_t now)
{
        return certificate->x509 &&
               ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate->x509), (time_t) now) < 0;
}

static bool is_expired(const Certificate *certificate, const CertificateDemands *demands)
{
        return demands->now > 0 && certificate_is_expired(certificate, demands->now);
}

static bool is_early(const Certificate *certificate, const CertificateDemands *demands)
{
        return demands->now > 0 && ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate->x509),
                                                   (time_t) demands->now) > 0;
}

/* When a fault is a refusal: always, where the usage counts, where parsing is strict, or never. */
typedef enum Weight {
        ALWAYS,
        WITH_USAGE,
        WHERE_STRICT,
        NEVER
} Weight;

/* clang-format off */
static const struct {
        bool (*is_found)(const Certificate *certificate, const CertificateDemands *demands);
        Weight weight;
        CertificateFinding finding;
} faults[] = {
        { has_unknown_algorithm, ALWAYS,
          { .name = "algorithm", .reason = "no kernel verifies with such a key",
            .hint = "use RSA, or a key on P-256, P-384 or P-521" } },
        { lacks_ecdsa, ALWAYS,
          { .name = "no-ecdsa", .reason = "this kernel was built without CONFIG_CRYPTO_ECDSA",
            .hint = "use an RSA key" } },
        { lacks_p521, ALWAYS,
          { .name = "no-p521", .reason = "this kernel does not know the curve P-521",
            .hint = "use P-256 or P-384, or Linux 6.10 or later" } },
        { is_signed_otherwise, ALWAYS,
          { .name = "certificate-signature",
            .reason = "it is signed with an algorithm that kernels do not know",
            .hint = "sign it with RSA (PKCS#1 v1.5) or ECDSA, and sha256" } },
        { lacks_ski, ALWAYS,
          { .name = "no-ski", .reason = "it has no SubjectKeyIdentifier, by which kernels find keys",
            .hint = "make one with the extension subjectKeyIdentifier=hash" } },
        { has_explicit_false, WHERE_STRICT,
          { .name = "explicit-false",
            .reason = "its basicConstraints says CA:FALSE in full, which kernels since 6.6 take for "
                      "malformed",
            .hint = "make one whose basicConstraints is an empty sequence, or has none" } },
        { lacks_digital_signature, WITH_USAGE,
          { .name = "no-digital-signature",
            .reason = "its keyUsage lacks digitalSignature, which trusted keyrings ask for since 6.6",
            .hint = "make one with the extension keyUsage=critical,digitalSignature" } },
        { is_ca, WITH_USAGE,
          { .name = "ca",
            .reason = "it is that of a CA, which trusted keyrings do not take since 6.6",
            .hint = "sign files with a key of its own, certified by the CA" } },
        { is_self_issued, ALWAYS,
          { .name = "self-signed",
            .reason = "it is self-signed, and the keyring of this kernel takes only what a trusted "
                      "key has signed",
            .hint = "have it signed by a CA that is built in or enrolled" } },
        { is_expired, NEVER,
          { .name = "expired", .reason = "it has expired, which kernels do not look at",
            .hint = "make a new one: verifiers that know the time refuse it" } },
        { is_early, NEVER,
          { .name = "not-yet-valid", .reason = "it is not valid yet, which kernels do not look at",
            .hint = "check the clock of this machine" } },
};
/* clang-format on */
_Static_assert(ELEMENTSOF(faults) <= CERTIFICATE_FINDINGS_MAX, "raise CERTIFICATE_FINDINGS_MAX");

size_t certificate_check(const Certificate *certificate, const CertificateDemands *demands,
                CertificateFinding ret_findings[static CERTIFICATE_FINDINGS_MAX])
{
        const bool counts[] = {
                [ALWAYS] = true,
                [WITH_USAGE] = demands->usage,
                [WHERE_STRICT] = demands->strict,
                [NEVER] = false,
        };
        size_t n = 0;

        if (!certificate->x509) {
                ret_findings[0] = (CertificateFinding){ "no-certificate", true,
                        "it is a bare public key, and kernels take X.509 certificates",
                        "make a certificate for it" };
                return 1;
        }
        for (size_t i = 0; i < ELEMENTSOF(faults); i++) {
                if (!faults[i].is_found(certificate, demands))
                        continue;
                ret_findings[n] = faults[i].finding;
                ret_findings[n++].is_refusal = counts[faults[i].weight];
        }
        return n;
}

bool certificate_is_refused(const CertificateFinding *findings, size_t n_findings)
{
        for (size_t i = 0; i < n_findings; i++)
                if (findings[i].is_refusal)
                        return true;
        return false;
}

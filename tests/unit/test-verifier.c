/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/signature/verifier.h"
#include "fixture-certificate.h"

/* What the kernel would say of this label of the file "payload\n". */
static SignatureVerdict judge(SignatureVerifier *verifier, const char *hex)
{
        uint8_t label[1024];
        size_t size;
        Signature signature;
        Digest digest;

        cr_assert_eq(hex_decode(hex, label, sizeof(label), &size), 0);
        if (signature_parse(label, size, &signature) < 0 || signature.version != 2)
                return SIGNATURE_VERDICT_BAD;
        cr_assert_eq(digest_compute(signature.hash, "payload\n", 8, &digest), 0);
        return signature_verifier_check(verifier, &signature, &digest);
}

Test(verifier, labels_are_judged_as_the_kernel_did)
{
        static const char *const names[] = { "cert-rsa.pem", "cert-ec.pem", "cert-rsano.pem",
                "cert-rsaski.pem" };
        _cleanup_certificates_ CertificateList list = { 0 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        size_t size, n_cases = 0;
        _cleanup_free_ char *text = fixture_signature_file("labels.tsv", &size);
        char *next;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                fixture_add_certificate(&list, names[i]);
        cr_assert_eq(signature_verifier_new(&list, &verifier), 0);
        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
                char *save, *name = strtok_r(line, "\t", &save), *hex;

                if (line[0] == '#')
                        continue;
                hex = strtok_r(NULL, "\t", &save);
                cr_assert_eq(judge(verifier, hex) == SIGNATURE_VERDICT_GOOD,
                                string_equal(strtok_r(NULL, "\t", &save), "allow"), "%s", name);
                n_cases++;
        }
        cr_assert_eq(n_cases, 11);
}

/* The label of a case in labels.tsv. */
static void find_label(const char *name, char *hex, size_t hex_size)
{
        size_t size;
        _cleanup_free_ char *text = fixture_signature_file("labels.tsv", &size);
        char *next;

        hex[0] = '\0';
        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
                if (strncmp(line, name, strlen(name)) == 0)
                        (void) snprintf(hex, hex_size, "%s", line + strlen(name));
        hex[strcspn(hex, "\t")] = '\0';
        cr_assert_neq(hex[0], '\0');
}

Test(verifier, unknown_keys_are_told_from_bad_signatures)
{
        _cleanup_certificates_ CertificateList none = { 0 }, list = { 0 };
        _cleanup_verifier_ SignatureVerifier *without = NULL, *with = NULL;
        char hex[1024];

        find_label("sig-sha256\t", hex, sizeof(hex));
        fixture_add_certificate(&list, "cert-rsa.pem");
        cr_assert_eq(signature_verifier_new(&none, &without), 0);
        cr_assert_eq(signature_verifier_new(&list, &with), 0);
        cr_assert_eq(judge(without, hex), SIGNATURE_VERDICT_UNKNOWN_KEY);
        cr_assert_eq(judge(with, hex), SIGNATURE_VERDICT_GOOD);
        hex[strlen(hex) - 1] = hex[strlen(hex) - 1] == '0' ? '1' : '0';
        cr_assert_eq(judge(with, hex), SIGNATURE_VERDICT_BAD);
}

Test(verifier, bytes_that_are_no_pkcs7_are_bad)
{
        _cleanup_certificates_ CertificateList none = { 0 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        Digest digest = { .algorithm = HASH_SHA256, .size = 32 };

        cr_assert_eq(signature_verifier_new(&none, &verifier), 0);
        cr_assert_eq(signature_verifier_check_pkcs7(verifier, "0", 1, &digest),
                        SIGNATURE_VERDICT_BAD);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-certificate.h"

Test(certificate, the_key_id_ends_the_subject_key_identifier)
{
        _cleanup_certificates_ CertificateList list = { 0 };

        fixture_add_certificate(&list, "cert-rsa.pem");
        fixture_add_certificate(&list, "cert-rsaski.pem");
        cr_assert(certificate_has_key_id(&list.items[0], 0x98b6c31f));
        cr_assert(certificate_has_key_id(&list.items[1], 0xaabbccdd));
        cr_assert_not(certificate_has_key_id(&list.items[1], 0xd31d6b43));
}

/* The kernel finds such a key by the end of the issuer's name: "WXYZ". */
Test(certificate, without_an_identifier_the_issuer_names_the_key)
{
        _cleanup_certificates_ CertificateList list = { 0 };

        fixture_add_certificate(&list, "cert-rsano.pem");
        cr_assert(certificate_has_key_id(&list.items[0], 0x5758595a));
        cr_assert_not(certificate_has_key_id(&list.items[0], 0x9a130b53));
}

Test(certificate, der_and_several_blocks_of_pem_are_read)
{
        _cleanup_certificates_ CertificateList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *one = NULL, *two = NULL, *both = NULL;
        size_t size;

        fixture_add_certificate(&list, "list-ec.der");
        cr_assert_eq(list.count, 1);
        one = fixture_signature_file("cert-rsa.pem", &size);
        two = fixture_signature_file("cert-ec.pem", &size);
        cr_assert_geq(asprintf(&both, "%s%s", one, two), 0);
        cr_assert_eq(certificate_list_parse(&list, both, strlen(both), &diags, "both"), 0);
        cr_assert_eq(list.count, 3);
}

Test(certificate, files_without_one_are_refused)
{
        static const char *const wrong[] = { "", "hello", "-----BEGIN CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_certificates_ CertificateList list = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_assert_eq(certificate_list_parse(
                                             &list, wrong[i], strlen(wrong[i]), &diags, "file"),
                                -EBADMSG);
                cr_assert_str_eq(diags.items[0].code, "E430");
                cr_assert_eq(list.count, 0);
        }
}

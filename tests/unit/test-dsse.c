/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/dsse.h"

#include "base/json.h"
#include "fixture-key.h"

#define TYPE "http://example.com/HelloWorld"
#define PAYLOAD "hello world"

static json_t *sign(const char *kind, CertificateList *certificates)
{
        EVP_PKEY *key = fixture_key(kind);
        _cleanup_free_ char *pem = fixture_key_to_pem(key, NULL),
                            *certificate = fixture_certificate(key, "hash");
        _cleanup_signing_key_ SigningKey signing_key = { 0 };
        _cleanup_signer_ Signer *signer = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        json_t *json = NULL;

        EVP_PKEY_free(key);
        cr_assert_eq(signing_key_parse_pem(pem, strlen(pem), NULL, &signing_key), 0);
        cr_assert_eq(certificate_list_parse(certificates, certificate, strlen(certificate), &diags,
                                     "certificate"),
                        0);
        cr_assert_eq(signer_new(&signing_key, HASH_SHA256, &signer), 0);
        cr_assert_eq(dsse_sign(signer, TYPE, PAYLOAD, strlen(PAYLOAD), &json), 0);
        return json;
}

static SignatureVerdict verify(const Dsse *dsse, const CertificateList *certificates)
{
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        const Certificate *certificate = NULL;
        SignatureVerdict verdict;

        cr_assert_eq(signature_verifier_new(certificates, &verifier), 0);
        verdict = dsse_verify(dsse, certificates, verifier, &certificate);
        cr_expect_eq(verdict == SIGNATURE_VERDICT_GOOD, certificate != NULL);
        return verdict;
}

Test(dsse, what_is_signed_verifies)
{
        static const char *const kinds[] = { "rsa", "P-256", "P-384" };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_certificates_ CertificateList certificates = { 0 };
                _cleanup_json_ json_t *json = sign(kinds[i], &certificates);
                _cleanup_dsse_ Dsse dsse = { 0 };
                const char *reason = NULL;

                cr_assert_eq(dsse_parse(json, &dsse, &reason), 0);
                cr_expect_str_eq(dsse.type, TYPE);
                cr_expect_arr_eq(dsse.payload, PAYLOAD, dsse.payload_size);
                cr_expect_eq(verify(&dsse, &certificates), SIGNATURE_VERDICT_GOOD, "%s", kinds[i]);
        }
}

Test(dsse, type_payload_and_signature_are_covered)
{
        _cleanup_certificates_ CertificateList certificates = { 0 }, others = { 0 }, none = { 0 };
        _cleanup_json_ json_t *json = sign("rsa", &certificates), *other = sign("rsa", &others);
        _cleanup_dsse_ Dsse dsse = { 0 };
        const char *reason = NULL;

        cr_assert_eq(dsse_parse(json, &dsse, &reason), 0);
        cr_expect_eq(verify(&dsse, &others), SIGNATURE_VERDICT_BAD);
        cr_expect_eq(verify(&dsse, &none), SIGNATURE_VERDICT_UNKNOWN_KEY);
        dsse.payload[0] ^= 1;
        cr_expect_eq(verify(&dsse, &certificates), SIGNATURE_VERDICT_BAD);
        dsse.payload[0] ^= 1;
        dsse.type[0] ^= 1;
        cr_expect_eq(verify(&dsse, &certificates), SIGNATURE_VERDICT_BAD);
        dsse.type[0] ^= 1;
        dsse.signatures[0].bytes[9] ^= 1;
        cr_expect_eq(verify(&dsse, &certificates), SIGNATURE_VERDICT_BAD);
}

Test(dsse, one_good_signature_of_several_is_enough)
{
        _cleanup_certificates_ CertificateList certificates = { 0 }, others = { 0 };
        _cleanup_json_ json_t *json = sign("rsa", &certificates), *other = sign("P-256", &others);
        _cleanup_dsse_ Dsse dsse = { 0 };
        const char *reason = NULL;

        cr_assert_eq(json_array_extend(json_object_get(other, "signatures"),
                                     json_object_get(json, "signatures")),
                        0);
        cr_assert_eq(dsse_parse(other, &dsse, &reason), 0);
        cr_expect_eq(dsse.n_signatures, 2);
        cr_expect_eq(verify(&dsse, &certificates), SIGNATURE_VERDICT_GOOD);
}

Test(dsse, what_is_malformed_is_told)
{
        static const char *const cases[][2] = {
                {"{}",                                                                     "has no payloadType"      },
                { "{\"payloadType\": \"t\"}",                                              "has no payload in base64"},
                { "{\"payloadType\": \"t\", \"payload\": \"*\"}",                          "has no payload in base64"},
                { "{\"payloadType\": \"t\", \"payload\": \"AA==\"}",                       "has no signature"        },
                { "{\"payloadType\": \"t\", \"payload\": \"AA==\", \"signatures\": []}",
                 "has no signature"                                                                                  },
                { "{\"payloadType\": \"t\", \"payload\": \"AA==\", \"signatures\": [{}]}",
                 "has a signature that is not base64"                                                                },
                { "[]",                                                                    "has no payloadType"      },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_json_ json_t *json = NULL;
                const char *reason = NULL;
                Dsse dsse;

                cr_assert_eq(json_parse(cases[i][0], strlen(cases[i][0]), &json), 0);
                cr_expect_eq(dsse_parse(json, &dsse, &reason), -EBADMSG, "%s", cases[i][0]);
                cr_expect_str_eq(reason, cases[i][1]);
        }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/verifier.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/signature/file-label.h"

#define CACHE_MAX 8U

/* A context is costly to set up and good for any number of signatures. */
typedef struct CachedContext {
        EVP_PKEY *key;
        HashAlgorithm hash;
        EVP_PKEY_CTX *context;
} CachedContext;

struct SignatureVerifier {
        const CertificateList *certificates;
        const Certificate *good; /* of the last check */
        SignatureAsk *ask;
        void *userdata; /* of ask */
        CachedContext cache[CACHE_MAX];
        size_t next;
};

int signature_verifier_new(const CertificateList *certificates, SignatureVerifier **ret_verifier)
{
        SignatureVerifier *verifier = calloc(1, sizeof(*verifier));

        if (!verifier)
                return -ENOMEM;
        verifier->certificates = certificates;
        *ret_verifier = verifier;
        return 0;
}

SignatureVerifier *signature_verifier_free(SignatureVerifier *verifier)
{
        if (verifier) {
                for (size_t i = 0; i < CACHE_MAX; i++)
                        EVP_PKEY_CTX_free(verifier->cache[i].context);
                free(verifier);
        }
        return NULL;
}

void signature_verifier_set_ask(SignatureVerifier *verifier, SignatureAsk *ask, void *userdata)
{
        verifier->ask = ask;
        verifier->userdata = userdata;
}

const Certificate *signature_verifier_get_certificate(const SignatureVerifier *verifier)
{
        return verifier->good;
}

bool signature_verifier_has_certificates(const SignatureVerifier *verifier)
{
        return verifier->certificates->count > 0;
}

static EVP_PKEY_CTX *make_context(EVP_PKEY *key, HashAlgorithm hash)
{
        const char *name = digest_get_openssl_name(hash);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
        EVP_MD *md = name && certificate_key_is_supported(key, hash)
                                     ? EVP_MD_fetch(NULL, name, NULL)
                                     : NULL;
        bool usable = context && md && EVP_PKEY_verify_init(context) == 1;

        if (usable && EVP_PKEY_is_a(key, "RSA"))
                usable = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
        if (usable)
                usable = EVP_PKEY_CTX_set_signature_md(context, md) == 1;
        EVP_MD_free(md);
        if (usable)
                return context;
        EVP_PKEY_CTX_free(context);
        return NULL;
}

/* NULL: this key cannot sign digests of that hash. */
static EVP_PKEY_CTX *get_context(SignatureVerifier *verifier, EVP_PKEY *key, HashAlgorithm hash)
{
        CachedContext *slot;

        for (size_t i = 0; i < CACHE_MAX; i++)
                if (verifier->cache[i].context && verifier->cache[i].key == key &&
                                verifier->cache[i].hash == hash)
                        return verifier->cache[i].context;
        slot = &verifier->cache[verifier->next++ % CACHE_MAX];
        EVP_PKEY_CTX_free(slot->context);
        *slot = (CachedContext){ key, hash, make_context(key, hash) };
        return slot->context;
}

static bool verify(SignatureVerifier *verifier, EVP_PKEY *key, const Digest *digest,
                const uint8_t *signature, size_t size)
{
        EVP_PKEY_CTX *context = get_context(verifier, key, digest->algorithm);
        bool good = context &&
                    EVP_PKEY_verify(context, signature, size, digest->bytes, digest->size) == 1;

        if (!good)
                ERR_clear_error();
        return good;
}

static SignatureVerdict check(
                SignatureVerifier *verifier, const Signature *signature, const Digest *digest)
{
        const CertificateList *list = verifier->certificates;
        SignatureVerdict verdict = SIGNATURE_VERDICT_UNKNOWN_KEY;

        verifier->good = NULL;
        for (size_t i = 0; i < list->count; i++) {
                if (!certificate_has_key_id(&list->items[i], signature->key_id))
                        continue;
                if (signature->hash == digest->algorithm &&
                                verify(verifier, list->items[i].key, digest, signature->bytes,
                                                signature->size)) {
                        verifier->good = &list->items[i];
                        return SIGNATURE_VERDICT_GOOD;
                }
                verdict = SIGNATURE_VERDICT_BAD;
        }
        return verdict;
}

SignatureVerdict signature_verifier_check(
                SignatureVerifier *verifier, const Signature *signature, const Digest *digest)
{
        SignatureVerdict verdict = check(verifier, signature, digest);

        return verifier->ask ? verifier->ask(verifier->userdata, signature, digest, verdict)
                             : verdict;
}

bool signature_verifier_accepts(SignatureVerifier *verifier, SignatureType type, const void *value,
                size_t size, const Digest *digest)
{
        FileLabel label;

        return file_label_parse(FILE_LABEL_IMA, value, size, &label) >= 0 &&
               label.kind == FILE_LABEL_SIGNATURE && label.signature.type == type &&
               signature_verifier_check(verifier, &label.signature, digest) ==
                               SIGNATURE_VERDICT_GOOD;
}

SignatureVerdict signature_verifier_check_file(
                SignatureVerifier *verifier, const Signature *signature, const Digest *digest)
{
        Digest file_id;

        if (signature->type == SIGNATURE_TYPE_DIGSIG)
                return signature_verifier_check(verifier, signature, digest);
        if (signature->type != SIGNATURE_TYPE_VERITY ||
                        signature_compute_file_id(digest, &file_id) < 0)
                return SIGNATURE_VERDICT_BAD;
        return signature_verifier_check(verifier, signature, &file_id);
}

static bool is_signer(const Certificate *certificate, CMS_SignerInfo *signer)
{
        return certificate->x509 && CMS_SignerInfo_cert_cmp(signer, certificate->x509) == 0;
}

static SignatureVerdict check_signer(
                SignatureVerifier *verifier, CMS_SignerInfo *signer, const Digest *digest)
{
        const CertificateList *list = verifier->certificates;
        const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(signer);
        SignatureVerdict verdict = SIGNATURE_VERDICT_UNKNOWN_KEY;

        /* The kernel takes no notice of appended signatures with attributes. */
        if (CMS_signed_get_attr_count(signer) >= 0 && CMS_signed_get_attr(signer, 0))
                return SIGNATURE_VERDICT_UNCHECKED;
        for (size_t i = 0; i < list->count; i++) {
                if (!is_signer(&list->items[i], signer))
                        continue;
                if (verify(verifier, list->items[i].key, digest, ASN1_STRING_get0_data(signature),
                                    (size_t) ASN1_STRING_length(signature)))
                        return SIGNATURE_VERDICT_GOOD;
                verdict = SIGNATURE_VERDICT_BAD;
        }
        return verdict;
}

SignatureVerdict signature_verifier_check_pkcs7(
                SignatureVerifier *verifier, const void *der, size_t size, const Digest *digest)
{
        const unsigned char *at = der;
        CMS_ContentInfo *cms = size > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &at, (long) size);
        STACK_OF(CMS_SignerInfo) *signers = cms ? CMS_get0_SignerInfos(cms) : NULL;
        SignatureVerdict verdict = signers ? SIGNATURE_VERDICT_UNKNOWN_KEY : SIGNATURE_VERDICT_BAD;

        for (int i = 0; signers && i < sk_CMS_SignerInfo_num(signers); i++) {
                SignatureVerdict one =
                                check_signer(verifier, sk_CMS_SignerInfo_value(signers, i), digest);

                if (one == SIGNATURE_VERDICT_GOOD || verdict == SIGNATURE_VERDICT_UNKNOWN_KEY)
                        verdict = one;
                if (one == SIGNATURE_VERDICT_GOOD)
                        break;
        }
        CMS_ContentInfo_free(cms);
        ERR_clear_error();
        return verdict;
}

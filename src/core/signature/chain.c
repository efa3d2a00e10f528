/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/diag-code.h"

struct ChainStore {
        X509_STORE *x509;
        STACK_OF(X509_CRL) * revocations;
};

static const char *const verdict_names[CHAIN_VERDICT_MAX] = {
        [CHAIN_GOOD] = "good",
        [CHAIN_EXPIRED] = "expired",
        [CHAIN_NOT_YET_VALID] = "not-yet-valid",
        [CHAIN_REVOKED] = "revoked",
        [CHAIN_NO_REVOCATION] = "no-revocation-list",
        [CHAIN_UNTRUSTED] = "untrusted",
};

const char *chain_verdict_to_string(ChainVerdict verdict)
{
        return verdict >= 0 && verdict < CHAIN_VERDICT_MAX ? verdict_names[verdict] : NULL;
}

int chain_store_new(ChainStore **ret_store)
{
        _cleanup_chain_store_ ChainStore *store = calloc(1, sizeof(*store));

        if (!store)
                return -ENOMEM;
        store->x509 = X509_STORE_new();
        store->revocations = sk_X509_CRL_new_null();
        if (!store->x509 || !store->revocations)
                return -ENOMEM;
        *ret_store = TAKE_PTR(store);
        return 0;
}

ChainStore *chain_store_free(ChainStore *store)
{
        if (store) {
                X509_STORE_free(store->x509);
                sk_X509_CRL_pop_free(store->revocations, X509_CRL_free);
                free(store);
        }
        return NULL;
}

int chain_store_add_authorities(ChainStore *store, const CertificateList *authorities)
{
        size_t n = 0;

        for (size_t i = 0; i < authorities->count; i++) {
                if (!authorities->items[i].x509)
                        continue;
                if (X509_STORE_add_cert(store->x509, authorities->items[i].x509) != 1)
                        return -ENOMEM;
                n++;
        }
        return n > 0 ? 0 : -ENODATA;
}

/* Takes the reference. */
static int add_revocation(ChainStore *store, X509_CRL *revocation)
{
        if (sk_X509_CRL_push(store->revocations, revocation) > 0)
                return 0;
        X509_CRL_free(revocation);
        return -ENOMEM;
}

static int add_pem(ChainStore *store, const void *bytes, size_t size)
{
        BIO *bio = BIO_new_mem_buf(bytes, (int) size);
        X509_CRL *revocation;
        int r = bio ? 0 : -ENOMEM;

        while (r >= 0 && (revocation = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
                r = add_revocation(store, revocation);
        BIO_free(bio);
        return r;
}

int chain_store_add_revocations(ChainStore *store, const void *bytes, size_t size, DiagList *diags,
                const char *source)
{
        int before = sk_X509_CRL_num(store->revocations), r;
        const unsigned char *at = bytes;
        X509_CRL *revocation;

        if (size > CHAIN_CRL_SIZE_MAX)
                return -E2BIG;
        revocation = d2i_X509_CRL(NULL, &at, (long) size);
        r = revocation ? add_revocation(store, revocation) : add_pem(store, bytes, size);
        ERR_clear_error();
        if (r >= 0 && sk_X509_CRL_num(store->revocations) == before)
                return diag_error(diags, DIAG_CODE_REVOCATION_LIST, (DiagPlace){ .source = source },
                                "give a certificate revocation list in PEM or DER",
                                "there is no revocation list in it that can be read");
        return r;
}

static ChainVerdict verdict_from_error(int error)
{
        static const struct {
                int error;
                ChainVerdict verdict;
        } verdicts[] = {
                {X509_V_OK,                            CHAIN_GOOD         },
                { X509_V_ERR_CERT_HAS_EXPIRED,         CHAIN_EXPIRED      },
                { X509_V_ERR_CERT_NOT_YET_VALID,       CHAIN_NOT_YET_VALID},
                { X509_V_ERR_CERT_REVOKED,             CHAIN_REVOKED      },
                { X509_V_ERR_UNABLE_TO_GET_CRL,        CHAIN_NO_REVOCATION},
                { X509_V_ERR_CRL_HAS_EXPIRED,          CHAIN_NO_REVOCATION},
                { X509_V_ERR_CRL_NOT_YET_VALID,        CHAIN_NO_REVOCATION},
                { X509_V_ERR_CRL_SIGNATURE_FAILURE,    CHAIN_NO_REVOCATION},
                { X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, CHAIN_NO_REVOCATION},
                { X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,     CHAIN_NO_REVOCATION},
        };

        for (size_t i = 0; i < ELEMENTSOF(verdicts); i++)
                if (verdicts[i].error == error)
                        return verdicts[i].verdict;
        return CHAIN_UNTRUSTED;
}

/* What else is wrong with it counts more than the want of a revocation list. */
static int note_error(int ok, X509_STORE_CTX *context)
{
        int error = X509_STORE_CTX_get_error(context);

        return ok || verdict_from_error(error) == CHAIN_NO_REVOCATION;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
        struct tm tm;

        return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t) timegm(&tm) : INT64_MIN;
}

/* Of lists that its issuer has signed, as far as that is told by their names. */
static bool is_revoked_at(const ChainStore *store, X509 *x509, X509 *issuer, int64_t when)
{
        EVP_PKEY *key = X509_get0_pubkey(issuer);

        for (int i = 0; i < sk_X509_CRL_num(store->revocations); i++) {
                X509_CRL *list = sk_X509_CRL_value(store->revocations, i);
                X509_REVOKED *revoked;

                if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0 ||
                                X509_CRL_verify(list, key) != 1 ||
                                X509_CRL_get0_by_cert(list, &revoked, x509) != 1)
                        continue;
                if (seconds_of(X509_REVOKED_get0_revocationDate(revoked)) <= when)
                        return true;
        }
        return false;
}

/* The chain that was found; its last certificate is trusted, whoever has signed it. */
static ChainVerdict check_past(const ChainStore *store, X509_STORE_CTX *context, int64_t when)
{
        const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);

        for (int i = 0; i + 1 < sk_X509_num(chain); i++)
                if (is_revoked_at(store, sk_X509_value(chain, i), sk_X509_value(chain, i + 1),
                                    when))
                        return CHAIN_REVOKED;
        return CHAIN_GOOD;
}

static void set_parameters(
                const ChainStore *store, X509_STORE_CTX *context, int64_t when, bool past)
{
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        bool with_lists = !past && sk_X509_CRL_num(store->revocations) > 0;

        X509_VERIFY_PARAM_set_time(param, (time_t) when);
        (void) X509_VERIFY_PARAM_set_flags(param,
                        X509_V_FLAG_PARTIAL_CHAIN | (with_lists ? X509_V_FLAG_CRL_CHECK : 0));
        X509_STORE_CTX_set0_crls(context, store->revocations);
}

ChainVerdict chain_store_check(
                const ChainStore *store, const Certificate *certificate, int64_t when, bool past)
{
        X509_STORE_CTX *context = certificate->x509 ? X509_STORE_CTX_new() : NULL;
        ChainVerdict verdict = CHAIN_UNTRUSTED;
        int ok;

        if (context && X509_STORE_CTX_init(context, store->x509, certificate->x509, NULL) == 1) {
                set_parameters(store, context, when, past);
                X509_STORE_CTX_set_verify_cb(context, note_error);
                ok = X509_verify_cert(context);
                verdict = verdict_from_error(X509_STORE_CTX_get_error(context));
                if (verdict == CHAIN_GOOD && ok != 1)
                        verdict = CHAIN_UNTRUSTED;
                if (verdict == CHAIN_GOOD && past)
                        verdict = check_past(store, context, when);
        }
        X509_STORE_CTX_free(context);
        ERR_clear_error();
        return verdict;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signature-encoding.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/cleanup.h"

#define NUMBER_SIZE_MAX 66U

int signature_encoding_format_ecdsa(const uint8_t *r_bytes, size_t r_size, const uint8_t *s_bytes,
                size_t s_size, uint8_t *bytes, size_t *size)
{
        BIGNUM *r_number, *s_number;
        ECDSA_SIG *signature;
        int length, r = 0;

        if (r_size > NUMBER_SIZE_MAX || s_size > NUMBER_SIZE_MAX)
                return -EBADMSG;
        signature = ECDSA_SIG_new();
        r_number = BN_bin2bn(r_bytes, (int) r_size, NULL);
        s_number = BN_bin2bn(s_bytes, (int) s_size, NULL);
        if (!signature || ECDSA_SIG_set0(signature, r_number, s_number) != 1) {
                BN_free(r_number);
                BN_free(s_number);
                ECDSA_SIG_free(signature);
                return -ENOMEM;
        }
        length = i2d_ECDSA_SIG(signature, NULL);
        if (length <= 0 || (size_t) length > *size)
                r = -E2BIG;
        else
                *size = (size_t) i2d_ECDSA_SIG(signature, &bytes);
        ECDSA_SIG_free(signature);
        return r;
}

int signature_encoding_format_digest_info(const Digest *digest,
                uint8_t ret_bytes[static SIGNATURE_ENCODING_DIGEST_INFO_MAX], size_t *ret_size)
{
        const char *name = digest_get_openssl_name(digest->algorithm);
        int nid = name ? OBJ_sn2nid(name) : NID_undef, length = -1;
        X509_SIG *info = X509_SIG_new();
        X509_ALGOR *algorithm;
        ASN1_OCTET_STRING *value;

        if (nid == NID_undef && name)
                nid = OBJ_ln2nid(name);
        if (!info || nid == NID_undef) {
                X509_SIG_free(info);
                return info ? -EOPNOTSUPP : -ENOMEM;
        }
        X509_SIG_getm(info, &algorithm, &value);
        if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_NULL, NULL) == 1 &&
                        ASN1_OCTET_STRING_set(value, digest->bytes, (int) digest->size) == 1)
                length = i2d_X509_SIG(info, NULL);
        if (length > 0 && (size_t) length <= SIGNATURE_ENCODING_DIGEST_INFO_MAX)
                *ret_size = (size_t) i2d_X509_SIG(info, &ret_bytes);
        else
                length = -1;
        X509_SIG_free(info);
        ERR_clear_error();
        return length < 0 ? -ENOMEM : 0;
}

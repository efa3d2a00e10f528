/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/public-key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "base/cleanup.h"

#define NUMBER_SIZE_MAX 2048U

static void bn_freep(BIGNUM **bn)
{
        BN_free(*bn);
}

static void param_build_freep(OSSL_PARAM_BLD **build)
{
        OSSL_PARAM_BLD_free(*build);
}

static int make_key(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **ret_key)
{
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
        EVP_PKEY *key = NULL;
        int r = params && context ? 0 : -ENOMEM;

        if (r >= 0 && (EVP_PKEY_fromdata_init(context) != 1 ||
                                      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY,
                                                      params) != 1))
                r = -EBADMSG;
        OSSL_PARAM_free(params);
        EVP_PKEY_CTX_free(context);
        ERR_clear_error();
        if (r >= 0)
                *ret_key = key;
        return r;
}

int public_key_make_rsa(const uint8_t *modulus, size_t modulus_size, const uint8_t *exponent,
                size_t exponent_size, EVP_PKEY **ret_key)
{
        _cleanup_(param_build_freep) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        _cleanup_(bn_freep) BIGNUM *n = NULL, *e = NULL;

        if (modulus_size > NUMBER_SIZE_MAX || exponent_size > NUMBER_SIZE_MAX)
                return -EBADMSG;
        n = BN_bin2bn(modulus, (int) modulus_size, NULL);
        e = BN_bin2bn(exponent, (int) exponent_size, NULL);
        if (!build || !n || !e || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
                        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
                return -ENOMEM;
        return make_key("RSA", build, ret_key);
}

int public_key_make_ec(
                const char *curve, const uint8_t *point, size_t point_size, EVP_PKEY **ret_key)
{
        _cleanup_(param_build_freep) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

        if (OBJ_sn2nid(curve) == NID_undef)
                return -EOPNOTSUPP;
        if (!build ||
                        OSSL_PARAM_BLD_push_utf8_string(
                                        build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) != 1 ||
                        OSSL_PARAM_BLD_push_octet_string(
                                        build, OSSL_PKEY_PARAM_PUB_KEY, point, point_size) != 1)
                return -ENOMEM;
        return make_key("EC", build, ret_key);
}

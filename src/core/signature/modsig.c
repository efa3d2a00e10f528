/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/modsig.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/cursor.h"
#include "base/strings.h"

#define TRAILER_SIZE 12U
#define ID_TYPE_PKCS7 2

static const char marker[] = "~Module signature appended~\n";

int modsig_parse(const void *tail, size_t tail_size, uint64_t file_size, Modsig *ret_modsig)
{
        const uint8_t *end = (const uint8_t *) tail + tail_size;
        static const uint8_t expected[8] = { 0, 0, ID_TYPE_PKCS7 };
        uint64_t left;
        uint32_t size;

        if (tail_size < MODSIG_TAIL_SIZE || file_size < MODSIG_TAIL_SIZE ||
                        memcmp(end - strlen(marker), marker, strlen(marker)) != 0)
                return -ENODATA;
        end -= MODSIG_TAIL_SIZE;
        memcpy(&size, end + sizeof(expected), sizeof(size));
        size = be32toh(size);
        left = file_size - MODSIG_TAIL_SIZE;
        if (memcmp(end, expected, sizeof(expected)) != 0 || size == 0 || size >= left)
                return -ENODATA;
        *ret_modsig = (Modsig){ left - size, size };
        return 0;
}

static HashAlgorithm find_hash(const ASN1_OBJECT *object)
{
        for (int i = 0; i < HASH_ALGORITHM_MAX; i++) {
                const char *name = digest_get_openssl_name((HashAlgorithm) i);
                const EVP_MD *md = name ? EVP_get_digestbyname(name) : NULL;

                if (md && EVP_MD_get_type(md) == OBJ_obj2nid(object))
                        return (HashAlgorithm) i;
        }
        return HASH_ALGORITHM_INVALID;
}

int modsig_get_hash(const void *der, size_t size, HashAlgorithm *ret_hash)
{
        const unsigned char *at = der;
        CMS_ContentInfo *cms = size > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &at, (long) size);
        STACK_OF(CMS_SignerInfo) *signers = cms ? CMS_get0_SignerInfos(cms) : NULL;
        const ASN1_OBJECT *object = NULL;
        X509_ALGOR *digest = NULL;
        HashAlgorithm hash;
        int r = -EBADMSG;

        if (signers && sk_CMS_SignerInfo_num(signers) > 0) {
                CMS_SignerInfo_get0_algs(
                                sk_CMS_SignerInfo_value(signers, 0), NULL, NULL, &digest, NULL);
                X509_ALGOR_get0(&object, NULL, NULL, digest);
                hash = find_hash(object);
                r = hash < 0 ? -EOPNOTSUPP : 0;
                if (r >= 0)
                        *ret_hash = hash;
        }
        CMS_ContentInfo_free(cms);
        ERR_clear_error();
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/tss2-key.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/cleanup.h"

#define PEM_NAME "TSS2 PRIVATE KEY"
#define FILE_SIZE_MAX 65536U

/* id-loadablekey; one that must be imported, or holds sealed data, has another last number. */
#define OID_LOADABLE "2.23.133.10.1.3"

typedef struct Sequence {
        ASN1_OBJECT *type;
        ASN1_BOOLEAN empty_auth;
        STACK_OF(ASN1_TYPE) * policy;
        ASN1_OCTET_STRING *secret;
        STACK_OF(ASN1_TYPE) * auth_policy;
        ASN1_INTEGER *parent;
        ASN1_OCTET_STRING *public;
        ASN1_OCTET_STRING *private;
} Sequence;

/* clang-format off */
ASN1_SEQUENCE(Sequence) = {
        ASN1_SIMPLE(Sequence, type, ASN1_OBJECT),
        ASN1_EXP_OPT(Sequence, empty_auth, ASN1_BOOLEAN, 0),
        ASN1_EXP_SEQUENCE_OF_OPT(Sequence, policy, ASN1_ANY, 1),
        ASN1_EXP_OPT(Sequence, secret, ASN1_OCTET_STRING, 2),
        ASN1_EXP_SEQUENCE_OF_OPT(Sequence, auth_policy, ASN1_ANY, 3),
        ASN1_SIMPLE(Sequence, parent, ASN1_INTEGER),
        ASN1_SIMPLE(Sequence, public, ASN1_OCTET_STRING),
        ASN1_SIMPLE(Sequence, private, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(Sequence)
/* clang-format on */

static Sequence *sequence_free(Sequence *sequence)
{
        ASN1_item_free((ASN1_VALUE *) sequence, ASN1_ITEM_rptr(Sequence));
        return NULL;
}
DEFINE_CLEANUP_FUNC(Sequence *, sequence_free)

bool tss2_key_is_in(const void *pem, size_t size)
{
        static const char begin[] = "-----BEGIN " PEM_NAME "-----";

        return memmem(pem, size, begin, sizeof(begin) - 1) != NULL;
}

static int take_part(const ASN1_OCTET_STRING *part, uint8_t *bytes, size_t *ret_size)
{
        size_t size = (size_t) ASN1_STRING_length(part);

        if (size > TSS2_KEY_PART_MAX)
                return -EBADMSG;
        memcpy(bytes, ASN1_STRING_get0_data(part), size);
        *ret_size = size;
        return 0;
}

static int take(const Sequence *sequence, Tss2Key *ret_key)
{
        Tss2Key key = { .empty_auth = sequence->empty_auth > 0 };
        char type[64];
        uint64_t parent;

        if (OBJ_obj2txt(type, sizeof(type), sequence->type, 1) <= 0 ||
                        strcmp(type, OID_LOADABLE) != 0 || sequence->policy ||
                        sequence->auth_policy || sequence->secret)
                return -EOPNOTSUPP;
        if (ASN1_INTEGER_get_uint64(&parent, sequence->parent) != 1 || parent > UINT32_MAX)
                return -EBADMSG;
        key.parent = (uint32_t) parent;
        if (take_part(sequence->public, key.public, &key.public_size) < 0 ||
                        take_part(sequence->private, key.private, &key.private_size) < 0)
                return -EBADMSG;
        *ret_key = key;
        return 0;
}

static int parse_der(const unsigned char *der, long size, Tss2Key *ret_key)
{
        const unsigned char *at = der;
        _cleanup_(sequence_freep) Sequence *sequence =
                        (Sequence *) ASN1_item_d2i(NULL, &at, size, ASN1_ITEM_rptr(Sequence));

        if (!sequence || at != der + size)
                return -EBADMSG;
        return take(sequence, ret_key);
}

int tss2_key_parse_pem(const void *pem, size_t size, Tss2Key *ret_key)
{
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        int r = -EBADMSG;
        long length;
        BIO *bio;

        if (size > FILE_SIZE_MAX)
                return -EBADMSG;
        bio = BIO_new_mem_buf(pem, (int) size);
        if (!bio)
                return -ENOMEM;
        while (PEM_read_bio(bio, &name, &header, &der, &length) == 1) {
                bool is_key = strcmp(name, PEM_NAME) == 0;

                if (is_key)
                        r = parse_der(der, length, ret_key);
                OPENSSL_free(name);
                OPENSSL_free(header);
                OPENSSL_free(der);
                if (is_key)
                        break;
        }
        BIO_free(bio);
        ERR_clear_error();
        return r;
}

static bool fill(Sequence *sequence, const Tss2Key *key)
{
        sequence->empty_auth = key->empty_auth ? 0xff : -1;
        ASN1_OBJECT_free(sequence->type);
        sequence->type = OBJ_txt2obj(OID_LOADABLE, 1);
        return sequence->type && ASN1_INTEGER_set_uint64(sequence->parent, key->parent) == 1 &&
               ASN1_OCTET_STRING_set(sequence->public, key->public, (int) key->public_size) == 1 &&
               ASN1_OCTET_STRING_set(sequence->private, key->private, (int) key->private_size) == 1;
}

int tss2_key_format_pem(const Tss2Key *key, char **ret_text)
{
        _cleanup_(sequence_freep) Sequence *sequence =
                        (Sequence *) ASN1_item_new(ASN1_ITEM_rptr(Sequence));
        BIO *bio = BIO_new(BIO_s_mem());
        unsigned char *der = NULL;
        char *bytes, *text = NULL;
        int length = -1;
        long size;

        if (sequence && fill(sequence, key))
                length = ASN1_item_i2d((ASN1_VALUE *) sequence, &der, ASN1_ITEM_rptr(Sequence));
        if (bio && length > 0 && PEM_write_bio(bio, PEM_NAME, "", der, length) > 0) {
                size = BIO_get_mem_data(bio, &bytes);
                text = strndup(bytes, (size_t) size);
        }
        OPENSSL_free(der);
        BIO_free(bio);
        ERR_clear_error();
        if (!text)
                return -ENOMEM;
        *ret_text = text;
        return 0;
}

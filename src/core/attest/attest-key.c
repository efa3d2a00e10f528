/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/attest/attest-key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/cursor.h"
#include "base/tcg-algorithm.h"
#include "core/signature/public-key.h"

/* TCG Algorithm Registry. */
#define TPM_ALG_RSA 0x0001U
#define TPM_ALG_NULL 0x0010U
#define TPM_ALG_RSASSA 0x0014U
#define TPM_ALG_RSAPSS 0x0016U
#define TPM_ALG_ECDSA 0x0018U
#define TPM_ALG_ECC 0x0023U

/* TPMA_OBJECT */
#define OBJECT_FIXED_TPM (1U << 1)
#define OBJECT_FIXED_PARENT (1U << 4)
#define OBJECT_SENSITIVE_DATA_ORIGIN (1U << 5)
#define OBJECT_RESTRICTED (1U << 16)
#define OBJECT_SIGN (1U << 18)
#define OBJECT_ATTESTS                                                                             \
        (OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |                   \
                        OBJECT_RESTRICTED | OBJECT_SIGN)

#define RSA_DEFAULT_EXPONENT 65537U
#define EC_COORDINATE_MAX 66U

struct AttestKey {
        EVP_PKEY *key;
        uint32_t attributes; /* 0: not known */
        char type[32];
};

typedef struct Part {
        const uint8_t *bytes;
        size_t size;
} Part;

static void md_context_freep(EVP_MD_CTX **context)
{
        EVP_MD_CTX_free(*context);
}

static void bio_freep(BIO **bio)
{
        BIO_free(*bio);
}

static int read_part(Cursor *c, Part *ret_part)
{
        uint16_t size;

        if (cursor_read_u16(c, &size) < 0 || cursor_read_view(c, size, &ret_part->bytes) < 0)
                return -EBADMSG;
        ret_part->size = size;
        return 0;
}

/* TPMT_*_SCHEME and TPMT_KDF_SCHEME with at most a hash in them. */
static int skip_scheme(Cursor *c)
{
        uint16_t scheme, hash;

        if (cursor_read_u16(c, &scheme) < 0)
                return -EBADMSG;
        return scheme == TPM_ALG_NULL ? 0 : cursor_read_u16(c, &hash);
}

/* TPMS_RSA_PARMS from behind the symmetric algorithm, and the modulus. */
static int parse_rsa(Cursor *c, EVP_PKEY **ret_key)
{
        uint8_t bytes[sizeof(uint32_t)];
        uint16_t bits;
        uint32_t exponent;
        Part modulus;

        if (skip_scheme(c) < 0 || cursor_read_u16(c, &bits) < 0 ||
                        cursor_read_u32(c, &exponent) < 0 || read_part(c, &modulus) < 0 ||
                        modulus.size != bits / 8)
                return -EBADMSG;
        exponent = htobe32(exponent > 0 ? exponent : RSA_DEFAULT_EXPONENT);
        memcpy(bytes, &exponent, sizeof(bytes));
        return public_key_make_rsa(modulus.bytes, modulus.size, bytes, sizeof(bytes), ret_key);
}

static const struct {
        uint16_t id; /* TPM_ECC_CURVE */
        const char *name;
        size_t size;
} curves[] = {
        {0x0003,  "prime256v1", 32               },
        { 0x0004, "secp384r1",  48               },
        { 0x0005, "secp521r1",  EC_COORDINATE_MAX},
};

/* An uncompressed point; a TPM may leave leading zeros of the coordinates out. */
static int make_point(const Part *x, const Part *y, size_t size, uint8_t *point)
{
        if (x->size > size || y->size > size)
                return -EBADMSG;
        memset(point, 0, 1 + 2 * size);
        point[0] = POINT_CONVERSION_UNCOMPRESSED;
        memcpy(point + 1 + size - x->size, x->bytes, x->size);
        memcpy(point + 1 + 2 * size - y->size, y->bytes, y->size);
        return 0;
}

/* TPMS_ECC_PARMS from behind the symmetric algorithm, and the point. */
static int parse_ecc(Cursor *c, EVP_PKEY **ret_key)
{
        uint8_t point[1 + 2 * EC_COORDINATE_MAX];
        uint16_t curve;
        size_t i = 0;
        Part x, y;

        if (skip_scheme(c) < 0 || cursor_read_u16(c, &curve) < 0 || skip_scheme(c) < 0 ||
                        read_part(c, &x) < 0 || read_part(c, &y) < 0)
                return -EBADMSG;
        while (i < ELEMENTSOF(curves) && curves[i].id != curve)
                i++;
        if (i == ELEMENTSOF(curves))
                return -EOPNOTSUPP;
        if (make_point(&x, &y, curves[i].size, point) < 0)
                return -EBADMSG;
        return public_key_make_ec(curves[i].name, point, 1 + 2 * curves[i].size, ret_key);
}

/* Behind the attributes: policy, symmetric algorithm (none, for a key that signs), the rest. */
static int parse_material(Cursor *c, uint16_t type, EVP_PKEY **ret_key)
{
        uint16_t symmetric;
        Part policy;

        if (read_part(c, &policy) < 0 || cursor_read_u16(c, &symmetric) < 0)
                return -EBADMSG;
        if (symmetric != TPM_ALG_NULL)
                return -EOPNOTSUPP;
        switch (type) {
        case TPM_ALG_RSA:
                return parse_rsa(c, ret_key);
        case TPM_ALG_ECC:
                return parse_ecc(c, ret_key);
        default:
                return -EOPNOTSUPP;
        }
}

/* Takes the reference. */
static int wrap(EVP_PKEY *pkey, uint32_t attributes, AttestKey **ret_key)
{
        _cleanup_attest_key_ AttestKey *key = calloc(1, sizeof(*key));
        char group[sizeof(key->type)] = "";

        if (!key) {
                EVP_PKEY_free(pkey);
                return -ENOMEM;
        }
        key->key = pkey;
        key->attributes = attributes;
        if (EVP_PKEY_is_a(pkey, "RSA"))
                (void) snprintf(key->type, sizeof(key->type), "rsa%d", EVP_PKEY_get_bits(pkey));
        else if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1)
                (void) snprintf(key->type, sizeof(key->type), "%s", group);
        else
                return -EOPNOTSUPP;
        *ret_key = TAKE_PTR(key);
        return 0;
}

int attest_key_parse(const void *bytes, size_t size, AttestKey **ret_key)
{
        Cursor c = cursor_new(bytes, size);
        uint16_t whole, type, name_hash;
        EVP_PKEY *pkey = NULL;
        uint32_t attributes;
        int r;

        c.big_endian = true;
        if (size > ATTEST_KEY_SIZE_MAX || cursor_read_u16(&c, &whole) < 0 ||
                        whole != cursor_left(&c) || cursor_read_u16(&c, &type) < 0 ||
                        cursor_read_u16(&c, &name_hash) < 0 || cursor_read_u32(&c, &attributes) < 0)
                return -EBADMSG;
        r = parse_material(&c, type, &pkey);
        ERR_clear_error();
        if (r >= 0 && cursor_left(&c) > 0) {
                EVP_PKEY_free(pkey);
                return -EBADMSG;
        }
        return r < 0 ? r : wrap(pkey, attributes, ret_key);
}

/* No passphrase is asked for: a public key has none. */
static int refuse_passphrase(char *text, int size, int writing, void *data)
{
        return -1;
}

static EVP_PKEY *read_openssl_key(const void *bytes, size_t size)
{
        _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(bytes, (int) size);
        const unsigned char *at = bytes;
        EVP_PKEY *key = NULL;
        X509 *x509 = NULL;

        if (!bio)
                return NULL;
        key = PEM_read_bio_PUBKEY(bio, NULL, refuse_passphrase, NULL);
        if (!key)
                key = d2i_PUBKEY(NULL, &at, (long) size);
        if (key)
                return key;
        (void) BIO_reset(bio);
        x509 = PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
        at = bytes;
        if (!x509)
                x509 = d2i_X509(NULL, &at, (long) size);
        key = x509 ? X509_get_pubkey(x509) : NULL;
        X509_free(x509);
        return key;
}

int attest_key_parse_any(const void *bytes, size_t size, AttestKey **ret_key)
{
        EVP_PKEY *pkey;
        int r;

        r = attest_key_parse(bytes, size, ret_key);
        if (r != -EBADMSG || size > ATTEST_KEY_SIZE_MAX)
                return r;
        pkey = read_openssl_key(bytes, size);
        ERR_clear_error();
        return pkey ? wrap(pkey, 0, ret_key) : -EBADMSG;
}

AttestKey *attest_key_free(AttestKey *key)
{
        if (key) {
                EVP_PKEY_free(key->key);
                free(key);
        }
        return NULL;
}

bool attest_key_is_restricted(const AttestKey *key)
{
        return (key->attributes & OBJECT_ATTESTS) == OBJECT_ATTESTS;
}

bool attest_key_equal(const AttestKey *a, const AttestKey *b)
{
        bool equal = EVP_PKEY_eq(a->key, b->key) == 1;

        ERR_clear_error();
        return equal;
}

int attest_key_get_fingerprint(const AttestKey *key, Digest *ret_digest)
{
        unsigned char *der = NULL;
        int size = i2d_PUBKEY(key->key, &der), r;

        r = size < 0 ? -EIO : digest_compute(HASH_SHA256, der, (size_t) size, ret_digest);
        OPENSSL_free(der);
        return r;
}

const char *attest_key_get_type(const AttestKey *key)
{
        return key->type;
}

EVP_PKEY *attest_key_get_pkey(const AttestKey *key)
{
        return key->key;
}

int attest_key_format_pem(const AttestKey *key, char **ret_text)
{
        _cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
        char *text, *copy;
        long size;

        if (!bio || PEM_write_bio_PUBKEY(bio, key->key) != 1)
                return -ENOMEM;
        size = BIO_get_mem_data(bio, &text);
        copy = strndup(text, (size_t) size);
        if (!copy)
                return -ENOMEM;
        *ret_text = copy;
        return 0;
}

/* A TPMT_SIGNATURE in the form that OpenSSL takes. */
typedef struct TpmSignature {
        uint16_t scheme;
        HashAlgorithm hash;
        uint8_t *bytes; /* RSA: as it is; ECDSA: DER of r and s */
        size_t size;
} TpmSignature;

static void tpm_signature_done(TpmSignature *signature)
{
        OPENSSL_free(signature->bytes);
}

static int encode_ecdsa(const Part *r_part, const Part *s_part, TpmSignature *signature)
{
        BIGNUM *r = BN_bin2bn(r_part->bytes, (int) r_part->size, NULL);
        BIGNUM *s = BN_bin2bn(s_part->bytes, (int) s_part->size, NULL);
        ECDSA_SIG *pair = ECDSA_SIG_new();
        int size = -1;

        if (r && s && pair && ECDSA_SIG_set0(pair, r, s) == 1) {
                r = NULL;
                s = NULL;
                size = i2d_ECDSA_SIG(pair, &signature->bytes);
        }
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        if (size < 0)
                return -ENOMEM;
        signature->size = (size_t) size;
        return 0;
}

static int parse_signature(const void *bytes, size_t size, TpmSignature *signature)
{
        Cursor c = cursor_new(bytes, size);
        Part first = { 0 }, second = { 0 };
        uint16_t hash;

        c.big_endian = true;
        if (size > ATTEST_SIGNATURE_SIZE_MAX || cursor_read_u16(&c, &signature->scheme) < 0)
                return -EBADMSG;
        if (signature->scheme != TPM_ALG_RSASSA && signature->scheme != TPM_ALG_RSAPSS &&
                        signature->scheme != TPM_ALG_ECDSA)
                return -EOPNOTSUPP;
        if (cursor_read_u16(&c, &hash) < 0 || read_part(&c, &first) < 0 ||
                        (signature->scheme == TPM_ALG_ECDSA && read_part(&c, &second) < 0) ||
                        cursor_left(&c) > 0)
                return -EBADMSG;
        signature->hash = tcg_algorithm_to_hash(hash);
        if (signature->scheme == TPM_ALG_ECDSA)
                return encode_ecdsa(&first, &second, signature);
        signature->bytes = OPENSSL_memdup(first.bytes, first.size);
        signature->size = first.size;
        return signature->bytes || first.size == 0 ? 0 : -ENOMEM;
}

/* OpenSSL's hash for a quote; SHA-1 signatures can be forged together with their message. */
static const char *find_hash_name(HashAlgorithm hash)
{
        static const char *const names[HASH_ALGORITHM_MAX] = {
                [HASH_SHA256] = "SHA2-256",
                [HASH_SHA384] = "SHA2-384",
                [HASH_SHA512] = "SHA2-512",
                [HASH_SM3] = "SM3",
                [HASH_SHA3_256] = "SHA3-256",
                [HASH_SHA3_384] = "SHA3-384",
                [HASH_SHA3_512] = "SHA3-512",
        };

        return hash >= 0 && hash < HASH_ALGORITHM_MAX ? names[hash] : NULL;
}

static int check_signature(const AttestKey *key, const void *message, size_t message_size,
                const TpmSignature *signature)
{
        _cleanup_(md_context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
        const char *hash = find_hash_name(signature->hash);
        EVP_PKEY_CTX *options;

        if (!hash || EVP_PKEY_is_a(key->key, "RSA") != (signature->scheme != TPM_ALG_ECDSA))
                return hash ? -EKEYREJECTED : -EOPNOTSUPP;
        if (!context)
                return -ENOMEM;
        if (EVP_DigestVerifyInit_ex(context, &options, hash, NULL, NULL, key->key, NULL) != 1)
                return -EOPNOTSUPP;
        if (signature->scheme == TPM_ALG_RSAPSS &&
                        (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                                        EVP_PKEY_CTX_set_rsa_pss_saltlen(
                                                        options, RSA_PSS_SALTLEN_AUTO) != 1))
                return -EOPNOTSUPP;
        return EVP_DigestVerify(context, signature->bytes, signature->size, message,
                               message_size) == 1
                               ? 0
                               : -EKEYREJECTED;
}

int attest_key_verify(const AttestKey *key, const void *message, size_t message_size,
                const void *signature, size_t signature_size)
{
        _cleanup_(tpm_signature_done) TpmSignature parsed = { 0 };
        int r;

        r = parse_signature(signature, signature_size, &parsed);
        if (r >= 0)
                r = check_signature(key, message, message_size, &parsed);
        ERR_clear_error();
        return r;
}

int attest_signature_get_hash(const void *signature, size_t size, HashAlgorithm *ret_algorithm)
{
        Cursor c = cursor_new(signature, size);
        uint16_t scheme, hash;

        c.big_endian = true;
        if (cursor_read_u16(&c, &scheme) < 0 || cursor_read_u16(&c, &hash) < 0 ||
                        tcg_algorithm_to_hash(hash) < 0)
                return -EBADMSG;
        *ret_algorithm = tcg_algorithm_to_hash(hash);
        return 0;
}

/* The id of the hash, and the hash over prefix and bytes. */
static int make_name(uint16_t id, const void *bytes, size_t size, uint8_t *name, size_t *ret_size)
{
        Digest digest;
        int r = digest_compute(tcg_algorithm_to_hash(id), bytes, size, &digest);

        if (r < 0)
                return r;
        name[0] = (uint8_t) (id >> 8);
        name[1] = (uint8_t) id;
        memcpy(name + 2, digest.bytes, digest.size);
        *ret_size = 2 + digest.size;
        return 0;
}

int attest_key_compute_name(
                const void *bytes, size_t size, uint8_t ret_name[ATTEST_NAME_MAX], size_t *ret_size)
{
        /* The qualified name of a hierarchy is its handle; TPM_RH_ENDORSEMENT. */
        uint8_t joined[4 + ATTEST_NAME_MAX] = { 0x40, 0x00, 0x00, 0x0b };
        Cursor c = cursor_new(bytes, size);
        uint16_t whole, type, id;
        size_t name_size;
        int r;

        c.big_endian = true;
        if (cursor_read_u16(&c, &whole) < 0 || whole != cursor_left(&c) ||
                        cursor_read_u16(&c, &type) < 0 || cursor_read_u16(&c, &id) < 0)
                return -EBADMSG;
        if (tcg_algorithm_to_hash(id) < 0)
                return -EOPNOTSUPP;
        r = make_name(id, c.data + sizeof(whole), whole, joined + 4, &name_size);
        return r < 0 ? r : make_name(id, joined, 4 + name_size, ret_name, ret_size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/pkcs11-key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "core/signature/public-key.h"
#include "core/signature/signature-encoding.h"

#define SLOTS_MAX 64U
#define ATTRIBUTES_MAX 16U
#define ATTRIBUTE_SIZE_MAX 2048U
#define KEY_ID_SIZE 20U
#define COORDINATE_SIZE_MAX 66U

/* An open session of one token. */
typedef struct Token {
        CK_FUNCTION_LIST **modules;
        CK_FUNCTION_LIST *module;
        CK_SLOT_ID slot;
        CK_SESSION_HANDLE session;
        bool is_open;
} Token;

struct Pkcs11Key {
        Token token;
        CK_OBJECT_HANDLE handle;
        EVP_PKEY *public;
        bool is_rsa;
};

static int error_of(CK_RV rv)
{
        static const struct {
                CK_RV rv;
                int error;
        } errors[] = {
                {CKR_PIN_INCORRECT,               -EKEYREJECTED},
                { CKR_PIN_LEN_RANGE,              -EKEYREJECTED},
                { CKR_PIN_INVALID,                -EKEYREJECTED},
                { CKR_PIN_LOCKED,                 -EAGAIN      },
                { CKR_USER_NOT_LOGGED_IN,         -ENOKEY      },
                { CKR_TOKEN_NOT_PRESENT,          -ENODEV      },
                { CKR_TOKEN_NOT_RECOGNIZED,       -ENODEV      },
                { CKR_DEVICE_REMOVED,             -ENODEV      },
                { CKR_MECHANISM_INVALID,          -EOPNOTSUPP  },
                { CKR_MECHANISM_PARAM_INVALID,    -EOPNOTSUPP  },
                { CKR_KEY_TYPE_INCONSISTENT,      -EOPNOTSUPP  },
                { CKR_KEY_FUNCTION_NOT_PERMITTED, -EOPNOTSUPP  },
                { CKR_KEY_SIZE_RANGE,             -EOPNOTSUPP  },
                { CKR_DATA_LEN_RANGE,             -EOPNOTSUPP  },
                { CKR_TOKEN_WRITE_PROTECTED,      -EROFS       },
                { CKR_HOST_MEMORY,                -ENOMEM      },
        };

        if (rv == CKR_OK)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (errors[i].rv == rv)
                        return errors[i].error;
        return -EIO;
}

static void uri_freep(P11KitUri **uri)
{
        p11_kit_uri_free(*uri);
}

static int parse_uri(const char *text, P11KitUri **ret_uri)
{
        _cleanup_(uri_freep) P11KitUri *uri = p11_kit_uri_new();

        if (!uri)
                return -ENOMEM;
        if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK ||
                        p11_kit_uri_any_unrecognized(uri))
                return -EINVAL;
        if (p11_kit_uri_get_pin_value(uri) || p11_kit_uri_get_pin_source(uri) ||
                        p11_kit_uri_get_module_path(uri))
                return -EPERM;
        *ret_uri = TAKE_PTR(uri);
        return 0;
}

static void token_done(Token *token)
{
        if (token->is_open)
                (void) token->module->C_CloseSession(token->session);
        if (token->modules)
                p11_kit_modules_finalize_and_release(token->modules);
        *token = (Token){ 0 };
}

/* Counts the tokens of a module that fit; the last one is remembered. */
static size_t match_slots(Token *token, CK_FUNCTION_LIST *module, const P11KitUri *uri)
{
        CK_SLOT_ID slots[SLOTS_MAX];
        CK_ULONG n_slots = SLOTS_MAX;
        size_t n = 0;

        if (module->C_GetSlotList(CK_TRUE, slots, &n_slots) != CKR_OK)
                return 0;
        for (CK_ULONG i = 0; i < n_slots; i++) {
                CK_TOKEN_INFO info;

                if (module->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
                                !(info.flags & CKF_TOKEN_INITIALIZED) ||
                                !p11_kit_uri_match_token_info(uri, &info))
                        continue;
                token->module = module;
                token->slot = slots[i];
                n++;
        }
        return n;
}

static int find_token(Token *token, const P11KitUri *uri)
{
        size_t n = 0;

        token->modules = p11_kit_modules_load_and_initialize(0);
        if (!token->modules)
                return -ENODEV;
        for (CK_FUNCTION_LIST **module = token->modules; *module; module++) {
                CK_INFO info;

                if ((*module)->C_GetInfo(&info) == CKR_OK &&
                                p11_kit_uri_match_module_info(uri, &info))
                        n += match_slots(token, *module, uri);
        }
        return n == 0 ? -ENODEV : n > 1 ? -ENOTUNIQ : 0;
}

/* A reader with a pad of its own asks for the PIN itself. */
static int log_in(Token *token, const char *pin)
{
        CK_TOKEN_INFO info;
        bool has_pad;
        CK_RV rv = token->module->C_GetTokenInfo(token->slot, &info);

        if (rv != CKR_OK)
                return error_of(rv);
        has_pad = info.flags & CKF_PROTECTED_AUTHENTICATION_PATH;
        if (!pin && !has_pad)
                return info.flags & CKF_LOGIN_REQUIRED ? -ENOKEY : 0;
        rv = token->module->C_Login(token->session, CKU_USER, has_pad ? NULL : (CK_UTF8CHAR *) pin,
                        has_pad ? 0 : strlen(pin));
        return rv == CKR_USER_ALREADY_LOGGED_IN ? 0 : error_of(rv);
}

static int token_open(const P11KitUri *uri, const char *pin, bool read_write, Token *token)
{
        CK_FLAGS flags = CKF_SERIAL_SESSION | (read_write ? CKF_RW_SESSION : 0);
        int r = find_token(token, uri);

        if (r >= 0)
                r = error_of(token->module->C_OpenSession(
                                token->slot, flags, NULL, NULL, &token->session));
        if (r < 0)
                return r;
        token->is_open = true;
        return log_in(token, pin);
}

/* The one object of that class with these attributes. -ENOENT, -ENOTUNIQ. */
static int find_object(const Token *token, CK_OBJECT_CLASS class, const CK_ATTRIBUTE *wanted,
                size_t n_wanted, CK_OBJECT_HANDLE *ret_handle)
{
        CK_ATTRIBUTE attributes[ATTRIBUTES_MAX] = {
                {CKA_CLASS, &class, sizeof(class)}
        };
        CK_OBJECT_HANDLE handles[2];
        CK_ULONG found = 0;
        size_t n = 1;
        CK_RV rv;

        for (size_t i = 0; i < n_wanted && n < ATTRIBUTES_MAX; i++)
                if (wanted[i].type != CKA_CLASS)
                        attributes[n++] = wanted[i];
        rv = token->module->C_FindObjectsInit(token->session, attributes, n);
        if (rv == CKR_OK) {
                rv = token->module->C_FindObjects(token->session, handles, 2, &found);
                (void) token->module->C_FindObjectsFinal(token->session);
        }
        if (rv != CKR_OK)
                return error_of(rv);
        if (found != 1)
                return found == 0 ? -ENOENT : -ENOTUNIQ;
        *ret_handle = handles[0];
        return 0;
}

typedef struct Value {
        uint8_t bytes[ATTRIBUTE_SIZE_MAX];
        size_t size;
} Value;

static int get_value(const Token *token, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type,
                Value *ret_value)
{
        CK_ATTRIBUTE attribute = { type, ret_value->bytes, sizeof(ret_value->bytes) };
        CK_RV rv = token->module->C_GetAttributeValue(token->session, handle, &attribute, 1);

        if (rv != CKR_OK || attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
                return rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID ? -ENOENT : error_of(rv);
        ret_value->size = attribute.ulValueLen;
        return 0;
}

/* CKA_EC_PARAMS is the OID in DER, CKA_EC_POINT an OCTET STRING; some tokens leave the wrapping. */
static int make_ec(const Value *parameters, const Value *point, EVP_PKEY **ret_key)
{
        const unsigned char *at = parameters->bytes, *start = point->bytes;
        ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &at, (long) parameters->size);
        ASN1_OCTET_STRING *wrapped = d2i_ASN1_OCTET_STRING(NULL, &start, (long) point->size);
        const char *name = curve ? OBJ_nid2sn(OBJ_obj2nid(curve)) : NULL;
        int r = -EOPNOTSUPP;

        if (name)
                r = public_key_make_ec(name,
                                wrapped ? ASN1_STRING_get0_data(wrapped) : point->bytes,
                                wrapped ? (size_t) ASN1_STRING_length(wrapped) : point->size,
                                ret_key);
        ASN1_OBJECT_free(curve);
        ASN1_OCTET_STRING_free(wrapped);
        ERR_clear_error();
        return r;
}

static int read_rsa(const Token *token, CK_OBJECT_HANDLE handle, EVP_PKEY **ret_key)
{
        Value modulus, exponent;
        int r = get_value(token, handle, CKA_MODULUS, &modulus);

        if (r >= 0)
                r = get_value(token, handle, CKA_PUBLIC_EXPONENT, &exponent);
        return r < 0 ? r
                     : public_key_make_rsa(modulus.bytes, modulus.size, exponent.bytes,
                                       exponent.size, ret_key);
}

/* The point stands in the public object, which has the id of the private one. */
static int read_ec(const Token *token, CK_OBJECT_HANDLE handle, EVP_PKEY **ret_key)
{
        CK_OBJECT_HANDLE public = 0;
        Value id, parameters, point;
        int r = get_value(token, handle, CKA_ID, &id);

        if (r >= 0)
                r = find_object(token, CKO_PUBLIC_KEY, &(CK_ATTRIBUTE){ CKA_ID, id.bytes, id.size },
                                1, &public);
        if (r >= 0)
                r = get_value(token, public, CKA_EC_PARAMS, &parameters);
        if (r >= 0)
                r = get_value(token, public, CKA_EC_POINT, &point);
        return r < 0 ? r : make_ec(&parameters, &point, ret_key);
}

static int read_public(Pkcs11Key *key)
{
        CK_KEY_TYPE type;
        CK_ATTRIBUTE attribute = { CKA_KEY_TYPE, &type, sizeof(type) };
        int r = error_of(key->token.module->C_GetAttributeValue(
                        key->token.session, key->handle, &attribute, 1));

        if (r < 0)
                return r;
        key->is_rsa = type == CKK_RSA;
        if (type != CKK_RSA && type != CKK_EC)
                return -EOPNOTSUPP;
        return key->is_rsa ? read_rsa(&key->token, key->handle, &key->public)
                           : read_ec(&key->token, key->handle, &key->public);
}

int pkcs11_key_open(const char *text, const char *pin, Pkcs11Key **ret_key)
{
        _cleanup_pkcs11_key_ Pkcs11Key *key = calloc(1, sizeof(*key));
        _cleanup_(uri_freep) P11KitUri *uri = NULL;
        CK_ATTRIBUTE *attributes;
        CK_ULONG n = 0;
        int r = key ? parse_uri(text, &uri) : -ENOMEM;

        if (r >= 0)
                r = token_open(uri, pin, false, &key->token);
        if (r < 0)
                return r;
        attributes = p11_kit_uri_get_attributes(uri, &n);
        r = find_object(&key->token, CKO_PRIVATE_KEY, attributes, n, &key->handle);
        if (r >= 0)
                r = read_public(key);
        if (r >= 0)
                *ret_key = TAKE_PTR(key);
        return r;
}

Pkcs11Key *pkcs11_key_free(Pkcs11Key *key)
{
        if (key) {
                token_done(&key->token);
                EVP_PKEY_free(key->public);
                free(key);
        }
        return NULL;
}

EVP_PKEY *pkcs11_key_get_public(const Pkcs11Key *key)
{
        return key->public;
}

static int sign(const Pkcs11Key *key, CK_MECHANISM_TYPE type, const uint8_t *data, size_t data_size,
                uint8_t *bytes, size_t *size)
{
        CK_MECHANISM mechanism = { type, NULL, 0 };
        CK_ULONG length = *size;
        CK_FUNCTION_LIST *module = key->token.module;
        CK_RV rv = module->C_SignInit(key->token.session, &mechanism, key->handle);

        if (rv == CKR_OK)
                rv = module->C_Sign(
                                key->token.session, (CK_BYTE *) data, data_size, bytes, &length);
        if (rv != CKR_OK)
                return error_of(rv);
        *size = length;
        return 0;
}

/* Tokens give r and s beside each other, and not all cut a digest that is longer than the curve. */
static int sign_ecdsa(const Pkcs11Key *key, const Digest *digest, uint8_t *bytes, size_t *size)
{
        size_t curve = ((size_t) EVP_PKEY_get_bits(key->public) + 7) / 8;
        uint8_t numbers[2 * COORDINATE_SIZE_MAX];
        size_t length = sizeof(numbers);
        int r = sign(key, CKM_ECDSA, digest->bytes, digest->size < curve ? digest->size : curve,
                        numbers, &length);

        return r < 0 ? r
                     : signature_encoding_format_ecdsa(numbers, length / 2, numbers + length / 2,
                                       length / 2, bytes, size);
}

int pkcs11_key_sign(Pkcs11Key *key, const Digest *digest, uint8_t *bytes, size_t *size)
{
        uint8_t info[SIGNATURE_ENCODING_DIGEST_INFO_MAX];
        size_t info_size;
        int r;

        if (!key->is_rsa)
                return sign_ecdsa(key, digest, bytes, size);
        r = signature_encoding_format_digest_info(digest, info, &info_size);
        return r < 0 ? r : sign(key, CKM_RSA_PKCS, info, info_size, bytes, size);
}

/* What the pair has in common, and what its halves have of their own. */
static int generate(const Token *token, KeyType type, const CK_ATTRIBUTE *label)
{
        static const uint8_t exponent[] = { 1, 0, 1 };
        CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
        CK_ULONG bits = key_type_get_rsa_bits(type);
        const char *curve = key_type_get_curve(type);
        uint8_t id[KEY_ID_SIZE], oid[64], *at = oid;
        ASN1_OBJECT *object = curve ? OBJ_nid2obj(EC_curve_nist2nid(curve)) : NULL;
        int oid_size = object ? i2d_ASN1_OBJECT(object, NULL) : 0;
        CK_MECHANISM mechanism = { bits ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, NULL,
                0 };
        CK_ATTRIBUTE public[] = {
                {CKA_TOKEN,                                &yes,                        sizeof(yes)     },
                { CKA_VERIFY,                              &yes,                        sizeof(yes)     },
                { CKA_ID,                                  id,                          sizeof(id)      },
                *label,
                { bits ? CKA_MODULUS_BITS : CKA_EC_PARAMS, bits ? (void *) &bits : oid,
                 bits ? sizeof(bits) : (CK_ULONG) oid_size                                              },
                { CKA_PUBLIC_EXPONENT,                     (void *) exponent,           sizeof(exponent)},
        };
        CK_ATTRIBUTE private[] = {
                {CKA_TOKEN,        &yes, sizeof(yes)},
                { CKA_PRIVATE,     &yes, sizeof(yes)},
                { CKA_SENSITIVE,   &yes, sizeof(yes)},
                { CKA_EXTRACTABLE, &no,  sizeof(no) },
                { CKA_SIGN,        &yes, sizeof(yes)},
                { CKA_ID,          id,   sizeof(id) },
                *label,
        };
        CK_OBJECT_HANDLE handles[2];

        if ((size_t) oid_size > sizeof(oid) || RAND_bytes(id, sizeof(id)) != 1)
                return -EIO;
        if (object)
                (void) i2d_ASN1_OBJECT(object, &at);
        return error_of(token->module->C_GenerateKeyPair(token->session, &mechanism, public,
                        ELEMENTSOF(public) - (bits ? 0 : 1), private, ELEMENTSOF(private),
                        &handles[0], &handles[1]));
}

int pkcs11_key_create(const char *text, const char *pin, KeyType type)
{
        _cleanup_(token_done) Token token = { 0 };
        _cleanup_(uri_freep) P11KitUri *uri = NULL;
        const CK_ATTRIBUTE *label;
        CK_OBJECT_HANDLE handle;
        int r = parse_uri(text, &uri);

        if (r < 0)
                return r;
        label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
        if (!label)
                return -EINVAL;
        r = token_open(uri, pin, true, &token);
        if (r < 0)
                return r;
        r = find_object(&token, CKO_PRIVATE_KEY, label, 1, &handle);
        if (r != -ENOENT)
                return r >= 0 || r == -ENOTUNIQ ? -EEXIST : r;
        return generate(&token, type, label);
}

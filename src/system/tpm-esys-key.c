/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "base/tcg-algorithm.h"
#include "core/signature/signature-encoding.h"
#include "system/tpm-esys-context.h"
#include "system/tpm-key.h"

struct TpmKey {
        TpmEsys *esys;
        ESYS_TR handle;
        bool is_transient; /* flushed in the end */
        bool has_auth;
        TPM2B_PUBLIC *public;
        TpmBytes encoded; /* the same, marshalled */
};

#define STORAGE_ATTRIBUTES                                                                         \
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |        \
                        TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |     \
                        TPMA_OBJECT_DECRYPT)

/* The storage key that draft-bottomley-tpm2-keys, 3.1.8, names by the owner hierarchy. */
static const TPM2B_PUBLIC storage_key = {
        .publicArea = {
                .type = TPM2_ALG_ECC,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = STORAGE_ATTRIBUTES,
                .parameters.eccDetail = {
                        .symmetric = { TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB },
                        .scheme.scheme = TPM2_ALG_NULL,
                        .curveID = TPM2_ECC_NIST_P256,
                        .kdf.scheme = TPM2_ALG_NULL,
                },
        },
};

static TSS2_RC get_code(TSS2_RC rc)
{
        if (rc & TPM2_RC_FMT1)
                return rc & (TSS2_RC) (0x3f | TPM2_RC_FMT1);
        return rc;
}

/* What the TPM says, for who uses a key of it; `auth` is the error of a wrong authorization. */
static int error_of(TSS2_RC rc, int auth)
{
        const struct {
                TSS2_RC code;
                int error;
        } errors[] = {
                {TPM2_RC_BAD_AUTH,    auth        },
                { TPM2_RC_AUTH_FAIL,  auth        },
                { TPM2_RC_HANDLE,     -ENOENT     },
                { TPM2_RC_INTEGRITY,  -EBADMSG    },
                { TPM2_RC_SIZE,       -EBADMSG    },
                { TPM2_RC_CURVE,      -EOPNOTSUPP },
                { TPM2_RC_SCHEME,     -EOPNOTSUPP },
                { TPM2_RC_HASH,       -EOPNOTSUPP },
                { TPM2_RC_VALUE,      -EOPNOTSUPP },
                { TPM2_RC_KEY_SIZE,   -EOPNOTSUPP },
                { TPM2_RC_ASYMMETRIC, -EOPNOTSUPP },
                { TPM2_RC_KEY,        -EMEDIUMTYPE},
                { TPM2_RC_NV_DEFINED, -EEXIST     },
        };

        if (rc == TSS2_RC_SUCCESS)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (get_code(rc) == errors[i].code)
                        return errors[i].error;
        return tpm_esys_error(rc);
}

static int set_auth(const char *auth, TPM2B_AUTH *ret_auth)
{
        size_t size = auth ? strlen(auth) : 0;

        if (size > TPM_KEY_AUTH_MAX || size > sizeof(ret_auth->buffer))
                return -EKEYREJECTED;
        *ret_auth = (TPM2B_AUTH){ .size = (UINT16) size };
        memcpy(ret_auth->buffer, auth ?: "", size);
        return 0;
}

static int use_auth(TpmKey *key, const char *auth)
{
        TPM2B_AUTH value;
        int r = set_auth(auth, &value);

        if (r >= 0)
                r = error_of(Esys_TR_SetAuth(key->esys->context, key->handle, &value), -EIO);
        OPENSSL_cleanse(&value, sizeof(value));
        key->has_auth = auth != NULL;
        return r;
}

static int key_new(int root_fd, const char *tcti, TpmKey **ret_key)
{
        _cleanup_tpm_key_ TpmKey *key = calloc(1, sizeof(*key));
        int r;

        if (!key)
                return -ENOMEM;
        key->handle = ESYS_TR_NONE;
        r = tpm_esys_new(root_fd, tcti, &key->esys);
        if (r >= 0)
                *ret_key = TAKE_PTR(key);
        return r;
}

TpmKey *tpm_key_free(TpmKey *key)
{
        if (key) {
                if (key->is_transient && key->handle != ESYS_TR_NONE)
                        (void) Esys_FlushContext(key->esys->context, key->handle);
                else if (key->handle != ESYS_TR_NONE)
                        (void) Esys_TR_Close(key->esys->context, &key->handle);
                Esys_Free(key->public);
                free(key->encoded.data);
                tpm_esys_free(key->esys);
                free(key);
        }
        return NULL;
}

const TpmBytes *tpm_key_get_public(const TpmKey *key)
{
        return &key->encoded;
}

/* A restricted key refuses digests of what the TPM has not seen. */
static bool can_sign(const TPM2B_PUBLIC *public)
{
        TPMA_OBJECT attributes = public->publicArea.objectAttributes;

        return (attributes & TPMA_OBJECT_SIGN_ENCRYPT) && !(attributes & TPMA_OBJECT_RESTRICTED);
}

static int read_public(TpmKey *key)
{
        uint8_t bytes[sizeof(TPM2B_PUBLIC)];
        size_t size = 0;
        int r = error_of(Esys_ReadPublic(key->esys->context, key->handle, ESYS_TR_NONE,
                                         ESYS_TR_NONE, ESYS_TR_NONE, &key->public, NULL, NULL),
                        -EIO);

        if (r < 0)
                return r;
        if (!can_sign(key->public))
                return -EMEDIUMTYPE;
        if (Tss2_MU_TPM2B_PUBLIC_Marshal(key->public, bytes, sizeof(bytes), &size) !=
                        TSS2_RC_SUCCESS)
                return -EIO;
        key->encoded.data = malloc(size);
        if (!key->encoded.data)
                return -ENOMEM;
        memcpy(key->encoded.data, bytes, size);
        key->encoded.size = size;
        return 0;
}

int tpm_key_open_handle(
                int root_fd, const char *tcti, uint32_t handle, const char *auth, TpmKey **ret_key)
{
        _cleanup_tpm_key_ TpmKey *key = NULL;
        int r;

        if (handle < TPM_KEY_HANDLE_MIN || handle > TPM_KEY_HANDLE_MAX)
                return -EINVAL;
        r = key_new(root_fd, tcti, &key);
        if (r >= 0)
                r = error_of(Esys_TR_FromTPMPublic(key->esys->context, handle, ESYS_TR_NONE,
                                             ESYS_TR_NONE, ESYS_TR_NONE, &key->handle),
                                -EIO);
        if (r >= 0)
                r = read_public(key);
        if (r >= 0)
                r = use_auth(key, auth);
        if (r >= 0)
                *ret_key = TAKE_PTR(key);
        return r;
}

/* Has to be flushed unless its handle is persistent. */
static int open_parent(TpmEsys *esys, uint32_t parent, ESYS_TR *ret_handle)
{
        static const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
        static const TPM2B_DATA outside = { 0 };
        static const TPML_PCR_SELECTION pcrs = { 0 };

        if (parent >= TPM_KEY_HANDLE_MIN && parent <= TPM_KEY_HANDLE_MAX)
                return error_of(Esys_TR_FromTPMPublic(esys->context, parent, ESYS_TR_NONE,
                                                ESYS_TR_NONE, ESYS_TR_NONE, ret_handle),
                                -EIO);
        if (parent != TSS2_KEY_PARENT_OWNER)
                return -ENOENT;
        return error_of(Esys_CreatePrimary(esys->context, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                                        ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &storage_key,
                                        &outside, &pcrs, ret_handle, NULL, NULL, NULL, NULL),
                        -EPERM);
}

static void close_parent(TpmEsys *esys, uint32_t parent, ESYS_TR handle)
{
        if (parent == TSS2_KEY_PARENT_OWNER)
                (void) Esys_FlushContext(esys->context, handle);
        else
                (void) Esys_TR_Close(esys->context, &handle);
}

static int parse_parts(const Tss2Key *file, TPM2B_PUBLIC *ret_public, TPM2B_PRIVATE *ret_private)
{
        size_t at = 0;

        if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(file->public, file->public_size, &at, ret_public) !=
                                        TSS2_RC_SUCCESS ||
                        at != file->public_size)
                return -EBADMSG;
        at = 0;
        if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(file->private, file->private_size, &at, ret_private) !=
                                        TSS2_RC_SUCCESS ||
                        at != file->private_size)
                return -EBADMSG;
        return 0;
}

static int load(TpmKey *key, const Tss2Key *file)
{
        TPM2B_PUBLIC public = { 0 };
        TPM2B_PRIVATE private = { 0 };
        ESYS_TR parent = ESYS_TR_NONE;
        int r = parse_parts(file, &public, &private);

        if (r >= 0)
                r = open_parent(key->esys, file->parent, &parent);
        if (r < 0)
                return r;
        r = error_of(Esys_Load(key->esys->context, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE, &private, &public, &key->handle),
                        -EPERM);
        key->is_transient = r >= 0;
        close_parent(key->esys, file->parent, parent);
        return r;
}

int tpm_key_open_file(int root_fd, const char *tcti, const Tss2Key *file, const char *auth,
                TpmKey **ret_key)
{
        _cleanup_tpm_key_ TpmKey *key = NULL;
        int r = key_new(root_fd, tcti, &key);

        if (r >= 0)
                r = load(key, file);
        if (r >= 0)
                r = read_public(key);
        if (r >= 0)
                r = use_auth(key, auth);
        if (r >= 0)
                *ret_key = TAKE_PTR(key);
        return r;
}

static int format_signature(
                const TpmKey *key, const TPMT_SIGNATURE *signature, uint8_t *bytes, size_t *size)
{
        const TPMS_SIGNATURE_ECC *ecdsa = &signature->signature.ecdsa;
        const TPM2B_PUBLIC_KEY_RSA *rsa = &signature->signature.rsassa.sig;

        if (key->public->publicArea.type == TPM2_ALG_ECC)
                return signature_encoding_format_ecdsa(ecdsa->signatureR.buffer,
                                ecdsa->signatureR.size, ecdsa->signatureS.buffer,
                                ecdsa->signatureS.size, bytes, size);
        if (rsa->size > *size)
                return -E2BIG;
        memcpy(bytes, rsa->buffer, rsa->size);
        *size = rsa->size;
        return 0;
}

int tpm_key_sign(TpmKey *key, const Digest *digest, uint8_t *bytes, size_t *size)
{
        /* An unrestricted key signs without proof that the TPM made the digest. */
        static const TPMT_TK_HASHCHECK ticket = { .tag = TPM2_ST_HASHCHECK,
                .hierarchy = TPM2_RH_NULL };
        _cleanup_(esys_memory_freep) TPMT_SIGNATURE *signature = NULL;
        TPMI_ALG_HASH hash = tcg_algorithm_from_hash(digest->algorithm);
        bool is_ecc = key->public->publicArea.type == TPM2_ALG_ECC;
        const TPMT_SIG_SCHEME scheme = { .scheme = is_ecc ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA,
                .details.any.hashAlg = hash };
        TPM2B_DIGEST value = { .size = (UINT16) digest->size };
        int r;

        if (hash == TCG_ALGORITHM_ERROR)
                return -EOPNOTSUPP;
        memcpy(value.buffer, digest->bytes, digest->size);
        r = error_of(Esys_Sign(key->esys->context, key->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE, &value, &scheme, &ticket, &signature),
                        key->has_auth ? -EKEYREJECTED : -ENOKEY);
        return r < 0 ? r : format_signature(key, signature, bytes, size);
}

static void fill_template(KeyType type, bool has_auth, TPM2B_PUBLIC *ret_template)
{
        TPMT_PUBLIC *area = &ret_template->publicArea;
        unsigned bits = key_type_get_rsa_bits(type);

        *ret_template = (TPM2B_PUBLIC){ 0 };
        area->nameAlg = TPM2_ALG_SHA256;
        area->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                 TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                 TPMA_OBJECT_SIGN_ENCRYPT | (has_auth ? 0 : TPMA_OBJECT_NODA);
        area->type = bits ? TPM2_ALG_RSA : TPM2_ALG_ECC;
        if (bits) {
                area->parameters.rsaDetail = (TPMS_RSA_PARMS){
                        .symmetric.algorithm = TPM2_ALG_NULL,
                        .scheme.scheme = TPM2_ALG_NULL,
                        .keyBits = (TPMI_RSA_KEY_BITS) bits,
                };
                return;
        }
        area->parameters.eccDetail = (TPMS_ECC_PARMS){
                .symmetric.algorithm = TPM2_ALG_NULL,
                .scheme.scheme = TPM2_ALG_NULL,
                .curveID = type == KEY_TYPE_P_256 ? TPM2_ECC_NIST_P256 : TPM2_ECC_NIST_P384,
                .kdf.scheme = TPM2_ALG_NULL,
        };
}

static int format_file(const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private, bool has_auth,
                Tss2Key *ret_file)
{
        Tss2Key file = { .empty_auth = !has_auth, .parent = TSS2_KEY_PARENT_OWNER };

        if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, file.public, sizeof(file.public),
                            &file.public_size) != TSS2_RC_SUCCESS ||
                        Tss2_MU_TPM2B_PRIVATE_Marshal(private, file.private, sizeof(file.private),
                                        &file.private_size) != TSS2_RC_SUCCESS)
                return -EIO;
        *ret_file = file;
        return 0;
}

static int create(TpmEsys *esys, ESYS_TR parent, KeyType type, const char *auth, Tss2Key *ret_file)
{
        static const TPM2B_DATA outside = { 0 };
        static const TPML_PCR_SELECTION pcrs = { 0 };
        _cleanup_(esys_memory_freep) TPM2B_PRIVATE *private = NULL;
        _cleanup_(esys_memory_freep) TPM2B_PUBLIC *public = NULL;
        TPM2B_SENSITIVE_CREATE sensitive = { 0 };
        TPM2B_PUBLIC template;
        int r = set_auth(auth, &sensitive.sensitive.userAuth);

        fill_template(type, auth != NULL, &template);
        if (r >= 0)
                r = error_of(Esys_Create(esys->context, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                             ESYS_TR_NONE, &sensitive, &template, &outside, &pcrs,
                                             &private, &public, NULL, NULL, NULL),
                                -EPERM);
        OPENSSL_cleanse(&sensitive, sizeof(sensitive));
        return r < 0 ? r : format_file(public, private, auth != NULL, ret_file);
}

int tpm_key_create(int root_fd, const char *tcti, KeyType type, const char *auth, Tss2Key *ret_file)
{
        _cleanup_tpm_esys_ TpmEsys *esys = NULL;
        ESYS_TR parent = ESYS_TR_NONE;
        int r = tpm_esys_new(root_fd, tcti, &esys);

        if (r >= 0)
                r = open_parent(esys, TSS2_KEY_PARENT_OWNER, &parent);
        if (r < 0)
                return r;
        r = create(esys, parent, type, auth, ret_file);
        close_parent(esys, TSS2_KEY_PARENT_OWNER, parent);
        return r;
}

int tpm_key_persist(TpmKey *key, uint32_t handle)
{
        ESYS_TR kept = ESYS_TR_NONE;
        int r;

        if (handle < TPM_KEY_HANDLE_MIN || handle > TPM_KEY_HANDLE_MAX)
                return -EINVAL;
        r = error_of(Esys_EvictControl(key->esys->context, ESYS_TR_RH_OWNER, key->handle,
                                     ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &kept),
                        -EPERM);
        if (r >= 0)
                (void) Esys_TR_Close(key->esys->context, &kept);
        return r;
}

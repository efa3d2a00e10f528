/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The attestation key, what it signs, and the certificate that the maker of the TPM put into it.
 */
#include <tss2/tss2_mu.h>

#include "base/tcg-algorithm.h"
#include "system/tpm-esys-context.h"

/* TCG EK Credential Profile: NV indices of the certificates of the default endorsement keys. */
#define NV_EK_CERTIFICATE_RSA 0x01c00002U
#define NV_EK_CERTIFICATE_ECC 0x01c0000aU

#define AK_ATTRIBUTES                                                                              \
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |        \
                        TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |     \
                        TPMA_OBJECT_SIGN_ENCRYPT)

/*
 * In the template it makes this primary key another one than those of other programs with the same
 * parameters.
 */
static const char ak_name[] = "imad attestation key 1";

static const TPM2B_PUBLIC ak_ecc = {
        .publicArea = {
                .type = TPM2_ALG_ECC,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = AK_ATTRIBUTES,
                .parameters.eccDetail = {
                        .symmetric.algorithm = TPM2_ALG_NULL,
                        .scheme = { TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
                        .curveID = TPM2_ECC_NIST_P256,
                        .kdf.scheme = TPM2_ALG_NULL,
                },
                .unique.ecc.x.size = 32,
                .unique.ecc.y.size = 32,
        },
};

/* For TPMs without elliptic curves. */
static const TPM2B_PUBLIC ak_rsa = {
        .publicArea = {
                .type = TPM2_ALG_RSA,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = AK_ATTRIBUTES,
                .parameters.rsaDetail = {
                        .symmetric.algorithm = TPM2_ALG_NULL,
                        .scheme = { TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
                        .keyBits = 2048,
                },
                .unique.rsa.size = 256,
        },
};

static int copy_bytes(const void *bytes, size_t size, TpmBytes *ret_bytes)
{
        uint8_t *copy = malloc(size > 0 ? size : 1);

        if (!copy)
                return -ENOMEM;
        memcpy(copy, bytes, size);
        *ret_bytes = (TpmBytes){ copy, size };
        return 0;
}

static void flush(TpmEsys *esys, ESYS_TR *handle)
{
        if (*handle != ESYS_TR_NONE)
                (void) Esys_FlushContext(esys->context, *handle);
        *handle = ESYS_TR_NONE;
}

static TSS2_RC create_primary(TpmEsys *esys, const TPM2B_PUBLIC *template, ESYS_TR *ret_handle,
                TPM2B_PUBLIC **ret_public)
{
        static const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
        static const TPM2B_DATA outside = { 0 };
        static const TPML_PCR_SELECTION pcrs = { 0 };

        return Esys_CreatePrimary(esys->context, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
                        ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, template, &outside, &pcrs,
                        ret_handle, ret_public, NULL, NULL, NULL);
}

/* Such an answer means that the TPM cannot make this kind of key. */
static bool lacks_algorithm(TSS2_RC rc)
{
        TSS2_RC code = rc & ~(TSS2_RC) TPM2_RC_N_MASK & ~(TSS2_RC) TPM2_RC_P;

        return code == TPM2_RC_CURVE || code == TPM2_RC_SCHEME || code == TPM2_RC_TYPE ||
               code == TPM2_RC_VALUE || code == TPM2_RC_ASYMMETRIC;
}

static int error_from_auth(TSS2_RC rc)
{
        TSS2_RC code = rc & ~(TSS2_RC) TPM2_RC_N_MASK & ~(TSS2_RC) (TPM2_RC_P | TPM2_RC_S);

        if (code == TPM2_RC_BAD_AUTH || code == TPM2_RC_AUTH_FAIL)
                return -EKEYREJECTED;
        return tpm_esys_error(rc);
}

static int make_key(TpmEsys *esys, ESYS_TR *ret_handle, TpmBytes *ret_public)
{
        _cleanup_(esys_memory_freep) TPM2B_PUBLIC *public = NULL;
        uint8_t bytes[sizeof(TPM2B_PUBLIC)];
        TPM2B_PUBLIC ecc = ak_ecc, rsa = ak_rsa;
        size_t size = 0;
        TSS2_RC rc;

        memcpy(ecc.publicArea.unique.ecc.x.buffer, ak_name, sizeof(ak_name));
        memcpy(rsa.publicArea.unique.rsa.buffer, ak_name, sizeof(ak_name));
        rc = create_primary(esys, &ecc, ret_handle, &public);
        if (lacks_algorithm(rc))
                rc = create_primary(esys, &rsa, ret_handle, &public);
        if (rc != TSS2_RC_SUCCESS)
                return error_from_auth(rc);
        if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, bytes, sizeof(bytes), &size) != TSS2_RC_SUCCESS)
                return -EIO;
        return copy_bytes(bytes, size, ret_public);
}

static void select_pcrs(const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                TPML_PCR_SELECTION *ret_selection)
{
        TPML_PCR_SELECTION selection = { .count = (UINT32) n_banks };

        for (size_t i = 0; i < n_banks; i++) {
                TPMS_PCR_SELECTION *bank = &selection.pcrSelections[i];

                bank->hash = tcg_algorithm_from_hash(banks[i]);
                bank->sizeofSelect = 3;
                for (size_t j = 0; j < 3; j++)
                        bank->pcrSelect[j] = (BYTE) (pcrs >> 8 * j);
        }
        *ret_selection = selection;
}

static int sign_quote(TpmEsys *esys, ESYS_TR key, const TPML_PCR_SELECTION *selection,
                const TPM2B_DATA *nonce, TpmQuote *quote)
{
        static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
        _cleanup_(esys_memory_freep) TPM2B_ATTEST *attest = NULL;
        _cleanup_(esys_memory_freep) TPMT_SIGNATURE *signature = NULL;
        uint8_t bytes[sizeof(TPMT_SIGNATURE)];
        size_t size = 0;
        TSS2_RC rc;
        int r;

        rc = Esys_Quote(esys->context, key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, nonce,
                        &scheme, selection, &attest, &signature);
        if (rc != TSS2_RC_SUCCESS)
                return tpm_esys_error(rc);
        if (Tss2_MU_TPMT_SIGNATURE_Marshal(signature, bytes, sizeof(bytes), &size) !=
                        TSS2_RC_SUCCESS)
                return -EIO;
        r = copy_bytes(attest->attestationData, attest->size, &quote->attest);
        return r < 0 ? r : copy_bytes(bytes, size, &quote->signature);
}

int tpm_esys_quote(TpmEsys *esys, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                const void *nonce, size_t nonce_size, TpmQuote *ret_quote)
{
        _cleanup_tpm_quote_ TpmQuote quote = { 0 };
        TPM2B_DATA data = { .size = (UINT16) nonce_size };
        TPML_PCR_SELECTION selection;
        ESYS_TR key = ESYS_TR_NONE;
        int r;

        if (n_banks > TPM2_NUM_PCR_BANKS || nonce_size > TPM_NONCE_MAX)
                return -EINVAL;
        memcpy(data.buffer, nonce, nonce_size);
        select_pcrs(banks, n_banks, pcrs, &selection);
        r = make_key(esys, &key, &quote.key);
        if (r >= 0)
                r = sign_quote(esys, key, &selection, &data, &quote);
        flush(esys, &key);
        if (r < 0)
                return r;
        *ret_quote = TAKE_STRUCT(quote);
        return 0;
}

/* The TPM gives out at most so many bytes in one answer; every TPM manages 512. */
#define NV_CHUNK 512U

static int read_nv(TpmEsys *esys, ESYS_TR index, size_t size, uint8_t *bytes)
{
        for (size_t at = 0; at < size;) {
                _cleanup_(esys_memory_freep) TPM2B_MAX_NV_BUFFER *part = NULL;
                size_t wanted = size - at < NV_CHUNK ? size - at : NV_CHUNK;
                TSS2_RC rc;

                rc = Esys_NV_Read(esys->context, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                ESYS_TR_NONE, (UINT16) wanted, (UINT16) at, &part);
                if (rc != TSS2_RC_SUCCESS)
                        return error_from_auth(rc);
                if (part->size == 0 || part->size > wanted)
                        return -EIO;
                memcpy(bytes + at, part->buffer, part->size);
                at += part->size;
        }
        return 0;
}

static int read_certificate(TpmEsys *esys, TPM2_HANDLE index, TpmBytes *ret_bytes)
{
        _cleanup_(esys_memory_freep) TPM2B_NV_PUBLIC *public = NULL;
        _cleanup_free_ uint8_t *bytes = NULL;
        ESYS_TR handle = ESYS_TR_NONE;
        size_t size;
        int r;

        if (Esys_TR_FromTPMPublic(esys->context, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            &handle) != TSS2_RC_SUCCESS)
                return -ENOENT;
        r = Esys_NV_ReadPublic(esys->context, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            &public, NULL) == TSS2_RC_SUCCESS
                            ? 0
                            : -EIO;
        size = r < 0 ? 0 : public->nvPublic.dataSize;
        bytes = r < 0 ? NULL : malloc(size + 1);
        if (r >= 0)
                r = bytes ? read_nv(esys, handle, size, bytes) : -ENOMEM;
        (void) Esys_TR_Close(esys->context, &handle);
        if (r >= 0)
                *ret_bytes = (TpmBytes){ TAKE_PTR(bytes), size };
        return r;
}

int tpm_esys_read_ek_certificate(TpmEsys *esys, TpmBytes *ret_bytes)
{
        int r = read_certificate(esys, NV_EK_CERTIFICATE_ECC, ret_bytes);

        return r == -ENOENT ? read_certificate(esys, NV_EK_CERTIFICATE_RSA, ret_bytes) : r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built without tpm2-tss: says whether there is a TPM that one could have asked. */
#include "base/strings.h"
#include "system/tpm-device.h"
#include "system/tpm-esys.h"
#include "system/tpm-key.h"

int tpm_esys_new(int root_fd, const char *tcti, TpmEsys **ret_esys)
{
        const char *path = string_after(tcti, "device:");
        _cleanup_close_ int fd = path ? tpm_device_open(root_fd, path) : -EOPNOTSUPP;

        return fd < 0 ? fd : -EOPNOTSUPP;
}

TpmEsys *tpm_esys_free(TpmEsys *esys)
{
        return NULL;
}

int tpm_esys_get_banks(TpmEsys *esys, HashAlgorithm *ret_banks, size_t max, size_t *ret_n_banks)
{
        return -EOPNOTSUPP;
}

int tpm_esys_get_pcr_count(TpmEsys *esys, uint32_t *ret_count)
{
        return -EOPNOTSUPP;
}

int tpm_esys_read_pcr(TpmEsys *esys, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        return -EOPNOTSUPP;
}

int tpm_esys_quote(TpmEsys *esys, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                const void *nonce, size_t nonce_size, TpmQuote *ret_quote)
{
        return -EOPNOTSUPP;
}

int tpm_esys_read_ek_certificate(TpmEsys *esys, TpmBytes *ret_bytes)
{
        return -EOPNOTSUPP;
}

int tpm_key_open_handle(
                int root_fd, const char *tcti, uint32_t handle, const char *auth, TpmKey **ret_key)
{
        return -EOPNOTSUPP;
}

int tpm_key_open_file(int root_fd, const char *tcti, const Tss2Key *file, const char *auth,
                TpmKey **ret_key)
{
        return -EOPNOTSUPP;
}

TpmKey *tpm_key_free(TpmKey *key)
{
        return NULL;
}

const TpmBytes *tpm_key_get_public(const TpmKey *key)
{
        return NULL;
}

int tpm_key_sign(TpmKey *key, const Digest *digest, uint8_t *bytes, size_t *size)
{
        return -EOPNOTSUPP;
}

int tpm_key_create(int root_fd, const char *tcti, KeyType type, const char *auth, Tss2Key *ret_file)
{
        return -EOPNOTSUPP;
}

int tpm_key_persist(TpmKey *key, uint32_t handle)
{
        return -EOPNOTSUPP;
}

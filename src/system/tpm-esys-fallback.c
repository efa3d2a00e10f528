/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built without tpm2-tss: says whether there is a TPM that one could have asked. */
#include "base/strings.h"
#include "system/tpm-device.h"
#include "system/tpm-esys.h"

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

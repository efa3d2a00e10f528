/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection to a TPM 2.0 through tpm2-tss; only system/tpm.c uses it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "system/tpm-quote.h"

typedef struct TpmEsys TpmEsys;

/*
 * tcti is "device:PATH", PATH a character device below the root, or another complete one. -ENODEV
 * when the device does not exist: then the library is not even asked. -EACCES, -EBUSY, -EIO;
 * -EOPNOTSUPP when built without tpm2-tss and there is a device.
 */
int tpm_esys_new(int root_fd, const char *tcti, TpmEsys **ret_esys);
TpmEsys *tpm_esys_free(TpmEsys *esys);

/* See tpm_get_banks(), tpm_get_pcr_count() and tpm_read_pcr(). */
int tpm_esys_get_banks(TpmEsys *esys, HashAlgorithm *ret_banks, size_t max, size_t *ret_n_banks);
int tpm_esys_get_pcr_count(TpmEsys *esys, uint32_t *ret_count);
int tpm_esys_read_pcr(TpmEsys *esys, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

/* See tpm_make_quote() and tpm_read_ek_certificate(). */
int tpm_esys_quote(TpmEsys *esys, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                const void *nonce, size_t nonce_size, TpmQuote *ret_quote);
int tpm_esys_read_ek_certificate(TpmEsys *esys, TpmBytes *ret_bytes);

DEFINE_CLEANUP_FUNC(TpmEsys *, tpm_esys_free)
#define _cleanup_tpm_esys_ _cleanup_(tpm_esys_freep)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCR values of the machine's TPM 2.0: from sysfs where the kernel offers them
 * (/sys/class/tpm/tpm0/pcr-ALGORITHM/NUMBER, drivers/char/tpm/tpm-sysfs.c, since Linux 5.12), else
 * through tpm2-tss ESYS.
 *
 * The TCTI is always given in full. The search that tpm2-tss makes by default ends at TCP port 2321
 * of the local host, which any user can serve with a TPM of his own making.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "core/measurements/pcr-value.h"
#include "system/tpm-quote.h"

#define TPM_TCTI "device:/dev/tpmrm0"
#define TPM_PCRS 24
#define TPM_BANKS_MAX 8

typedef enum TpmSource {
        TPM_SOURCE_NONE, /* nothing was read yet, or there is no TPM */
        TPM_SOURCE_SYSFS,
        TPM_SOURCE_ESYS,
        TPM_SOURCE_MAX,
} TpmSource;

/* "none", "sysfs", "esys". */
const char *tpm_source_to_string(TpmSource source);

typedef struct Tpm Tpm;

/*
 * tcti is "device:PATH", with PATH below the root, or "swtpm:CONFIGURATION". -EINVAL for another
 * one and for one without configuration, which would leave the choice to the library. root_fd is
 * borrowed for the lifetime of the Tpm. The TPM itself is first asked by the functions below, each
 * time anew after a failure: it may come, go and come back.
 */
int tpm_new(int root_fd, const char *tcti, Tpm **ret_tpm);
Tpm *tpm_free(Tpm *tpm);

/*
 * The allocated banks whose hashes imad knows, at most max of them (-E2BIG). -ENODEV without a TPM,
 * -EACCES without permission, -EBUSY, -EUCLEAN when it was reset and not started, -EAGAIN while it
 * is locked out, -EIO, -EOPNOTSUPP when sysfs has no PCRs and imad was built
 * without tpm2-tss.
 */
int tpm_get_banks(Tpm *tpm, HashAlgorithm *ret_banks, size_t max, size_t *ret_n_banks);

/* How many PCRs the TPM has, 24 of those for PCs. Errors as above. */
int tpm_get_pcr_count(Tpm *tpm, uint32_t *ret_count);

/* -ENOENT when the bank is not allocated or the PCR does not exist; else as above. */
int tpm_read_pcr(Tpm *tpm, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

/* Sets the values of these PCRs (bit mask) in the list, bank by bank. Errors as above. */
int tpm_read_pcrs(Tpm *tpm, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                PcrValueList *values);

/*
 * Lets imad's attestation key sign the nonce and these PCRs (bit mask) of these banks. The key is a
 * restricted primary key of the endorsement hierarchy: the TPM derives it from the seed that it was
 * made with, so it is always the same, needs no storage, and cannot leave the TPM; and the TPM
 * shows its reset counters to keys of this hierarchy only. -EINVAL for too long a nonce,
 * -EKEYREJECTED when the hierarchy has a password, -EAGAIN while the TPM is locked out, -ENODEV,
 * -EACCES, -EBUSY, -EIO, -EOPNOTSUPP as above.
 */
int tpm_make_quote(Tpm *tpm, const HashAlgorithm *banks, size_t n_banks, uint32_t pcrs,
                const void *nonce, size_t nonce_size, TpmQuote *ret_quote);

/* The certificate of the endorsement key, as the TPM holds it. -ENOENT when it has none. */
int tpm_read_ek_certificate(Tpm *tpm, TpmBytes *ret_bytes);

/* Where the last answer came from. */
TpmSource tpm_get_source(const Tpm *tpm);

DEFINE_CLEANUP_FUNC(Tpm *, tpm_free)
#define _cleanup_tpm_ _cleanup_(tpm_freep)

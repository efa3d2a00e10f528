/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/tpm-esys.h"

#include <stdio.h>
#include <tss2/tss2_tctildr.h>

#include "base/strings.h"
#include "base/tcg-algorithm.h"
#include "system/tpm-device.h"
#include "system/tpm-esys-context.h"

int tpm_esys_error(TSS2_RC rc)
{
        static const struct {
                TSS2_RC rc;
                int error;
        } errors[] = {
                {TSS2_BASE_RC_NOT_PERMITTED, -EACCES },
                { TSS2_BASE_RC_TRY_AGAIN,    -EBUSY  },
                { TSS2_BASE_RC_MEMORY,       -ENOMEM },
                { TPM2_RC_RETRY,             -EBUSY  },
                { TPM2_RC_YIELDED,           -EBUSY  },
                { TPM2_RC_TESTING,           -EBUSY  },
                { TPM2_RC_INITIALIZE,        -EUCLEAN},
                { TPM2_RC_LOCKOUT,           -EAGAIN },
        };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if ((rc & ~TSS2_RC_LAYER_MASK) == errors[i].rc)
                        return errors[i].error;
        return -EIO;
}

static int initialize(TpmEsys *esys, const char *tcti)
{
        char path[64];
        TSS2_RC rc;

        /* The checked device itself, not whatever its path means by now or outside the root. */
        if (esys->device_fd >= 0) {
                (void) snprintf(path, sizeof(path), "device:/proc/self/fd/%d", esys->device_fd);
                tcti = path;
        }
        rc = Tss2_TctiLdr_Initialize(tcti, &esys->tcti);
        if (rc != TSS2_RC_SUCCESS)
                return tpm_esys_error(rc);
        rc = Esys_Initialize(&esys->context, esys->tcti, NULL);
        return rc == TSS2_RC_SUCCESS ? 0 : tpm_esys_error(rc);
}

int tpm_esys_new(int root_fd, const char *tcti, TpmEsys **ret_esys)
{
        _cleanup_tpm_esys_ TpmEsys *esys = NULL;
        const char *path = string_after(tcti, "device:");
        int r;

        esys = calloc(1, sizeof(*esys));
        if (!esys)
                return -ENOMEM;
        esys->device_fd = -EBADF;
        if (path) {
                r = tpm_device_open(root_fd, path);
                if (r < 0)
                        return r;
                esys->device_fd = r;
        }
        /* The library writes to stderr by itself; the caller reports what the error code says. */
        (void) setenv("TSS2_LOG", "all+none", 0);
        r = initialize(esys, tcti);
        if (r < 0)
                return r;
        *ret_esys = TAKE_PTR(esys);
        return 0;
}

TpmEsys *tpm_esys_free(TpmEsys *esys)
{
        if (esys) {
                if (esys->context)
                        Esys_Finalize(&esys->context);
                if (esys->tcti)
                        Tss2_TctiLdr_Finalize(&esys->tcti);
                cleanup_closep(&esys->device_fd);
                free(esys);
        }
        return NULL;
}

static bool selection_is_empty(const TPMS_PCR_SELECTION *selection)
{
        for (size_t i = 0; i < selection->sizeofSelect && i < sizeof(selection->pcrSelect); i++)
                if (selection->pcrSelect[i] != 0)
                        return false;
        return true;
}

int tpm_esys_get_banks(TpmEsys *esys, HashAlgorithm *ret_banks, size_t max, size_t *ret_n_banks)
{
        _cleanup_(esys_memory_freep) TPMS_CAPABILITY_DATA *data = NULL;
        const TPML_PCR_SELECTION *pcrs;
        size_t n = 0;
        TSS2_RC rc;

        rc = Esys_GetCapability(esys->context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        TPM2_CAP_PCRS, 0, TPM2_MAX_CAP_HANDLES, NULL, &data);
        if (rc != TSS2_RC_SUCCESS)
                return tpm_esys_error(rc);
        pcrs = &data->data.assignedPCR;
        for (size_t i = 0; i < pcrs->count && i < ELEMENTSOF(pcrs->pcrSelections); i++) {
                HashAlgorithm algorithm = tcg_algorithm_to_hash(pcrs->pcrSelections[i].hash);

                if (algorithm < 0 || selection_is_empty(&pcrs->pcrSelections[i]))
                        continue;
                if (n == max)
                        return -E2BIG;
                ret_banks[n++] = algorithm;
        }
        *ret_n_banks = n;
        return 0;
}

int tpm_esys_get_pcr_count(TpmEsys *esys, uint32_t *ret_count)
{
        _cleanup_(esys_memory_freep) TPMS_CAPABILITY_DATA *data = NULL;
        const TPML_TAGGED_TPM_PROPERTY *properties;
        TSS2_RC rc = Esys_GetCapability(esys->context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PCR_COUNT, 1, NULL, &data);

        if (rc != TSS2_RC_SUCCESS)
                return tpm_esys_error(rc);
        properties = &data->data.tpmProperties;
        if (properties->count == 0 || properties->tpmProperty[0].property != TPM2_PT_PCR_COUNT)
                return -EIO;
        *ret_count = properties->tpmProperty[0].value;
        return 0;
}

/* The TPM answers for allocated banks only, and unselects what it did not read. */
static int take_value(const TPML_PCR_SELECTION *selected, const TPML_DIGEST *values,
                HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        Digest digest = { .algorithm = bank, .size = hash_algorithm_size(bank) };

        if (selected->count != 1 || values->count == 0 ||
                        !(selected->pcrSelections[0].pcrSelect[pcr / 8] & (1U << pcr % 8)))
                return -ENOENT;
        if (values->digests[0].size != digest.size)
                return -EIO;
        memcpy(digest.bytes, values->digests[0].buffer, digest.size);
        *ret_digest = digest;
        return 0;
}

int tpm_esys_read_pcr(TpmEsys *esys, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        _cleanup_(esys_memory_freep) TPML_PCR_SELECTION *selected = NULL;
        _cleanup_(esys_memory_freep) TPML_DIGEST *values = NULL;
        TPML_PCR_SELECTION selection = {
                .count = 1,
                .pcrSelections = { { .hash = tcg_algorithm_from_hash(bank), .sizeofSelect = 3 } },
        };
        UINT32 counter;
        TSS2_RC rc;

        if (selection.pcrSelections[0].hash == TCG_ALGORITHM_ERROR || pcr >= 24)
                return -ENOENT;
        selection.pcrSelections[0].pcrSelect[pcr / 8] = (BYTE) (1U << pcr % 8);
        rc = Esys_PCR_Read(esys->context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection,
                        &counter, &selected, &values);
        /* A hash that this TPM has never heard of. */
        if ((rc & ~(TSS2_RC) TPM2_RC_N_MASK & ~(TSS2_RC) TPM2_RC_P) == TPM2_RC_HASH)
                return -ENOENT;
        if (rc != TSS2_RC_SUCCESS)
                return tpm_esys_error(rc);
        return take_value(selected, values, bank, pcr, ret_digest);
}

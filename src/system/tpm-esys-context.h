/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files over tpm2-tss share; only system/tpm-esys*.c include it. */
#pragma once

#include <tss2/tss2_esys.h>

#include "system/tpm-esys.h"

struct TpmEsys {
        int device_fd; /* -EBADF for a TCTI without device file */
        TSS2_TCTI_CONTEXT *tcti;
        ESYS_CONTEXT *context;
};

/* What a TPM or a layer of the library says, as far as a caller can act on it. */
int tpm_esys_error(TSS2_RC rc);

static inline void esys_memory_freep(void *p)
{
        Esys_Free(*(void **) p);
}

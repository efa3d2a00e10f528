/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clear-signed texts, armored keys and what gpgv says, over arbitrary bytes. */
#include <stdlib.h>

#include "core/provenance/gpgv-status.h"
#include "core/provenance/pgp-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_buffer_ Buffer content = { 0 }, signature = { 0 }, keys = { 0 };
        const char *text = (const char *) data;
        GpgvStatus status;

        if (pgp_text_split_signed(text, size, &content, &signature) >= 0 &&
                        content.size + signature.size > size)
                abort();
        (void) pgp_text_decode_keys(text, size, &keys);
        if (keys.size > size)
                abort();
        status = gpgv_status_parse(text, size, NULL);
        if ((status.verdict == GPGV_GOOD) != (status.fingerprint[0] != '\0'))
                abort();
        return 0;
}

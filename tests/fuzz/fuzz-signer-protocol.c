/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients send to imad-signer, what it answers, and keys of a TPM in a file. */
#include <stdlib.h>
#include <string.h>

#include "core/signature/signer-protocol.h"
#include "core/signature/tss2-key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t again[SIGNER_PROTOCOL_REQUEST_MAX];
        SignerRequest request;
        SignerAnswer answer;
        Tss2Key key;

        if (signer_request_parse(data, size, &request) >= 0 &&
                        request.kind == SIGNER_PROTOCOL_SIGN &&
                        (signer_request_format(&request, again) != size ||
                                        memcmp(again, data, size) != 0))
                abort();
        (void) signer_answer_parse(data, size, &answer);
        (void) tss2_key_parse_pem(data, size, &key);
        return 0;
}

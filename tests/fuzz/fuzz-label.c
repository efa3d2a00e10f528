/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an attribute of either name, and as the end of a file: what parses formats again. */
#include <stdlib.h>
#include <string.h>

#include "core/signature/file-label.h"
#include "core/signature/modsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const FileLabel *label, const uint8_t *data, size_t size)
{
        uint8_t *value = NULL;
        size_t formatted = size;
        int r = 0;

        if (label->kind == FILE_LABEL_SIGNATURE)
                r = signature_format(&label->signature, &value, &formatted);
        else if (label->kind == FILE_LABEL_DIGEST_NG && label->digest.algorithm > HASH_SHA1)
                r = file_label_format_digest(&label->digest, &value, &formatted);
        if (r < 0 || (value && formatted + label->unused != size) ||
                        (value && memcmp(value, data, formatted) != 0))
                abort();
        free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        HashAlgorithm hash;
        Modsig modsig;

        for (int i = 0; i < FILE_LABEL_ATTRIBUTE_MAX; i++) {
                FileLabel label;

                if (file_label_parse((FileLabelAttribute) i, data, size, &label) < 0)
                        continue;
                if (label.kind == FILE_LABEL_SIGNATURE || label.kind == FILE_LABEL_DIGEST_NG)
                        check_round_trip(&label, data, size);
                json_decref(file_label_to_json(&label));
        }
        if (modsig_parse(data, size, size, &modsig) >= 0) {
                if (modsig.content_size + modsig.der_size + MODSIG_TAIL_SIZE != size)
                        abort();
                (void) modsig_get_hash(data + modsig.content_size, modsig.der_size, &hash);
        }
        return 0;
}

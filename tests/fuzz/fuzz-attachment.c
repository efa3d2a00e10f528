/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of a transaction's journal: what is parsed comes out of the formatter and goes in again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "core/signature/attachment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *record = strndup((const char *) data, size);
        _cleanup_buffer_ Buffer first = { 0 }, second = { 0 };
        Attachment attachment;

        if (!record || attachment_parse(record, &attachment) < 0)
                return 0;
        if (attachment_format(&attachment, &first) < 0 ||
                        attachment_parse(first.data, &attachment) < 0 ||
                        attachment_format(&attachment, &second) < 0 || first.size != second.size ||
                        memcmp(first.data, second.data, first.size) != 0)
                abort();
        return 0;
}

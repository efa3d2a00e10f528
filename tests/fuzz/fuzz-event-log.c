/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware's event log, and the boot_aggregate that is made of it, over arbitrary bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "core/measurements/boot-aggregate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_diags_ DiagList diags = { 0 };
        EventLog log;
        Digest digest;
        int r = event_log_replay(data, size, &log, &diags, "fuzz");

        if ((r < 0) != (diags.errors > 0) && size <= EVENT_LOG_SIZE_MAX)
                abort();
        (void) boot_aggregate_compute(HASH_SHA1, NULL, &log, &digest);
        (void) boot_aggregate_compute(HASH_SHA256, NULL, &log, &digest);
        return 0;
}

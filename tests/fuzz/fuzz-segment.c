/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heads of archived segments. */
#include <stdint.h>
#include <stdlib.h>

#include "core/measurements/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const HashAlgorithm bank = HASH_SHA1;
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_free_ char *line = NULL;
        Segment segment, again;

        if (segment_parse((const char *) data, size, &segment) < 0)
                return 0;
        if (replay_new(&bank, 1, &replay) < 0 || segment_format(&segment, replay, &line) < 0 ||
                        segment_parse(line, strlen(line) - 1, &again) < 0)
                abort();
        return 0;
}

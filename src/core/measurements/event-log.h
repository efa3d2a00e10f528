/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The firmware's event log (binary_bios_measurements), replayed: what it says that the boot PCRs
 * must hold. Both forms are read, that of TPM 1.2 (SHA-1 only) and the crypto-agile one.
 * Source: TCG PC Client Platform Firmware Profile, "Event Logging" (TCG_PCClientPCREvent,
 * TCG_EfiSpecIdEvent, TCG_PCR_EVENT2, StartupLocality). Integers are little-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/digest.h"

#define EVENT_LOG_BANKS_MAX 16
#define EVENT_LOG_PCRS 24
#define EVENT_LOG_SIZE_MAX ((size_t) 16 << 20)

typedef struct EventLogBank {
        HashAlgorithm algorithm; /* HASH_ALGORITHM_INVALID: not replayed */
        uint16_t tcg_id;
        uint16_t digest_size;
        uint8_t pcrs[EVENT_LOG_PCRS][DIGEST_SIZE_MAX];
} EventLogBank;

/* Plain data. */
typedef struct EventLog {
        bool agile;
        uint64_t events;   /* complete ones, the header event not counted */
        uint64_t extended; /* bit mask of the PCRs that an event extends */
        size_t n_banks;
        EventLogBank banks[EVENT_LOG_BANKS_MAX];
} EventLog;

/*
 * Replays a log. -EBADMSG for a log that is cut off or malformed, with an E42x and its byte offset
 * in diags: *ret_log is then what came before. -E2BIG above EVENT_LOG_SIZE_MAX.
 */
int event_log_replay(const void *bytes, size_t size, EventLog *ret_log, DiagList *diags,
                const char *source);

/* -ENOENT when the log has no such bank or imad cannot replay it, or the TPM has no such PCR. */
int event_log_get_pcr(const EventLog *log, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

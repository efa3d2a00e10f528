/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check of one evidence file, anywhere and without a TPM:
 *
 *   quote        signed by the expected key, made by a TPM, of the expected nonce
 *   PCR values   those that the quote covers
 *   event log    gives PCR 0 to 7
 *   list         gives PCR 10 in every quoted bank after one and the same entry; what follows on
 *                that entry was measured after the quote, and proves nothing
 *   files        signed, or on the allow list
 *
 * The result as JSON:
 *
 *   {"status": "verified"|"consistent"|"refuted"|"malformed", "failed": check|null,
 *    "checks": [{"check", "result": "passed"|"failed"|"skipped"}],
 *    "key": {"type", "fingerprint", "pinned"}, "reset_count", "restart_count", "clock_msec",
 *    "banks": [name], "entries", "attested", "violations", "other_pcrs",
 *    "signatures": {"good", "bad", "unknown_key", "unsigned", "unchecked"},
 *    "files": {"allowed", "unknown", "changed"}}
 */
#pragma once

#include <jansson.h>

#include "core/attest/attest-key.h"
#include "core/attest/evidence.h"
#include "core/measurements/allow-list.h"
#include "core/measurements/list.h"
#include "core/signature/certificate.h"

/* In the order in which the first thing wrong is told. */
typedef enum AttestationCheck {
        ATTESTATION_CHECK_KEY,
        ATTESTATION_CHECK_SIGNATURE,
        ATTESTATION_CHECK_NONCE,
        ATTESTATION_CHECK_PCRS,
        ATTESTATION_CHECK_EVENT_LOG,
        ATTESTATION_CHECK_LIST,
        ATTESTATION_CHECK_BOOT_AGGREGATE,
        ATTESTATION_CHECK_ENTRIES,
        ATTESTATION_CHECK_SIGNATURES,
        ATTESTATION_CHECK_ALLOW_LIST,
        ATTESTATION_CHECK_MAX,
} AttestationCheck;

typedef enum AttestationStatus {
        ATTESTATION_VERIFIED,
        ATTESTATION_CONSISTENT, /* all right, but whose key it is was not asked for */
        ATTESTATION_REFUTED,
        ATTESTATION_MALFORMED,
} AttestationStatus;

/* What the verifier knows by itself. Borrowed, must outlive the attestation; NULL: not known. */
typedef struct AttestationExpectation {
        const AttestKey *key;
        const void *nonce;
        size_t nonce_size;
        const CertificateList *certificates;
        const AllowList *allow_list; /* sorted */
} AttestationExpectation;

typedef struct Attestation Attestation;

/*
 * Checks everything but the measurement list, which follows. Keeps nothing of the evidence. What is
 * wrong becomes a diagnostic of `source`. -EBADMSG for evidence that cannot be read (E450),
 * -EOPNOTSUPP for a hash or key that imad cannot check, -ENOMEM.
 */
int attestation_new(const Evidence *evidence, const AttestationExpectation *expectation,
                DiagList *diags, const char *source, Attestation **ret_attestation);
Attestation *attestation_free(Attestation *attestation);

/* Takes all complete entries out of the reader; a malformed one is left to the reader's finish. */
int attestation_drain(Attestation *attestation, MeasurementReader *reader, DiagList *diags,
                const char *source);

/* Ends reader and attestation. */
int attestation_finish(Attestation *attestation, MeasurementReader *reader, DiagList *diags,
                const char *source, AttestationStatus *ret_status, json_t **ret_json);

DEFINE_CLEANUP_FUNC(Attestation *, attestation_free)
#define _cleanup_attestation_ _cleanup_(attestation_freep)

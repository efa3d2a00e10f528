/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of an evidence file; imad.evidence(5). Each is a member of the archive under its name
 * here, in the form in which TPM, kernel or firmware give it out, so that other tools can use it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Value of "format" in evidence.json. */
#define EVIDENCE_FORMAT 1

/* PCRs that a quote covers in every bank: firmware, boot loader and IMA. */
#define EVIDENCE_PCRS 0x7ffU

typedef enum EvidencePart {
        EVIDENCE_MANIFEST,
        EVIDENCE_KEY,            /* TPM2B_PUBLIC */
        EVIDENCE_KEY_PEM,        /* the same for tools that do not know TPMs */
        EVIDENCE_QUOTE,          /* TPMS_ATTEST */
        EVIDENCE_SIGNATURE,      /* TPMT_SIGNATURE */
        EVIDENCE_PCR_VALUES,     /* in the order of the quote, without separators */
        EVIDENCE_EK_CERTIFICATE, /* DER */
        EVIDENCE_EVENT_LOG,      /* binary_bios_measurements */
        EVIDENCE_LIST,           /* binary_runtime_measurements; the last member */
        EVIDENCE_PART_MAX,
} EvidencePart;

typedef struct EvidencePartInfo {
        const char *name;
        size_t limit; /* bytes; 0: none */
        bool required;
} EvidencePartInfo;

/* By EvidencePart. */
extern const EvidencePartInfo evidence_parts[EVIDENCE_PART_MAX];

/* EVIDENCE_PART_MAX when there is no part of this name. */
EvidencePart evidence_part_from_name(const char *name);

/* Contents of all parts but the list; data NULL: absent. */
typedef struct Evidence {
        struct {
                uint8_t *data;
                size_t size;
        } parts[EVIDENCE_PART_MAX];
} Evidence;

void evidence_done(Evidence *evidence);

/* Puts a copy in the place of the part. -ENOMEM. */
int evidence_set(Evidence *evidence, EvidencePart part, const void *bytes, size_t size);

/* Fills the manifest; generator names the program and its version. -ENOMEM. */
int evidence_set_manifest(Evidence *evidence, const char *generator);

/* The format that the manifest names; 0: none. */
uint64_t evidence_get_format(const Evidence *evidence);

#define _cleanup_evidence_ _cleanup_(evidence_done)

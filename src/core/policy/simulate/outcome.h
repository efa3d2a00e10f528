/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a request comes to for one file: the decision, and what of it really happens after what the
 * kernel remembers of the file (process_measurement() in security/integrity/ima/ima_main.c). Flags
 * of earlier requests stay with the file, it is measured once into each PCR and audited once, and
 * what has passed is not appraised again.
 */
#pragma once

#include "core/policy/simulate/appraisal.h"

/* The kernel's slots for cached results (get_subaction()). */
typedef enum OutcomeSlot {
        OUTCOME_SLOT_FILE,
        OUTCOME_SLOT_MMAP,
        OUTCOME_SLOT_BPRM,
        OUTCOME_SLOT_CREDS,
        OUTCOME_SLOT_READ,
        OUTCOME_SLOT_MAX,
} OutcomeSlot;

/* Zero: nothing was asked about the file yet. */
typedef struct OutcomeMemory {
        unsigned flags;    /* SimulateFlag */
        uint32_t measured; /* bits by PCR; the kernel's shift wraps at 32 */
        bool is_audited;
        bool is_collected; /* a digest was computed */
        bool has_passed[OUTCOME_SLOT_MAX];
} OutcomeMemory;

typedef struct Outcome {
        SimulateDecision decision; /* with the flags that count */
        Appraisal appraisal;
        bool is_measured; /* the list gets an entry, if there is none like it */
        bool is_audited;
        bool is_hashed; /* security.ima is written when the last writer closes the file */
} Outcome;

/* The default PCR is CONFIG_IMA_MEASURE_PCR_IDX. */
Outcome outcome_ask(OutcomeMemory *memory, const Simulator *simulator, const Request *request,
                const AppraisalFile *file, const AppraisalSettings *settings,
                const AppraisalOracle *oracle);

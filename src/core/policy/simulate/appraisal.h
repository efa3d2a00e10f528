/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an appraised file fares, as far as its label tells: ima_appraise_measurement() and
 * xattr_verify() in security/integrity/ima/ima_appraise.c. What needs a key or the file's content
 * is asked of whoever calls; without an answer the outcome is open.
 */
#pragma once

#include "base/digest.h"
#include "core/policy/simulate/simulate.h"

/* The first byte of security.ima (security/integrity/integrity.h). */
typedef enum AppraisalLabelType {
        APPRAISAL_LABEL_DIGEST = 0x01,
        APPRAISAL_LABEL_SIGNATURE = 0x03,
        APPRAISAL_LABEL_DIGEST_NG = 0x04,
        APPRAISAL_LABEL_VERITY_SIGNATURE = 0x06,
} AppraisalLabelType;

typedef enum AppraisalStatus {
        APPRAISAL_STATUS_NOT_APPRAISED,
        APPRAISAL_STATUS_PASSES,
        APPRAISAL_STATUS_OPEN,  /* depends on what nobody has verified here */
        APPRAISAL_STATUS_FIXED, /* ima_appraise=fix writes a new label */
        APPRAISAL_STATUS_FAILS,
        APPRAISAL_STATUS_MAX,
} AppraisalStatus;

typedef struct AppraisalFile {
        const uint8_t *label; /* security.ima, borrowed */
        size_t label_size;    /* 0: none */
        bool has_xattrs;      /* the file system supports them */
        bool has_evm_label;   /* security.evm is there */
        bool is_new;          /* created by this open */
        bool is_direct;       /* opened with O_DIRECT */
        bool is_unverifiable; /* a FUSE file system */
        bool has_verity;      /* fs-verity is on for it */
        uint64_t size;
} AppraisalFile;

/* What EVM says of a file that has security.evm (evm_verify_hmac() in evm_main.c). */
typedef enum AppraisalEvm {
        APPRAISAL_EVM_OPEN, /* nobody has verified it here */
        APPRAISAL_EVM_PASSES,
        APPRAISAL_EVM_PASSES_IMMUTABLE, /* by a portable signature */
        APPRAISAL_EVM_FAILS,
        APPRAISAL_EVM_FAILS_IMMUTABLE,
} AppraisalEvm;

/* Answers to what the label alone does not tell. Each function may be NULL. */
typedef struct AppraisalOracle {
        /* The file's digest; with is_verity that of fs-verity, -ENODATA when it has none. */
        int (*digest)(void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest);
        /*
         * 1: the signature in security.ima verifies, 0: it does not, -EKEYREJECTED: nor is there
         * such a key, so that an appended one counts; else it stays open. With is_verity the digest
         * is that of fs-verity.
         */
        int (*verify)(void *userdata, const AppraisalFile *file, const Request *request,
                        bool is_verity);
        void *userdata;
        AppraisalEvm (*evm)(void *userdata, const AppraisalFile *file, const Request *request);
        /* The same of the appended signature; -ENODATA: there is none. */
        int (*verify_appended)(void *userdata, const AppraisalFile *file, const Request *request);
} AppraisalOracle;

/* What the machine is set to. */
typedef struct AppraisalSettings {
        unsigned mode;           /* AppraiseMode of builtin.h */
        HashAlgorithm algorithm; /* ima_hash= */
        bool is_evm_active;      /* EVM has a key, so that labels need security.evm */
        unsigned default_pcr;    /* CONFIG_IMA_MEASURE_PCR_IDX */
} AppraisalSettings;

typedef struct Appraisal {
        AppraisalStatus status;
        const char *cause; /* as the kernel's audit record gives it; NULL: none */
        bool is_denied;    /* it fails and the mode enforces */
        bool has_key_id;
        uint32_t key_id; /* of a signature */
} Appraisal;

Appraisal appraisal_judge(const SimulateDecision *decision, const Request *request,
                const AppraisalFile *file, const AppraisalSettings *settings,
                const AppraisalOracle *oracle);

/* What passes is held against appraise_algos= behind that, also when O_DIRECT was permitted. */
Appraisal appraisal_check_algorithm(const SimulateDecision *decision, const AppraisalFile *file,
                const AppraisalSettings *settings);

/* The algorithm that the file is hashed with, for measurements too (ima_get_hash_algo()). */
HashAlgorithm appraisal_get_algorithm(
                const uint8_t *label, size_t size, HashAlgorithm default_algorithm);

const char *appraisal_status_to_string(AppraisalStatus status);

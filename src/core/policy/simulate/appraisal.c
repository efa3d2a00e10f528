/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/appraisal.h"

#include "core/policy/simulate/builtin.h"

/* struct signature_v2_hdr */
#define SIGNATURE_HEADER_SIZE 9
#define SIGNATURE_VERSION 1
#define SIGNATURE_ALGORITHM 2
#define SIGNATURE_KEY_ID 3

#define MD5_LABEL_SIZE 17
#define SHA1_LABEL_SIZE 21

typedef struct Context {
        const SimulateDecision *decision;
        const Request *request;
        const AppraisalFile *file;
        const AppraisalSettings *settings;
        const AppraisalOracle *oracle;
        AppraisalEvm evm; /* passes where EVM is not active */
        int appended;     /* what the appended signature comes to; -ENODATA: nobody looks at one */
} Context;

static Appraisal fails(const char *cause)
{
        return (Appraisal){ .status = APPRAISAL_STATUS_FAILS, .cause = cause };
}

static Appraisal open_outcome(const char *cause)
{
        return (Appraisal){ .status = APPRAISAL_STATUS_OPEN, .cause = cause };
}

static HashAlgorithm valid_or(unsigned id, HashAlgorithm default_algorithm)
{
        return id < HASH_ALGORITHM_MAX ? (HashAlgorithm) id : default_algorithm;
}

HashAlgorithm appraisal_get_algorithm(
                const uint8_t *label, size_t size, HashAlgorithm default_algorithm)
{
        if (size < 2)
                return default_algorithm;
        switch (label[0]) {
        case APPRAISAL_LABEL_SIGNATURE:
        case APPRAISAL_LABEL_VERITY_SIGNATURE:
                if (size <= SIGNATURE_HEADER_SIZE ||
                                label[SIGNATURE_VERSION] !=
                                                (label[0] == APPRAISAL_LABEL_SIGNATURE ? 2 : 3))
                        return default_algorithm;
                return valid_or(label[SIGNATURE_ALGORITHM], default_algorithm);
        case APPRAISAL_LABEL_DIGEST_NG:
                return valid_or(label[1], default_algorithm);
        case APPRAISAL_LABEL_DIGEST:
                /* An MD5 label may be padded to the size of SHA-1. */
                if (size == SHA1_LABEL_SIZE)
                        return bytes_are_zero(label + MD5_LABEL_SIZE,
                                               SHA1_LABEL_SIZE - MD5_LABEL_SIZE)
                                               ? HASH_MD5
                                               : HASH_SHA1;
                return size == MD5_LABEL_SIZE ? HASH_MD5 : default_algorithm;
        default:
                return default_algorithm;
        }
}

static bool requires_signature(const Context *c)
{
        return c->decision->flags & SIMULATE_FLAG_SIGNATURE;
}

static const char *missing_signature(const Context *c)
{
        return c->decision->flags & SIMULATE_FLAG_VERITY ? "verity-signature-required"
                                                         : "IMA-signature-required";
}

/* modsig_verify() of ima_appraise.c. */
static Appraisal judge_appended(const Context *c)
{
        if (c->appended > 0)
                return (Appraisal){ .status = APPRAISAL_STATUS_PASSES };
        return c->appended == 0 || c->appended == -EKEYREJECTED ? fails("invalid-signature")
                                                                : open_outcome("modsig");
}

static Appraisal judge_unlabelled(const Context *c)
{
        if (c->appended != -ENODATA)
                return judge_appended(c);
        if (c->file->is_new && (!requires_signature(c) || c->file->size == 0))
                return (Appraisal){ .status = APPRAISAL_STATUS_PASSES };
        return fails(requires_signature(c) ? missing_signature(c) : "missing-hash");
}

/* The label's bytes behind its header begin with the digest; more may follow. */
static Appraisal judge_digest(const Context *c)
{
        const AppraisalFile *file = c->file;
        size_t start = file->label[0] == APPRAISAL_LABEL_DIGEST_NG ? 2 : 1;
        HashAlgorithm algorithm = appraisal_get_algorithm(
                        file->label, file->label_size, c->settings->algorithm);
        Digest digest;

        if (requires_signature(c) && c->evm != APPRAISAL_EVM_PASSES_IMMUTABLE)
                return fails(missing_signature(c));
        if (file->label_size < start + hash_algorithm_size(algorithm))
                return fails("invalid-hash");
        if (!c->oracle || !c->oracle->digest ||
                        c->oracle->digest(c->oracle->userdata, algorithm,
                                        c->decision->flags & SIMULATE_FLAG_VERITY, &digest) < 0)
                return open_outcome("hash");
        if (file->label_size < start + digest.size ||
                        memcmp(file->label + start, digest.bytes, digest.size) != 0)
                return fails("invalid-hash");
        return (Appraisal){ .status = APPRAISAL_STATUS_PASSES };
}

static Appraisal judge_verified(const Context *c, const char *cause)
{
        const AppraisalFile *file = c->file;
        int verified = -ENOKEY;
        Appraisal a;

        if (file->label_size <= SIGNATURE_HEADER_SIZE)
                return fails(cause);
        if (c->oracle && c->oracle->verify)
                verified = c->oracle->verify(c->oracle->userdata, file, c->request,
                                c->decision->flags & SIMULATE_FLAG_VERITY);
        if (verified == -EKEYREJECTED && c->appended != -ENODATA &&
                        file->label[0] == APPRAISAL_LABEL_SIGNATURE)
                return judge_appended(c);
        a = verified > 0 ? (Appraisal){ .status = APPRAISAL_STATUS_PASSES }
            : verified == 0 || verified == -EKEYREJECTED ? fails(cause)
                                                         : open_outcome("signature");
        a.has_key_id = file->label[SIGNATURE_VERSION] >= 2;
        for (size_t i = 0; i < sizeof(a.key_id); i++)
                a.key_id = a.key_id << 8 | file->label[SIGNATURE_KEY_ID + i];
        return a;
}

static Appraisal judge_signature(const Context *c)
{
        if (requires_signature(c) && (c->decision->flags & SIMULATE_FLAG_VERITY))
                return fails("verity-signature-required");
        if (c->file->label_size < 2 || c->file->label[SIGNATURE_VERSION] >= 3)
                return fails("invalid-signature-version");
        return judge_verified(c, "invalid-signature");
}

static Appraisal judge_verity_signature(const Context *c)
{
        if (requires_signature(c) && !(c->decision->flags & SIMULATE_FLAG_VERITY))
                return fails("IMA-signature-required");
        if (c->file->label_size < 2 || c->file->label[SIGNATURE_VERSION] != 3)
                return fails("invalid-signature-version");
        return judge_verified(c, "invalid-verity-signature");
}

static Appraisal judge_label(const Context *c)
{
        switch (c->file->label[0]) {
        case APPRAISAL_LABEL_DIGEST_NG:
                return c->appended != -ENODATA ? judge_appended(c) : judge_digest(c);
        case APPRAISAL_LABEL_DIGEST:
                return judge_digest(c);
        case APPRAISAL_LABEL_SIGNATURE:
                return judge_signature(c);
        case APPRAISAL_LABEL_VERITY_SIGNATURE:
                return judge_verity_signature(c);
        default:
                return fails("unknown-ima-data");
        }
}

/* EVM is asked of files with a label only. */
static AppraisalEvm ask_evm(const AppraisalFile *file, const Request *request,
                const AppraisalSettings *settings, const AppraisalOracle *oracle)
{
        if (!settings->is_evm_active || file->label_size == 0)
                return APPRAISAL_EVM_PASSES;
        if (!file->has_evm_label || !oracle || !oracle->evm)
                return APPRAISAL_EVM_OPEN;
        return oracle->evm(oracle->userdata, file, request);
}

/* Rules that take one make the kernel look for it (ima_read_modsig() in ima_modsig.c). */
static int ask_appended(const SimulateDecision *decision, const Request *request,
                const AppraisalFile *file, const AppraisalOracle *oracle)
{
        if (!(decision->flags & SIMULATE_FLAG_MODSIG))
                return -ENODATA;
        if (!oracle || !oracle->verify_appended)
                return -ENOKEY;
        return oracle->verify_appended(oracle->userdata, file, request);
}

/* EVM comes first; what it does not refuse the label decides. */
static Appraisal judge_labelled(const Context *c)
{
        Appraisal a;

        if (c->settings->is_evm_active && !c->file->has_evm_label)
                return fails("missing-HMAC");
        if (c->evm == APPRAISAL_EVM_FAILS)
                return fails("invalid-HMAC");
        if (c->evm == APPRAISAL_EVM_FAILS_IMMUTABLE)
                return fails("invalid-fail-immutable");
        a = judge_label(c);
        if (c->evm == APPRAISAL_EVM_OPEN && a.status == APPRAISAL_STATUS_PASSES)
                return open_outcome("evm");
        return a;
}

static Appraisal judge_content(const Context *c)
{
        const AppraisalFile *file = c->file;
        Appraisal a;

        if (!file->has_xattrs && !(c->decision->flags & SIMULATE_FLAG_MODSIG))
                return fails(NULL);
        a = file->label_size == 0 ? judge_unlabelled(c) : judge_labelled(c);
        if (file->is_unverifiable && (c->decision->flags & SIMULATE_FLAG_FAIL_SECURELY))
                return fails("unverifiable-signature");
        if (a.status == APPRAISAL_STATUS_FAILS && (c->settings->mode & APPRAISE_MODE_FIX) &&
                        !(c->decision->flags & SIMULATE_FLAG_MODSIG) &&
                        !(file->label_size > 0 && file->label[0] == APPRAISAL_LABEL_SIGNATURE))
                a.status = APPRAISAL_STATUS_FIXED;
        return a;
}

Appraisal appraisal_check_algorithm(const SimulateDecision *decision, const AppraisalFile *file,
                const AppraisalSettings *settings)
{
        HashAlgorithm algorithm =
                        appraisal_get_algorithm(file->label, file->label_size, settings->algorithm);

        if (decision->algorithms == 0 || (decision->algorithms & (UINT64_C(1) << algorithm)))
                return (Appraisal){ .status = APPRAISAL_STATUS_PASSES };
        return (Appraisal){
                .status = APPRAISAL_STATUS_FAILS,
                .cause = "denied-hash-algorithm",
                .is_denied = settings->mode & APPRAISE_MODE_ENFORCE,
        };
}

/* What process_measurement() does around the appraisal. */
static Appraisal judge_request(const Context *c)
{
        const AppraisalFile *file = c->file;
        bool is_signed = file->label_size > 0 &&
                         (file->label[0] == APPRAISAL_LABEL_SIGNATURE ||
                                         file->label[0] == APPRAISAL_LABEL_VERITY_SIGNATURE);
        bool is_verity = c->decision->flags & SIMULATE_FLAG_VERITY;
        Appraisal a;

        if (is_verity && !file->has_verity)
                return fails(file->is_direct ? "failed(directio)" : "no-verity-digest");
        if (file->is_direct && (c->decision->flags & SIMULATE_FLAG_DIRECTIO))
                return appraisal_check_algorithm(c->decision, file, c->settings);
        /* The digest of fs-verity is there without a read. */
        if (file->is_direct && !is_verity)
                return fails("failed(directio)");
        a = judge_content(c);
        if (a.status == APPRAISAL_STATUS_PASSES)
                a = appraisal_check_algorithm(c->decision, file, c->settings);
        /* A signature would be void after the write. */
        if (is_signed && (c->request->mask & RULE_MASK_WRITE) && file->has_xattrs &&
                        a.status != APPRAISAL_STATUS_FAILS)
                a = fails(NULL);
        return a;
}

Appraisal appraisal_judge(const SimulateDecision *decision, const Request *request,
                const AppraisalFile *file, const AppraisalSettings *settings,
                const AppraisalOracle *oracle)
{
        Context c = { decision, request, file, settings, oracle };
        Appraisal a;

        if (!decision->classes[SIMULATE_CLASS_APPRAISE].is_done)
                return (Appraisal){ .status = APPRAISAL_STATUS_NOT_APPRAISED };
        c.evm = ask_evm(file, request, settings, oracle);
        c.appended = ask_appended(decision, request, file, oracle);
        a = judge_request(&c);
        a.is_denied = a.status == APPRAISAL_STATUS_FAILS &&
                      (settings->mode & APPRAISE_MODE_ENFORCE);
        return a;
}

const char *appraisal_status_to_string(AppraisalStatus status)
{
        static const char *const names[APPRAISAL_STATUS_MAX] = { "not-appraised", "passes", "open",
                "fixed", "fails" };

        return names[status];
}

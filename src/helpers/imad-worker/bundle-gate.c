/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/bundle-gate.h"

#include <endian.h>
#include <linux/magic.h>

#include "core/signature/evm.h"
#include "core/signature/file-label.h"

/* The file at hand, for the oracle. */
typedef struct Asked {
        const ManifestEntry *file, *labels;
        SignatureVerifier *verifier;
} Asked;

typedef struct Worst {
        AppraisalStatus status;
        const char *cause;
} Worst;

void bundle_gate_done(BundleGate *gate)
{
        simulation_done(&gate->simulation);
}

ExitCode bundle_gate_load(Worker *worker, BundleGate *ret_gate)
{
        if (simulation_read_override(worker, &ret_gate->override) < 0 ||
                        simulation_prepare(worker, &ret_gate->simulation) < 0)
                return worker->code;
        return EXIT_CODE_OK;
}

static int get_digest(void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        const Asked *asked = userdata;

        if (is_verity)
                return -ENODATA;
        if (asked->file->digest.algorithm != algorithm)
                return -EOPNOTSUPP;
        *ret_digest = asked->file->digest;
        return 0;
}

static int verify(void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        const Asked *asked = userdata;
        FileLabel label;

        if (!asked->labels || is_verity ||
                        file_label_parse(FILE_LABEL_IMA, file->label, file->label_size, &label) < 0)
                return 0;
        return signature_verifier_check(asked->verifier, &label.signature, &asked->file->digest) ==
               SIGNATURE_VERDICT_GOOD;
}

static AppraisalEvm ask_evm(void *userdata, const AppraisalFile *file, const Request *request)
{
        const Asked *asked = userdata;
        const EvmAttribute ima = { "security.ima", file->label, file->label_size };
        const ManifestEntry *labels = asked->labels;
        const EvmFile evm = {
                .attributes = &ima,
                .n_attributes = 1,
                .uid = asked->file->uid,
                .gid = asked->file->gid,
                .mode = (uint16_t) asked->file->mode,
                .big_endian = __BYTE_ORDER == __BIG_ENDIAN,
        };

        if (!labels || labels->evm.size == 0)
                return APPRAISAL_EVM_FAILS;
        /* Attributes that a directory had are not in the bundle: then it stays open. */
        return evm_check(&evm, labels->evm.value, labels->evm.size, asked->verifier) ==
                                               SIGNATURE_VERDICT_GOOD
                               ? APPRAISAL_EVM_PASSES_IMMUTABLE
                               : APPRAISAL_EVM_OPEN;
}

static void take_outcome(void *userdata, const Request *request, const Outcome *outcome)
{
        Worst *worst = userdata;

        if (outcome->appraisal.status <= worst->status)
                return;
        worst->status = outcome->appraisal.status;
        worst->cause = outcome->appraisal.cause;
}

AppraisalStatus bundle_gate_judge(const BundleGate *gate, const ManifestEntry *file,
                const ManifestEntry *labels, SignatureVerifier *verifier, const char **ret_cause)
{
        Asked asked = { file, labels, verifier };
        const AppraisalOracle oracle = {
                .digest = get_digest, .verify = verify, .userdata = &asked, .evm = ask_evm
        };
        FileFacts facts = {
                .stat = {.stx_mode = (uint16_t) file->mode, .stx_size = file->size},
                .magic = EXT4_SUPER_MAGIC,
                .has_xattrs = true,
                .has_evm_label = labels && labels->evm.size > 0,
        };
        Worst worst = { APPRAISAL_STATUS_NOT_APPRAISED, NULL };

        if (labels && labels->ima.size <= sizeof(facts.label)) {
                memcpy(facts.label, labels->ima.value, labels->ima.size);
                facts.label_size = labels->ima.size;
        }
        simulation_ask_file(&gate->simulation, &gate->override, file->path, &facts, &oracle,
                        take_outcome, &worst);
        *ret_cause = worst.cause;
        return worst.status;
}

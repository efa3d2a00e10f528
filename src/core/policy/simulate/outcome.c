/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/outcome.h"

#define SLOT_BITS 32U

static OutcomeSlot slot_of(const SimulateDecision *decision, RuleFunc func)
{
        if (decision->is_generic)
                return OUTCOME_SLOT_FILE;
        switch (func) {
        case RULE_FUNC_FILE_CHECK:
                return OUTCOME_SLOT_FILE;
        case RULE_FUNC_MMAP_CHECK:
        case RULE_FUNC_MMAP_CHECK_REQPROT:
                return OUTCOME_SLOT_MMAP;
        case RULE_FUNC_BPRM_CHECK:
                return OUTCOME_SLOT_BPRM;
        case RULE_FUNC_CREDS_CHECK:
                return OUTCOME_SLOT_CREDS;
        default:
                return OUTCOME_SLOT_READ;
        }
}

static bool is_signed(const AppraisalFile *file)
{
        return file->label_size > 0 &&
               (file->label[0] == APPRAISAL_LABEL_SIGNATURE ||
                               file->label[0] == APPRAISAL_LABEL_VERITY_SIGNATURE);
}

/* Buffers and the kernel's command line have no file that could be remembered. */
static bool is_buffer(RuleFunc func)
{
        return func == RULE_FUNC_KEXEC_CMDLINE || func == RULE_FUNC_KEY_CHECK ||
               func == RULE_FUNC_CRITICAL_DATA;
}

/* What is left to be done; the appraisal is that of the cache when nothing is. */
typedef struct Work {
        bool measure;
        bool appraise;
        bool audit;
} Work;

static Work find_work(const OutcomeMemory *memory, const SimulateDecision *d, OutcomeSlot slot,
                uint32_t pcr_bit)
{
        return (Work){
                .measure = d->classes[SIMULATE_CLASS_MEASURE].is_done &&
                           !(memory->measured & pcr_bit),
                .appraise = d->classes[SIMULATE_CLASS_APPRAISE].is_done &&
                            !memory->has_passed[slot],
                .audit = d->classes[SIMULATE_CLASS_AUDIT].is_done && !memory->is_audited,
        };
}

static void remember(OutcomeMemory *memory, const Outcome *o, const AppraisalFile *file,
                const Work *work, OutcomeSlot slot, uint32_t pcr_bit)
{
        memory->is_collected |=
                        !file->is_direct && (work->measure || work->appraise || work->audit);
        memory->is_audited |= o->is_audited;
        memory->measured |= o->is_measured ? pcr_bit : 0;
        memory->has_passed[slot] |= work->appraise && !file->is_direct &&
                                    (o->appraisal.status == APPRAISAL_STATUS_PASSES ||
                                                    o->appraisal.status == APPRAISAL_STATUS_FIXED);
}

Outcome outcome_ask(OutcomeMemory *memory, const Simulator *simulator, const Request *request,
                const AppraisalFile *file, const AppraisalSettings *settings,
                const AppraisalOracle *oracle)
{
        Outcome o = { .decision = simulate_decide(simulator, request) };
        unsigned pcr = o.decision.pcr >= 0 ? (unsigned) o.decision.pcr : settings->default_pcr;
        uint32_t pcr_bit = UINT32_C(1) << (pcr % SLOT_BITS);
        bool is_asked = o.decision.classes[SIMULATE_CLASS_APPRAISE].is_done;
        OutcomeSlot slot = slot_of(&o.decision, request->func);
        AppraisalFile seen = *file;
        Work work;

        if (is_buffer(request->func)) {
                o.is_measured = o.decision.classes[SIMULATE_CLASS_MEASURE].is_done;
                return o;
        }
        o.decision.flags |= memory->flags;
        memory->flags = o.decision.flags;
        work = find_work(memory, &o.decision, slot, pcr_bit);
        o.is_hashed = o.decision.classes[SIMULATE_CLASS_HASH].is_done && !is_signed(file);
        seen.has_verity |= memory->is_collected;
        o.appraisal = appraisal_judge(&o.decision, request, &seen, settings, oracle);
        if (is_asked && !work.appraise && o.appraisal.status != APPRAISAL_STATUS_NOT_APPRAISED &&
                        !(is_signed(file) && (request->mask & RULE_MASK_WRITE)))
                o.appraisal = work.measure || work.audit
                                              ? appraisal_check_algorithm(
                                                                &o.decision, file, settings)
                                              : (Appraisal){ .status = APPRAISAL_STATUS_PASSES };
        /* Without the digest that is asked for nothing else happens either. */
        if ((o.decision.flags & SIMULATE_FLAG_VERITY) && !seen.has_verity &&
                        (work.measure || work.appraise || work.audit))
                return o;
        o.is_measured = work.measure;
        o.is_audited = work.audit;
        remember(memory, &o, file, &work, slot, pcr_bit);
        return o;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/outcome.h"

#include "core/policy/simulate/builtin.h"
#include "fixture-simulate.h"

#define X RULE_MASK_EXEC
#define R RULE_MASK_READ

static const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false, 10 };
static const AppraisalFile unlabelled = { .has_xattrs = true };
static const uint8_t hash_label[34] = { 0x04, HASH_SHA256 };
static const AppraisalFile hashed = {
        .label = hash_label, .label_size = sizeof(hash_label), .has_xattrs = true
};

static int digest_of_zeros(
                void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        *ret_digest = (Digest){ .algorithm = algorithm, .size = hash_algorithm_size(algorithm) };
        return 0;
}

static Outcome ask(OutcomeMemory *memory, const Simulator *s, RuleFunc func, unsigned mask,
                const AppraisalFile *file)
{
        static const AppraisalOracle oracle = { .digest = digest_of_zeros };
        Request request = fixture_request(func, mask);

        return outcome_ask(memory, s, &request, file, &settings, &oracle);
}

Test(outcome, a_file_is_measured_once_into_each_pcr)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "measure func=FILE_CHECK\nmeasure func=BPRM_CHECK pcr=10\n"
                        "measure func=MMAP_CHECK pcr=11\n");
        OutcomeMemory memory = { 0 };

        cr_expect(ask(&memory, s, RULE_FUNC_FILE_CHECK, X, &unlabelled).is_measured);
        cr_expect_not(ask(&memory, s, RULE_FUNC_BPRM_CHECK, X, &unlabelled).is_measured);
        cr_expect(ask(&memory, s, RULE_FUNC_MMAP_CHECK, X, &unlabelled).is_measured);
        cr_expect_not(ask(&memory, s, RULE_FUNC_MMAP_CHECK, X, &unlabelled).is_measured);
}

Test(outcome, a_file_is_audited_once)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator("audit\n");
        OutcomeMemory memory = { 0 };

        cr_expect(ask(&memory, s, RULE_FUNC_FILE_CHECK, R, &unlabelled).is_audited);
        cr_expect_not(ask(&memory, s, RULE_FUNC_FILE_CHECK, R, &unlabelled).is_audited);
}

Test(outcome, flags_stay_with_the_file)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "appraise func=FILE_CHECK appraise_type=imasig mask=MAY_WRITE\n"
                        "appraise func=BPRM_CHECK\n");
        OutcomeMemory fresh = { 0 }, written = { 0 };

        cr_expect_eq(ask(&fresh, s, RULE_FUNC_BPRM_CHECK, X, &hashed).appraisal.status,
                        APPRAISAL_STATUS_PASSES);
        (void) ask(&written, s, RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE, &hashed);
        cr_expect_str_eq(ask(&written, s, RULE_FUNC_BPRM_CHECK, X, &hashed).appraisal.cause,
                        "IMA-signature-required");
}

Test(outcome, what_has_passed_is_not_appraised_again)
{
        _cleanup_simulator_ Simulator *s =
                        fixture_simulator("appraise func=FILE_CHECK mask=MAY_READ\n"
                                          "appraise func=FILE_CHECK appraise_type=imasig\n");
        OutcomeMemory memory = { 0 }, fresh = { 0 };

        (void) ask(&memory, s, RULE_FUNC_FILE_CHECK, R, &hashed);
        cr_expect_eq(ask(&memory, s, RULE_FUNC_FILE_CHECK, X, &hashed).appraisal.status,
                        APPRAISAL_STATUS_PASSES);
        cr_expect_eq(ask(&fresh, s, RULE_FUNC_FILE_CHECK, X, &hashed).appraisal.status,
                        APPRAISAL_STATUS_FAILS);
}

Test(outcome, algorithms_count_again_while_there_is_something_else_to_do)
{
        _cleanup_simulator_ Simulator *s =
                        fixture_simulator("appraise func=FILE_CHECK mask=MAY_READ\n"
                                          "appraise func=FILE_CHECK appraise_algos=sha1\n"
                                          "audit func=FILE_CHECK mask=MAY_EXEC\n");
        OutcomeMemory memory = { 0 };

        (void) ask(&memory, s, RULE_FUNC_FILE_CHECK, R, &hashed);
        cr_expect_eq(ask(&memory, s, RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE, &hashed)
                                        .appraisal.status,
                        APPRAISAL_STATUS_PASSES);
        cr_expect_str_eq(ask(&memory, s, RULE_FUNC_FILE_CHECK, X, &hashed).appraisal.cause,
                        "denied-hash-algorithm");
}

Test(outcome, without_a_verity_digest_nothing_happens)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator("measure digest_type=verity\naudit\n");
        OutcomeMemory memory = { 0 };
        Outcome o = ask(&memory, s, RULE_FUNC_FILE_CHECK, R, &unlabelled);

        cr_expect_not(o.is_measured);
        cr_expect_not(o.is_audited);
}

Test(outcome, signed_files_are_not_hashed)
{
        static const uint8_t signature[20] = { 0x03, 2, HASH_SHA256 };
        const AppraisalFile signed_file = {
                .label = signature, .label_size = sizeof(signature), .has_xattrs = true
        };
        _cleanup_simulator_ Simulator *s = fixture_simulator("hash\n");
        OutcomeMemory memory = { 0 };

        cr_expect(ask(&memory, s, RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE, &unlabelled).is_hashed);
        cr_expect_not(ask(&memory, s, RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE, &signed_file)
                                        .is_hashed);
}

Test(outcome, buffers_are_only_measured)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator("measure func=KEY_CHECK\n");
        OutcomeMemory memory = { 0 };

        cr_expect(ask(&memory, s, RULE_FUNC_KEY_CHECK, 0, &unlabelled).is_measured);
        cr_expect(ask(&memory, s, RULE_FUNC_KEY_CHECK, 0, &unlabelled).is_measured);
}

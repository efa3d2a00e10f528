/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/appraisal.h"

#include "core/policy/simulate/builtin.h"
#include "fixture-simulate.h"

typedef struct Case {
        const char *rule;
        AppraisalFile file;
        unsigned mask;
        unsigned mode;
        bool evm;
        int verified; /* what the oracle answers */
} Case;

static const uint8_t hash_label[34] = { 0x04, HASH_SHA256 };
static const uint8_t long_label[40] = { 0x04, HASH_SHA256 };
static const uint8_t short_label[33] = { 0x04, HASH_SHA256 };
static const uint8_t other_label[34] = { 0x04, HASH_SHA256, 1 };
static const uint8_t sha1_label[21] = { 0x01, [20] = 1 };
static const uint8_t signature[20] = { 0x03, 2, HASH_SHA256, 0xde, 0xad, 0xbe, 0xef, 0, 11 };
static const uint8_t signature_v3[20] = { 0x03, 3, HASH_SHA256 };
static const uint8_t verity_signature[20] = { 0x06, 3, HASH_SHA256 };
static const uint8_t verity_v2[20] = { 0x06, 2, HASH_SHA256 };
static const uint8_t strange[4] = { 0x05 };

#define LABEL(bytes) .label = (bytes), .label_size = sizeof(bytes), .has_xattrs = true

/* Every file here is hashed to zeros. */
static int digest_of_zeros(
                void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        *ret_digest = (Digest){ .algorithm = algorithm, .size = hash_algorithm_size(algorithm) };
        return 0;
}

static int verify(void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        return *(const int *) userdata;
}

static Appraisal judge(Case c)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(c.rule);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, c.mask ?: RULE_MASK_READ);
        SimulateDecision decision = simulate_decide(s, &request);
        const AppraisalSettings settings = { c.mode ?: APPRAISE_MODE_ENFORCE, HASH_SHA256, c.evm };
        const AppraisalOracle oracle = { digest_of_zeros, verify, &c.verified };

        return appraisal_judge(&decision, &request, &c.file, &settings, &oracle);
}

static void expect(Case c, AppraisalStatus status, const char *cause)
{
        Appraisal a = judge(c);

        cr_expect_eq(a.status, status, "%s: %s", c.rule, appraisal_status_to_string(a.status));
        if (cause)
                cr_expect_str_eq(a.cause, cause, "%s", c.rule);
        else
                cr_expect_null(a.cause, "%s: %s", c.rule, a.cause);
}

#define PLAIN "appraise\n"
#define IMASIG "appraise appraise_type=imasig\n"
#define SIGV3 "appraise digest_type=verity appraise_type=sigv3\n"

Test(appraisal, unlabelled_files_fail)
{
        expect((Case){ PLAIN, { .has_xattrs = true } }, APPRAISAL_STATUS_FAILS, "missing-hash");
        expect((Case){ IMASIG, { .has_xattrs = true } }, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
        expect(
                        (Case){
                                        SIGV3, {.has_xattrs = true, .has_verity = true}
        },
                        APPRAISAL_STATUS_FAILS, "verity-signature-required");
        expect((Case){ PLAIN, { .has_xattrs = false } }, APPRAISAL_STATUS_FAILS, NULL);
}

Test(appraisal, new_files_pass_without_a_label)
{
        const AppraisalFile new = { .has_xattrs = true, .is_new = true, .size = 5 };
        const AppraisalFile empty = { .has_xattrs = true, .is_new = true };

        expect((Case){ PLAIN, new }, APPRAISAL_STATUS_PASSES, NULL);
        expect((Case){ IMASIG, new }, APPRAISAL_STATUS_FAILS, "IMA-signature-required");
        expect((Case){ IMASIG, empty }, APPRAISAL_STATUS_PASSES, NULL);
}

Test(appraisal, hash_labels_are_compared_with_the_file)
{
        expect((Case){ PLAIN, { LABEL(hash_label) } }, APPRAISAL_STATUS_PASSES, NULL);
        expect((Case){ PLAIN, { LABEL(long_label) } }, APPRAISAL_STATUS_PASSES, NULL);
        expect((Case){ PLAIN, { LABEL(short_label) } }, APPRAISAL_STATUS_FAILS, "invalid-hash");
        expect((Case){ PLAIN, { LABEL(other_label) } }, APPRAISAL_STATUS_FAILS, "invalid-hash");
        expect((Case){ PLAIN, { LABEL(sha1_label) } }, APPRAISAL_STATUS_FAILS, "invalid-hash");
        expect((Case){ IMASIG, { LABEL(hash_label) } }, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
}

Test(appraisal, a_hash_that_nobody_computed_leaves_it_open)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(PLAIN);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, RULE_MASK_READ);
        SimulateDecision decision = simulate_decide(s, &request);
        const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false };
        const AppraisalFile file = { LABEL(hash_label) };

        cr_expect_eq(appraisal_judge(&decision, &request, &file, &settings, NULL).status,
                        APPRAISAL_STATUS_OPEN);
}

Test(appraisal, signatures_are_asked_about)
{
        Appraisal a;

        expect((Case){ IMASIG, { LABEL(signature) }, .verified = 1 }, APPRAISAL_STATUS_PASSES,
                        NULL);
        expect((Case){ IMASIG, { LABEL(signature) }, .verified = 0 }, APPRAISAL_STATUS_FAILS,
                        "invalid-signature");
        expect((Case){ IMASIG, { LABEL(signature) }, .verified = -ENOKEY }, APPRAISAL_STATUS_OPEN,
                        "signature");
        a = judge((Case){ IMASIG, { LABEL(signature) }, .verified = -ENOKEY });
        cr_expect(a.has_key_id);
        cr_expect_eq(a.key_id, 0xdeadbeef);
        cr_expect_not(a.is_denied);
}

Test(appraisal, versions_and_kinds_of_signatures_must_fit)
{
        expect((Case){ PLAIN, { LABEL(signature_v3) } }, APPRAISAL_STATUS_FAILS,
                        "invalid-signature-version");
        expect((Case){ PLAIN, { LABEL(verity_v2) } }, APPRAISAL_STATUS_FAILS,
                        "invalid-signature-version");
        expect((Case){ IMASIG, { LABEL(verity_signature) } }, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
        expect((Case){ PLAIN, { LABEL(verity_signature) }, .verified = 1 }, APPRAISAL_STATUS_PASSES,
                        NULL);
        expect(
                        (Case){
                                        SIGV3, {LABEL(signature), .has_verity = true}
        },
                        APPRAISAL_STATUS_FAILS, "verity-signature-required");
        expect(
                        (Case){
                                        SIGV3, {LABEL(verity_signature), .has_verity = true},
                                        .verified = 1
        },
                        APPRAISAL_STATUS_PASSES, NULL);
        expect((Case){ SIGV3, { LABEL(verity_signature) } }, APPRAISAL_STATUS_FAILS,
                        "no-verity-digest");
        expect((Case){ PLAIN, { LABEL(strange) } }, APPRAISAL_STATUS_FAILS, "unknown-ima-data");
}

Test(appraisal, hash_algorithms_are_checked_behind_a_pass)
{
        static const char rule[] = "appraise appraise_algos=sha512\n";

        expect((Case){ rule, { LABEL(hash_label) } }, APPRAISAL_STATUS_FAILS,
                        "denied-hash-algorithm");
        expect((Case){ rule, { LABEL(other_label) } }, APPRAISAL_STATUS_FAILS, "invalid-hash");
        expect((Case){ "appraise appraise_algos=sha256\n", { LABEL(hash_label) } },
                        APPRAISAL_STATUS_PASSES, NULL);
}

Test(appraisal, signed_files_are_not_written_to)
{
        expect((Case){ PLAIN, { LABEL(signature) }, RULE_MASK_WRITE, .verified = 1 },
                        APPRAISAL_STATUS_FAILS, NULL);
        expect((Case){ PLAIN, { LABEL(hash_label) }, RULE_MASK_WRITE }, APPRAISAL_STATUS_PASSES,
                        NULL);
}

Test(appraisal, direct_io_needs_a_permit)
{
        const AppraisalFile direct = { LABEL(hash_label), .is_direct = true };

        expect((Case){ PLAIN, direct }, APPRAISAL_STATUS_FAILS, "failed(directio)");
        expect((Case){ "appraise permit_directio\n", direct }, APPRAISAL_STATUS_PASSES, NULL);
        expect((Case){ "appraise permit_directio\naudit digest_type=verity\n", direct },
                        APPRAISAL_STATUS_FAILS, "failed(directio)");
        expect((Case){ "appraise permit_directio appraise_algos=sha1\n", direct },
                        APPRAISAL_STATUS_FAILS, "denied-hash-algorithm");
}

Test(appraisal, evm_comes_before_the_label)
{
        const AppraisalFile protected = { LABEL(hash_label), .has_evm_label = true };

        expect((Case){ PLAIN, { LABEL(hash_label) }, .evm = true }, APPRAISAL_STATUS_FAILS,
                        "missing-HMAC");
        expect((Case){ PLAIN, protected, .evm = true }, APPRAISAL_STATUS_OPEN, "evm");
}

static AppraisalEvm evm(void *userdata, const AppraisalFile *file, const Request *request)
{
        return *(const AppraisalEvm *) userdata;
}

static Appraisal judge_with_evm(const char *rule, AppraisalEvm answer)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(rule);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, RULE_MASK_READ);
        SimulateDecision decision = simulate_decide(s, &request);
        const AppraisalFile file = { LABEL(hash_label), .has_evm_label = true };
        const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, true };
        const AppraisalOracle oracle = {
                .digest = digest_of_zeros, .userdata = &answer, .evm = evm
        };

        return appraisal_judge(&decision, &request, &file, &settings, &oracle);
}

Test(appraisal, what_evm_refuses_fails)
{
        cr_expect_str_eq(judge_with_evm(PLAIN, APPRAISAL_EVM_FAILS).cause, "invalid-HMAC");
        cr_expect_str_eq(judge_with_evm(PLAIN, APPRAISAL_EVM_FAILS_IMMUTABLE).cause,
                        "invalid-fail-immutable");
        cr_expect_eq(judge_with_evm(PLAIN, APPRAISAL_EVM_PASSES).status, APPRAISAL_STATUS_PASSES);
}

Test(appraisal, a_portable_signature_counts_as_one_of_the_content)
{
        cr_expect_eq(judge_with_evm(IMASIG, APPRAISAL_EVM_PASSES_IMMUTABLE).status,
                        APPRAISAL_STATUS_PASSES);
        cr_expect_str_eq(judge_with_evm(IMASIG, APPRAISAL_EVM_PASSES).cause,
                        "IMA-signature-required");
}

/* Of what appraisal.h's verify() and verify_appended() answer. */
typedef struct Answers {
        int label;
        int appended;
} Answers;

static int answer_label(
                void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        return ((const Answers *) userdata)->label;
}

static int answer_appended(void *userdata, const AppraisalFile *file, const Request *request)
{
        return ((const Answers *) userdata)->appended;
}

/* tests/data/kernel-verdicts and modsig-cases.tsv of the kernel's recordings are the source. */
static void expect_modsig(
                AppraisalFile file, Answers answers, AppraisalStatus status, const char *cause)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(
                        "appraise func=MODULE_CHECK appraise_type=imasig|modsig\n");
        Request request = fixture_request(RULE_FUNC_MODULE_CHECK, RULE_MASK_READ);
        SimulateDecision decision = simulate_decide(s, &request);
        const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false };
        const AppraisalOracle oracle = { digest_of_zeros, answer_label, &answers, NULL,
                answer_appended };
        Appraisal a = appraisal_judge(&decision, &request, &file, &settings, &oracle);

        cr_expect_eq(a.status, status, "%s, not %s", appraisal_status_to_string(a.status),
                        appraisal_status_to_string(status));
        cr_expect(string_equal(a.cause, cause), "%s, not %s", a.cause, cause);
}

Test(appraisal, a_good_appended_signature_stands_in_for_a_label)
{
        const Answers good = { .label = -EKEYREJECTED, .appended = 1 };

        expect_modsig((AppraisalFile){ .has_xattrs = true }, good, APPRAISAL_STATUS_PASSES, NULL);
        expect_modsig((AppraisalFile){ 0 }, good, APPRAISAL_STATUS_PASSES, NULL);
        expect_modsig((AppraisalFile){ LABEL(other_label) }, good, APPRAISAL_STATUS_PASSES, NULL);
        expect_modsig((AppraisalFile){ LABEL(signature) }, good, APPRAISAL_STATUS_PASSES, NULL);
        expect_modsig((AppraisalFile){ LABEL(sha1_label) }, good, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
        expect_modsig((AppraisalFile){ LABEL(verity_signature) }, good, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
        expect_modsig((AppraisalFile){ LABEL(strange) }, good, APPRAISAL_STATUS_FAILS,
                        "unknown-ima-data");
}

Test(appraisal, a_known_key_in_the_label_settles_it)
{
        expect_modsig((AppraisalFile){ LABEL(signature) }, (Answers){ 0, 1 },
                        APPRAISAL_STATUS_FAILS, "invalid-signature");
        expect_modsig((AppraisalFile){ LABEL(signature) }, (Answers){ 1, 0 },
                        APPRAISAL_STATUS_PASSES, NULL);
}

Test(appraisal, a_bad_or_missing_appended_signature_does_not_help)
{
        const AppraisalFile unlabelled = { .has_xattrs = true };

        expect_modsig(unlabelled, (Answers){ 0, 0 }, APPRAISAL_STATUS_FAILS, "invalid-signature");
        expect_modsig(unlabelled, (Answers){ 0, -EKEYREJECTED }, APPRAISAL_STATUS_FAILS,
                        "invalid-signature");
        expect_modsig((AppraisalFile){ LABEL(hash_label) }, (Answers){ 0, 0 },
                        APPRAISAL_STATUS_FAILS, "invalid-signature");
        expect_modsig(unlabelled, (Answers){ 0, -ENODATA }, APPRAISAL_STATUS_FAILS,
                        "IMA-signature-required");
        expect_modsig((AppraisalFile){ LABEL(hash_label) }, (Answers){ 0, -ENODATA },
                        APPRAISAL_STATUS_FAILS, "IMA-signature-required");
        expect_modsig((AppraisalFile){ LABEL(signature) }, (Answers){ -EKEYREJECTED, -ENODATA },
                        APPRAISAL_STATUS_FAILS, "invalid-signature");
        expect_modsig(unlabelled, (Answers){ 0, -ENOKEY }, APPRAISAL_STATUS_OPEN, "modsig");
}

Test(appraisal, file_systems_that_cannot_be_trusted_fail_when_asked_to)
{
        _cleanup_simulator_ Simulator *s = fixture_rules(PLAIN, NULL);
        Request request = fixture_request(RULE_FUNC_FILE_CHECK, RULE_MASK_READ);
        const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false };
        const AppraisalOracle oracle = { .digest = digest_of_zeros };
        const AppraisalFile file = { LABEL(hash_label), .is_unverifiable = true };
        SimulateDecision decision;

        simulate_set_fail_securely(s, true);
        cr_assert_eq(simulate_seal(s, true), 0);
        decision = simulate_decide(s, &request);
        cr_expect_str_eq(appraisal_judge(&decision, &request, &file, &settings, &oracle).cause,
                        "unverifiable-signature");
        expect((Case){ PLAIN, file }, APPRAISAL_STATUS_PASSES, NULL);
}

Test(appraisal, only_enforcement_denies)
{
        const AppraisalFile unlabelled = { .has_xattrs = true };

        cr_expect(judge((Case){ PLAIN, unlabelled }).is_denied);
        cr_expect_not(judge((Case){ PLAIN, unlabelled, .mode = APPRAISE_MODE_LOG }).is_denied);
        expect((Case){ PLAIN, unlabelled, .mode = APPRAISE_MODE_FIX }, APPRAISAL_STATUS_FIXED,
                        "missing-hash");
        expect((Case){ PLAIN, { LABEL(signature) }, .mode = APPRAISE_MODE_FIX },
                        APPRAISAL_STATUS_FAILS, "invalid-signature");
}

Test(appraisal, files_that_no_rule_appraises_are_left_alone)
{
        expect((Case){ "measure\n", { .has_xattrs = true } }, APPRAISAL_STATUS_NOT_APPRAISED, NULL);
}

Test(appraisal, the_label_chooses_the_algorithm)
{
        static const uint8_t md5[17] = { 1 }, padded[21] = { 1, 7 }, unknown[34] = { 4, 200 };

        cr_expect_eq(appraisal_get_algorithm(NULL, 0, HASH_SHA512), HASH_SHA512);
        cr_expect_eq(appraisal_get_algorithm(md5, sizeof(md5), HASH_SHA256), HASH_MD5);
        cr_expect_eq(appraisal_get_algorithm(padded, sizeof(padded), HASH_SHA256), HASH_MD5);
        cr_expect_eq(appraisal_get_algorithm(sha1_label, sizeof(sha1_label), HASH_SHA256),
                        HASH_SHA1);
        cr_expect_eq(appraisal_get_algorithm(unknown, sizeof(unknown), HASH_SHA256), HASH_SHA256);
        cr_expect_eq(appraisal_get_algorithm(signature, sizeof(signature), HASH_SHA1), HASH_SHA256);
        cr_expect_eq(appraisal_get_algorithm(signature_v3, sizeof(signature_v3), HASH_SHA1),
                        HASH_SHA1);
}

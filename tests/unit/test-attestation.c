/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/json.h"
#include "core/attest/attestation.h"
#include "fixture-certificate.h"
#include "fixture-evidence.h"

/* What a verifier says, as far as the tests look at it. */
typedef struct Outcome {
        int error;
        AttestationStatus status;
        json_t *json;
        DiagList diags;
} Outcome;

static void outcome_done(Outcome *outcome)
{
        json_decref(outcome->json);
        diag_list_done(&outcome->diags);
}

#define _cleanup_outcome_ _cleanup_(outcome_done)

static AttestationExpectation expect(void)
{
        return (AttestationExpectation){ .nonce = FIXTURE_NONCE,
                .nonce_size = strlen(FIXTURE_NONCE) };
}

static Outcome verify_with(const FixtureEvidence *f, const AttestationExpectation *expectation)
{
        _cleanup_attestation_ Attestation *attestation = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Outcome outcome = { .status = ATTESTATION_MALFORMED };

        outcome.error = attestation_new(
                        &f->evidence, expectation, &outcome.diags, "e", &attestation);
        if (outcome.error < 0)
                return outcome;
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, f->list.data, f->list.size), 0);
        outcome.error = attestation_drain(attestation, reader, &outcome.diags, "e");
        cr_assert_eq(outcome.error, 0);
        outcome.error = attestation_finish(
                        attestation, reader, &outcome.diags, "e", &outcome.status, &outcome.json);
        cr_assert_eq(outcome.error, 0);
        return outcome;
}

static Outcome verify(const FixtureEvidence *f)
{
        AttestationExpectation expectation = expect();

        return verify_with(f, &expectation);
}

static const char *get_failed(const Outcome *outcome)
{
        return json_string_value(json_object_get(outcome->json, "failed"));
}

static json_int_t get_count(const Outcome *outcome, const char *key)
{
        return json_integer_value(json_object_get(outcome->json, key));
}

static bool has_code(const Outcome *outcome, const char *code)
{
        for (size_t i = 0; i < outcome->diags.count; i++)
                if (string_equal(outcome->diags.items[i].code, code))
                        return true;
        return false;
}

static void assert_refuted(const FixtureEvidence *f, const char *check)
{
        _cleanup_outcome_ Outcome outcome = verify(f);

        cr_assert_eq(outcome.error, 0);
        cr_assert_eq(outcome.status, ATTESTATION_REFUTED);
        cr_assert_str_eq(get_failed(&outcome), check);
}

static AttestKey *get_key(const FixtureEvidence *f)
{
        AttestKey *key;

        cr_assert_eq(attest_key_parse(f->evidence.parts[EVIDENCE_KEY].data,
                                     f->evidence.parts[EVIDENCE_KEY].size, &key),
                        0);
        return key;
}

Test(attestation, right_evidence_of_an_enrolled_key_is_verified)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = get_key(&f);
        AttestationExpectation expectation = expect();
        _cleanup_outcome_ Outcome outcome = { 0 };

        expectation.key = key;
        outcome = verify_with(&f, &expectation);
        cr_assert_eq(outcome.status, ATTESTATION_VERIFIED);
        cr_assert_null(get_failed(&outcome));
        cr_assert_eq(get_count(&outcome, "attested"), 3);
        cr_assert_eq(get_count(&outcome, "reset_count"), 7);
        cr_assert_not(has_code(&outcome, "W450"));
}

Test(attestation, without_an_enrolled_key_it_is_consistent_only)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_outcome_ Outcome outcome = verify(&f);

        cr_assert_eq(outcome.status, ATTESTATION_CONSISTENT);
        cr_assert(has_code(&outcome, "W450"));
}

Test(attestation, another_key_than_the_enrolled_one_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new(),
                                                   other = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = get_key(&other);
        AttestationExpectation expectation = expect();
        _cleanup_outcome_ Outcome outcome = { 0 };

        expectation.key = key;
        outcome = verify_with(&f, &expectation);
        cr_assert_eq(outcome.status, ATTESTATION_REFUTED);
        cr_assert_str_eq(get_failed(&outcome), "key");
}

Test(attestation, a_key_that_signs_anything_proves_nothing)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.attributes = FIXTURE_UNRESTRICTED;
        fixture_evidence_sign(&f);
        assert_refuted(&f, "key");
}

Test(attestation, a_public_area_that_the_quote_does_not_name_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.evidence.parts[EVIDENCE_KEY].data[9] ^= 4; /* an attribute of no concern */
        assert_refuted(&f, "key");
}

Test(attestation, the_signature_of_another_quote_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.evidence.parts[EVIDENCE_SIGNATURE].data[10] ^= 1;
        assert_refuted(&f, "signature");
}

Test(attestation, another_nonce_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.nonce = "nonce of an earlier day";
        fixture_evidence_sign(&f);
        assert_refuted(&f, "nonce");
}

Test(attestation, changed_pcr_values_are_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.evidence.parts[EVIDENCE_PCR_VALUES].data[5] ^= 1;
        assert_refuted(&f, "pcrs");
}

Test(attestation, a_quote_without_the_boot_pcrs_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        f.pcrs = 1U << 10;
        fixture_evidence_sign(&f);
        assert_refuted(&f, "pcrs");
}

/* An event of a TPM 1.2 log, which speaks of the SHA-1 bank. */
static void append_event(Buffer *log, uint32_t pcr, const Digest *digest)
{
        fixture_append_u32(log, pcr, false);
        fixture_append_u32(log, 1, false);
        cr_assert_eq(buffer_append(log, digest->bytes, 20), 0);
        fixture_append_u32(log, 0, false);
}

/* Evidence whose SHA-1 PCR 0 is explained by a log of one event. */
static FixtureEvidence make_logged(Buffer *log)
{
        FixtureEvidence f = fixture_evidence_begin();
        uint8_t joined[40] = { 0 };
        Digest event, value;

        cr_assert_eq(digest_compute(HASH_SHA1, "event", 5, &event), 0);
        memcpy(joined + 20, event.bytes, 20);
        cr_assert_eq(digest_compute(HASH_SHA1, joined, 40, &value), 0);
        for (uint32_t pcr = 0; pcr < 8; pcr++) {
                append_event(log, pcr, &event);
                f.values.items[pcr].value = value;
        }
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        return f;
}

Test(attestation, an_event_log_that_gives_the_values_passes)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_fixture_evidence_ FixtureEvidence f = make_logged(&log);
        _cleanup_outcome_ Outcome outcome = { 0 };

        fixture_set_part(&f, EVIDENCE_EVENT_LOG, log.data, log.size);
        outcome = verify(&f);
        cr_assert_eq(outcome.status, ATTESTATION_CONSISTENT);
        cr_assert_not(has_code(&outcome, "W451"));
}

Test(attestation, a_changed_event_log_is_refuted)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_fixture_evidence_ FixtureEvidence f = make_logged(&log);

        log.data[8] ^= 1;
        fixture_set_part(&f, EVIDENCE_EVENT_LOG, log.data, log.size);
        assert_refuted(&f, "event-log");
}

Test(attestation, an_event_log_that_is_cut_off_is_refuted)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_fixture_evidence_ FixtureEvidence f = make_logged(&log);

        fixture_set_part(&f, EVIDENCE_EVENT_LOG, log.data, log.size - 1);
        assert_refuted(&f, "event-log");
}

Test(attestation, what_follows_on_the_quote_proves_nothing_and_does_no_harm)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_outcome_ Outcome outcome = { 0 };

        fixture_append_ng(&f.list, 10, "/bin/later");
        outcome = verify(&f);
        cr_assert_eq(outcome.status, ATTESTATION_CONSISTENT);
        cr_assert_eq(get_count(&outcome, "attested"), 3);
        cr_assert_eq(get_count(&outcome, "entries"), 4);
}

/* A list that differs from the quoted one in what change() does to it. */
static void assert_list_refuted(void (*change)(Buffer *list, const size_t *offsets))
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        size_t offsets[4] = { 0 };
        Measurement m;

        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, f.list.data, f.list.size), 0);
        for (size_t i = 0; measurement_reader_next(reader, &m) > 0; i++)
                offsets[i] = m.offset;
        offsets[3] = f.list.size;
        change(&f.list, offsets);
        assert_refuted(&f, "list");
}

static void change_entry(Buffer *list, const size_t *offsets)
{
        list->data[offsets[2] - 20] ^= 1;
}

static void remove_entry(Buffer *list, const size_t *offsets)
{
        memmove(list->data + offsets[1], list->data + offsets[2], offsets[3] - offsets[2]);
        list->size -= offsets[2] - offsets[1];
}

static void remove_last_entry(Buffer *list, const size_t *offsets)
{
        list->size = offsets[2];
}

static void add_entry(Buffer *list, const size_t *offsets)
{
        _cleanup_buffer_ Buffer tail = { 0 };

        cr_assert_eq(buffer_append(&tail, list->data + offsets[2], offsets[3] - offsets[2]), 0);
        list->size = offsets[2];
        fixture_append_ng(list, 10, "/bin/new");
        cr_assert_eq(buffer_append(list, tail.data, tail.size), 0);
}

static void reorder_entries(Buffer *list, const size_t *offsets)
{
        _cleanup_buffer_ Buffer copy = { 0 };

        cr_assert_eq(buffer_append(&copy, list->data + offsets[1], offsets[2] - offsets[1]), 0);
        remove_entry(list, offsets);
        cr_assert_eq(buffer_append(list, copy.data, copy.size), 0);
}

Test(attestation, a_changed_entry_is_refuted)
{
        assert_list_refuted(change_entry);
}

Test(attestation, a_removed_entry_is_refuted)
{
        assert_list_refuted(remove_entry);
        assert_list_refuted(remove_last_entry);
}

Test(attestation, an_added_entry_is_refuted)
{
        assert_list_refuted(add_entry);
}

Test(attestation, reordered_entries_are_refuted)
{
        assert_list_refuted(reorder_entries);
}

Test(attestation, a_pcr_that_was_never_extended_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_begin();
        Digest zeros[] = {
                {HASH_SHA1,    20, { 0 }},
                { HASH_SHA256, 32, { 0 }}
        };

        fixture_add_value(&f, 10, &zeros[0]);
        fixture_add_value(&f, 10, &zeros[1]);
        fixture_evidence_sign(&f);
        assert_refuted(&f, "list");
        f.list.size = 0;
        assert_refuted(&f, "list");
}

Test(attestation, the_list_of_another_boot_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_begin();

        fixture_set_ima(&f);
        f.values.items[3].value.bytes[0] ^= 1;
        f.values.items[13].value.bytes[0] ^= 1;
        fixture_evidence_sign(&f);
        assert_refuted(&f, "boot-aggregate");
}

Test(attestation, a_list_without_boot_aggregate_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_begin();

        f.list.size = 0;
        fixture_append_ng(&f.list, 10, "/bin/a");
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        assert_refuted(&f, "boot-aggregate");
}

/* The name of the template is not hashed: a changed one must not hide what an entry says. */
Test(attestation, an_entry_of_an_unknown_template_is_refuted)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        char *name = memmem(f.list.data, f.list.size, "ima-sig", 7);

        cr_assert_not_null(name);
        name[6] = 'x';
        assert_refuted(&f, "boot-aggregate");
}

Test(attestation, entries_of_other_pcrs_are_named)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_begin();
        _cleanup_outcome_ Outcome outcome = { 0 };

        fixture_append_ng(&f.list, 11, "/bin/elsewhere");
        fixture_append_ng(&f.list, 10, "/bin/here");
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        outcome = verify(&f);
        cr_assert_eq(outcome.status, ATTESTATION_CONSISTENT);
        cr_assert_eq(get_count(&outcome, "other_pcrs"), 1);
        cr_assert(has_code(&outcome, "W453"));
}

static void assert_allowed(const FixtureEvidence *f, const char *list, const char *failed)
{
        _cleanup_allow_list_ AllowList allow_list = { 0 };
        AttestationExpectation expectation = expect();
        _cleanup_outcome_ Outcome outcome = { 0 };

        cr_assert_eq(allow_list_parse(&allow_list, list, strlen(list), &outcome.diags, "l"), 0);
        allow_list_sort(&allow_list);
        expectation.allow_list = &allow_list;
        outcome = verify_with(f, &expectation);
        if (failed)
                cr_assert_str_eq(get_failed(&outcome), failed);
        else
                cr_assert_null(get_failed(&outcome));
}

#define LINE_A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  /bin/a\n"
#define LINE_B "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  /bin/b\n"

Test(attestation, files_are_held_against_the_allow_list)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

        assert_allowed(&f, LINE_A LINE_B, NULL);
        assert_allowed(&f, LINE_A, "allow-list");
        assert_allowed(&f, LINE_A "00112233445566778899aabbccddeeff00112233  /bin/b\n",
                        "allow-list");
        assert_allowed(&f, "", "allow-list");
}

Test(attestation, a_violation_is_on_no_allow_list)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_begin();
        _cleanup_outcome_ Outcome outcome = { 0 };

        fixture_append_ng(&f.list, 10, "/bin/a");
        memset(f.list.data + (f.list.size - 4 - 8 - 32 - 4 - 7 - 4 - 6 - 4 - 20), 0, 20);
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        outcome = verify(&f);
        cr_assert_eq(get_count(&outcome, "violations"), 1);
        cr_assert(has_code(&outcome, "W452"));
        assert_allowed(&f, LINE_A, "allow-list");
}

/* The entries of a list with many kinds of signatures about which these certificates say so. */
static FixtureEvidence evidence_of(SignatureVerdict wanted, const CertificateList *certificates)
{
        static const HashAlgorithm banks[] = { HASH_SHA256 };
        FixtureEvidence f = fixture_evidence_begin();
        _cleanup_measurement_checker_ MeasurementChecker *checker = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_replay_ Replay *replay = NULL;
        size_t size;
        _cleanup_free_ char *list = fixture_signature_file("list", &size);
        Measurement m;

        cr_assert_eq(replay_new(banks, 1, &replay), 0);
        cr_assert_eq(measurement_checker_new(replay, certificates, &checker), 0);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list, size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                MeasurementCheck check;

                cr_assert_eq(measurement_checker_check(checker, &m, &check), 0);
                if (check.signature == wanted)
                        cr_assert_eq(buffer_append(&f.list, list + m.offset,
                                                     (size_t) (measurement_reader_offset(reader) -
                                                                     m.offset)),
                                        0);
        }
        fixture_set_ima(&f);
        fixture_evidence_sign(&f);
        return f;
}

Test(attestation, signatures_of_files_are_checked)
{
        static const struct {
                SignatureVerdict wanted;
                const char *certificate; /* NULL: all */
                const char *failed;
        } cases[] = {
                {SIGNATURE_VERDICT_GOOD,  NULL,          NULL             },
                { SIGNATURE_VERDICT_GOOD, "list-ec.der", "file-signatures"},
                { SIGNATURE_VERDICT_BAD,  NULL,          "file-signatures"},
        };
        _cleanup_certificates_ CertificateList all = { 0 };

        fixture_add_certificate(&all, "list-rsa.pem");
        fixture_add_certificate(&all, "list-ec.der");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_fixture_evidence_ FixtureEvidence f = evidence_of(cases[i].wanted, &all);
                _cleanup_certificates_ CertificateList some = { 0 };
                AttestationExpectation expectation = expect();
                _cleanup_outcome_ Outcome outcome = { 0 };

                if (cases[i].certificate)
                        fixture_add_certificate(&some, cases[i].certificate);
                expectation.certificates = cases[i].certificate ? &some : &all;
                outcome = verify_with(&f, &expectation);
                if (cases[i].failed)
                        cr_expect_str_eq(get_failed(&outcome), cases[i].failed, "case %zu", i);
                else
                        cr_expect_null(get_failed(&outcome), "case %zu", i);
        }
}

static bool flip_verifies(FixtureEvidence *f, uint8_t *byte, unsigned bit,
                const AttestationExpectation *expectation)
{
        _cleanup_outcome_ Outcome outcome = { 0 };

        *byte ^= (uint8_t) (1U << bit);
        outcome = verify_with(f, expectation);
        *byte ^= (uint8_t) (1U << bit);
        return outcome.error == 0 && outcome.status == ATTESTATION_VERIFIED;
}

Test(attestation, no_single_bit_can_be_changed, .timeout = 100)
{
        static const EvidencePart parts[] = { EVIDENCE_KEY, EVIDENCE_QUOTE, EVIDENCE_SIGNATURE,
                EVIDENCE_PCR_VALUES };
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = get_key(&f);
        AttestationExpectation expectation = expect();

        expectation.key = key;
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                for (size_t at = 0; at < f.evidence.parts[parts[i]].size; at++)
                        cr_assert_not(flip_verifies(&f, f.evidence.parts[parts[i]].data + at,
                                                      at % 8, &expectation),
                                        "%s at byte %zu", evidence_parts[parts[i]].name, at);
        for (size_t at = 0; at < f.list.size; at++)
                cr_assert_not(flip_verifies(&f, (uint8_t *) f.list.data + at, at % 8, &expectation),
                                "list at byte %zu", at);
}

Test(attestation, parts_that_are_cut_off_never_verify)
{
        for (EvidencePart part = EVIDENCE_MANIFEST; part < EVIDENCE_LIST; part++) {
                _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();

                if (!f.evidence.parts[part].data)
                        continue;
                for (size_t size = f.evidence.parts[part].size; size-- > 0;) {
                        _cleanup_outcome_ Outcome outcome = { 0 };

                        /* The final newline of the manifest says nothing. */
                        if (part == EVIDENCE_MANIFEST && f.evidence.parts[part].data[size] == '\n')
                                continue;
                        f.evidence.parts[part].size = size;
                        outcome = verify(&f);
                        cr_assert_eq(outcome.error, -EBADMSG);
                        cr_assert(has_code(&outcome, "E450"));
                }
        }
}

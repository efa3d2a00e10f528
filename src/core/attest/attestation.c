/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/attest/attestation.h"

#include <inttypes.h>

#include "base/diag-code.h"
#include "base/json.h"
#include "base/strings.h"
#include "core/attest/attestation-state.h"
#include "core/measurements/boot-aggregate.h"

#define IMA_PCR 10U

static const char *const check_names[ATTESTATION_CHECK_MAX] = {
        [ATTESTATION_CHECK_KEY] = "key",
        [ATTESTATION_CHECK_SIGNATURE] = "signature",
        [ATTESTATION_CHECK_NONCE] = "nonce",
        [ATTESTATION_CHECK_PCRS] = "pcrs",
        [ATTESTATION_CHECK_EVENT_LOG] = "event-log",
        [ATTESTATION_CHECK_LIST] = "list",
        [ATTESTATION_CHECK_BOOT_AGGREGATE] = "boot-aggregate",
        [ATTESTATION_CHECK_ENTRIES] = "entries",
        [ATTESTATION_CHECK_SIGNATURES] = "file-signatures",
        [ATTESTATION_CHECK_ALLOW_LIST] = "allow-list",
};

static const char *const status_names[] = {
        [ATTESTATION_VERIFIED] = "verified",
        [ATTESTATION_CONSISTENT] = "consistent",
        [ATTESTATION_REFUTED] = "refuted",
        [ATTESTATION_MALFORMED] = "malformed",
};

static int start_replay(Attestation *a)
{
        HashAlgorithm banks[REPLAY_BANKS_MAX] = { HASH_SHA1 };
        static const CertificateList no_certificates = { 0 };
        const CertificateList *certificates = a->expected->certificates ?: &no_certificates;
        size_t n = 0;
        int r;

        if (a->quote.n_banks > REPLAY_BANKS_MAX)
                return -EOPNOTSUPP;
        for (; n < a->quote.n_banks; n++)
                banks[n] = a->quote.banks[n].algorithm;
        r = replay_new(banks, n > 0 ? n : 1, &a->replay);
        if (r < 0)
                return r;
        a->n_chains = replay_get_n_chains(a->replay);
        if (a->n_chains > ATTESTATION_CHAINS_MAX)
                return -E2BIG;
        for (size_t i = 0; i < a->n_chains; i++)
                a->chains[i] = replay_get_chain(a->replay, i);
        return measurement_checker_new(a->replay, certificates, &a->checker);
}

int attestation_new(const Evidence *evidence, const AttestationExpectation *expectation,
                DiagList *diags, const char *source, Attestation **ret_attestation)
{
        _cleanup_attestation_ Attestation *a = calloc(1, sizeof(*a));
        Talk talk = { diags, source };
        int r;

        if (!a)
                return -ENOMEM;
        a->expected = expectation;
        r = attestation_check_quote(a, evidence, &talk);
        if (r >= 0)
                r = start_replay(a);
        if (r < 0)
                return r;
        *ret_attestation = TAKE_PTR(a);
        return 0;
}

Attestation *attestation_free(Attestation *attestation)
{
        if (attestation) {
                attest_key_free(attestation->key);
                measurement_checker_free(attestation->checker);
                replay_free(attestation->replay);
                free(attestation);
        }
        return NULL;
}

/* In every bank one form of the replay stands at the quoted value. */
static bool is_at_quote(const Attestation *a)
{
        for (size_t i = 0; i < a->quote.n_banks; i++) {
                HashAlgorithm bank = a->quote.banks[i].algorithm;
                const Digest *value = pcr_value_list_find(&a->values, bank, IMA_PCR);
                bool found = false;

                for (size_t j = 0; value && j < a->n_chains; j++)
                        found = found ||
                                (a->chains[j].bank == bank &&
                                                memcmp(replay_peek(a->replay, j, IMA_PCR),
                                                                value->bytes, value->size) == 0);
                if (!found)
                        return false;
        }
        return a->quote.n_banks > 0;
}

static void check_boot(
                Attestation *a, const Measurement *m, const Digest *aggregate, const Talk *talk)
{
        BootVerdict verdict = boot_aggregate_judge(aggregate, &a->values, NULL);

        a->has_boot = true;
        if (verdict == BOOT_VERDICT_MATCH)
                return;
        attestation_fail(a, ATTESTATION_CHECK_BOOT_AGGREGATE, talk, DIAG_CODE_QUOTE_BOOT,
                        verdict == BOOT_VERDICT_BYPASS
                                        ? "IMA found no TPM when it started; load the TPM's driver "
                                          "earlier"
                                        : "the list was taken from another boot",
                        "entry %" PRIu64 " (boot_aggregate) does not fit the quoted PCR 0 to 9: %s",
                        m->number, boot_verdict_to_string(verdict));
}

/* A buffer that the kernel measured; a file with the fields of one is not taken for it. */
static bool is_buffer(const Measurement *m, const MeasurementView *view)
{
        Digest digest;

        for (size_t i = 0; i < m->template->n_fields; i++)
                if (m->template->fields[i] == MEASUREMENT_FIELD_BUF)
                        return view->digest.size > 0 &&
                               digest_compute(view->digest.algorithm, view->buffer,
                                               view->buffer_size, &digest) >= 0 &&
                               digest_equal(&digest, &view->digest);
        return false;
}

static void check_file_signature(Attestation *a, const Measurement *m, SignatureVerdict verdict,
                const char *name, const Talk *talk)
{
        a->signatures[verdict]++;
        if (a->expected->certificates && (verdict == SIGNATURE_VERDICT_BAD ||
                                                         verdict == SIGNATURE_VERDICT_UNKNOWN_KEY))
                attestation_fail(a, ATTESTATION_CHECK_SIGNATURES, talk,
                                DIAG_CODE_QUOTE_FILE_SIGNATURE,
                                "somebody else signed it, or give his certificate with --cert=",
                                "entry %" PRIu64 ": %s has a signature that is %s", m->number, name,
                                verdict == SIGNATURE_VERDICT_BAD ? "wrong" : "of an unknown key");
}

static void check_allowed(Attestation *a, const Measurement *m, const MeasurementCheck *check,
                const char *name, const Talk *talk)
{
        const MeasurementView *view = &check->view;
        AllowListVerdict verdict;

        if (!a->expected->allow_list)
                return;
        verdict = m->violation || view->digest.size == 0 ||
                                                  view->digest_type == MEASUREMENT_DIGEST_VERITY
                                  ? ALLOW_LIST_UNKNOWN
                                  : allow_list_find(a->expected->allow_list, view->name,
                                                    view->name_size, &view->digest);
        a->files[verdict]++;
        if (verdict == ALLOW_LIST_LISTED ||
                        (check->signature == SIGNATURE_VERDICT_GOOD && !m->violation))
                return;
        attestation_fail(a, ATTESTATION_CHECK_ALLOW_LIST, talk, DIAG_CODE_QUOTE_FILE,
                        "find out what it is; if it belongs there, add it to the allow list",
                        "entry %" PRIu64 ": %s %s", m->number, name,
                        m->violation                  ? "was written to while it was read"
                        : verdict == ALLOW_LIST_OTHER ? "has a digest that is not on the allow list"
                                                      : "is not on the allow list");
}

static int check_file(Attestation *a, const Measurement *m, const MeasurementCheck *check,
                const Talk *talk)
{
        _cleanup_free_ char *name = strndup(
                        check->view.name ?: "?", check->view.name ? check->view.name_size : 1);

        if (!name)
                return -ENOMEM;
        if (m->violation)
                (void) diag_warning(talk->diags, DIAG_CODE_QUOTE_VIOLATION,
                                (DiagPlace){ .source = talk->source },
                                "nobody can say what was read; even the name is not protected",
                                "entry %" PRIu64 " is a violation: %s", m->number, name);
        check_file_signature(a, m, check->signature, name, talk);
        check_allowed(a, m, check, name, talk);
        return 0;
}

/* What one entry before the quote says. */
static int check_entry(Attestation *a, const Measurement *m, const MeasurementCheck *check,
                const Talk *talk)
{
        const MeasurementView *view = &check->view;

        if (!check->digests.fits)
                attestation_fail(a, ATTESTATION_CHECK_ENTRIES, talk, DIAG_CODE_LIST_DIGEST,
                                "somebody changed the entry, or the copy is damaged",
                                "entry %" PRIu64 " at byte %" PRIu64
                                ": the template digest does not fit the data",
                                m->number, m->offset);
        if (!m->template || m->opaque || view->malformed || view->trailing || !view->name) {
                attestation_fail(a, ATTESTATION_CHECK_ENTRIES, talk, DIAG_CODE_QUOTE_ENTRY,
                                "the name of its template is not protected by the TPM and may have "
                                "been changed",
                                "entry %" PRIu64 " at byte %" PRIu64 " cannot be read", m->number,
                                m->offset);
                return 0;
        }
        a->violations += m->violation;
        if (measurement_is_boot_aggregate(m, view) && !m->violation) {
                check_boot(a, m, &view->digest, talk);
                return 0;
        }
        return !m->violation && is_buffer(m, view) ? 0 : check_file(a, m, check, talk);
}

/* The quote says nothing of it, so neither does its place in the list. */
static void note_other_pcr(Attestation *a, const Measurement *m, const Talk *talk)
{
        if (a->other_pcrs++ == 0)
                (void) diag_warning(talk->diags, DIAG_CODE_QUOTE_OTHER_PCR,
                                (DiagPlace){ .source = talk->source },
                                "let the policy measure into PCR 10",
                                "entry %" PRIu64 " and perhaps others are in PCR %" PRIu32
                                ", which proves nothing here",
                                m->number, m->pcr);
}

static int add_entry(Attestation *a, const Measurement *m, const Talk *talk)
{
        MeasurementCheck check;
        int r;

        if (a->met) {
                replay_count(a->replay, m, true);
                return 0;
        }
        if (m->pcr != IMA_PCR) {
                replay_count(a->replay, m, true);
                note_other_pcr(a, m, talk);
                return 0;
        }
        r = measurement_checker_check(a->checker, m, &check);
        for (size_t i = 0; r >= 0 && i < a->n_chains; i++)
                r = replay_extend(a->replay, i, m, &check.digests);
        if (r >= 0)
                r = check_entry(a, m, &check, talk);
        if (r < 0)
                return r;
        replay_count(a->replay, m, check.digests.fits);
        a->attested++;
        a->met = is_at_quote(a);
        return 0;
}

int attestation_drain(Attestation *attestation, MeasurementReader *reader, DiagList *diags,
                const char *source)
{
        Talk talk = { diags, source };
        Measurement m;
        int r;

        while ((r = measurement_reader_next(reader, &m)) > 0) {
                r = add_entry(attestation, &m, &talk);
                if (r < 0)
                        return r;
        }
        return r == -EBADMSG ? 0 : r;
}

static void judge_list(Attestation *a, const Talk *talk)
{
        if (!a->met)
                attestation_fail(a, ATTESTATION_CHECK_LIST, talk, DIAG_CODE_QUOTE_LIST,
                                "entries were changed, left out or added, or the list is of "
                                "another "
                                "boot",
                                "after none of its %" PRIu64
                                " entries does the list give the quoted PCR 10 in every bank",
                                replay_get_counts(a->replay)->entries);
        if (!a->has_boot)
                attestation_fail(a, ATTESTATION_CHECK_BOOT_AGGREGATE, talk, DIAG_CODE_QUOTE_BOOT,
                                "the beginning of the list is missing",
                                "the attested entries have no boot_aggregate");
        attestation_pass(a, ATTESTATION_CHECK_LIST);
        attestation_pass(a, ATTESTATION_CHECK_BOOT_AGGREGATE);
        attestation_pass(a, ATTESTATION_CHECK_ENTRIES);
        if (a->expected->certificates)
                attestation_pass(a, ATTESTATION_CHECK_SIGNATURES);
        if (a->expected->allow_list)
                attestation_pass(a, ATTESTATION_CHECK_ALLOW_LIST);
}

static const char *find_first_failed(const Attestation *a)
{
        for (AttestationCheck i = 0; i < ATTESTATION_CHECK_MAX; i++)
                if (a->results[i] == CHECK_FAILED)
                        return check_names[i];
        return NULL;
}

static json_t *checks_to_json(const Attestation *a)
{
        static const char *const results[] = { "skipped", "passed", "failed" };
        json_t *array = json_array();

        for (AttestationCheck i = 0; i < ATTESTATION_CHECK_MAX; i++)
                if (json_array_append_new(
                                    array, json_pack("{s:s, s:s}", "check", check_names[i],
                                                           "result", results[a->results[i]])) < 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}

static json_t *key_to_json(const Attestation *a)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];
        Digest digest;

        if (attest_key_get_fingerprint(a->key, &digest) < 0)
                return NULL;
        hex_encode(digest.bytes, digest.size, hex);
        return json_pack("{s:s, s:s, s:b}", "type", attest_key_get_type(a->key), "fingerprint", hex,
                        "pinned", a->expected->key != NULL);
}

static json_t *banks_to_json(const Attestation *a)
{
        json_t *array = json_array();

        for (size_t i = 0; i < a->quote.n_banks; i++)
                (void) json_array_append_new(array,
                                json_string(hash_algorithm_to_string(a->quote.banks[i].algorithm)));
        return array;
}

static json_t *signatures_to_json(const Attestation *a)
{
        json_t *object = json_object();

        for (SignatureVerdict i = 0; i < SIGNATURE_VERDICT_MAX; i++)
                (void) json_object_set_new(object, signature_verdict_to_string(i),
                                json_integer((json_int_t) a->signatures[i]));
        return object;
}

static json_t *to_json(const Attestation *a, AttestationStatus status)
{
        return json_pack("{s:s, s:s?, s:o, s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:o, "
                         "s:{s:I, s:I, s:I}}",
                        "status", status_names[status], "failed", find_first_failed(a), "checks",
                        checks_to_json(a), "key", key_to_json(a), "reset_count",
                        (json_int_t) a->quote.reset_count, "restart_count",
                        (json_int_t) a->quote.restart_count, "clock_msec",
                        (json_int_t) a->quote.clock_msec, "banks", banks_to_json(a), "entries",
                        (json_int_t) replay_get_counts(a->replay)->entries, "attested",
                        (json_int_t) a->attested, "violations", (json_int_t) a->violations,
                        "other_pcrs", (json_int_t) a->other_pcrs, "signatures",
                        signatures_to_json(a), "files", "allowed",
                        (json_int_t) a->files[ALLOW_LIST_LISTED], "unknown",
                        (json_int_t) a->files[ALLOW_LIST_UNKNOWN], "changed",
                        (json_int_t) a->files[ALLOW_LIST_OTHER]);
}

int attestation_finish(Attestation *attestation, MeasurementReader *reader, DiagList *diags,
                const char *source, AttestationStatus *ret_status, json_t **ret_json)
{
        Talk talk = { diags, source };
        AttestationStatus status =
                        attestation->expected->key ? ATTESTATION_VERIFIED : ATTESTATION_CONSISTENT;
        json_t *json;

        judge_list(attestation, &talk);
        if (find_first_failed(attestation))
                status = ATTESTATION_REFUTED;
        if (measurement_reader_finish(reader, diags, source) < 0)
                status = ATTESTATION_MALFORMED;
        json = to_json(attestation, status);
        if (!json)
                return -ENOMEM;
        *ret_status = status;
        *ret_json = json;
        return 0;
}

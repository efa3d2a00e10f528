/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>

#include "base/diag-code.h"
#include "core/attest/attestation-state.h"
#include "core/measurements/event-log.h"

#define BOOT_PCRS 10U
#define FIRMWARE_PCRS 8U

void attestation_fail(Attestation *a, AttestationCheck check, const Talk *talk, const char *code,
                const char *hint, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list args;

        a->results[check] = CHECK_FAILED;
        va_start(args, format);
        if (vasprintf(&message, format, args) < 0)
                message = NULL;
        va_end(args);
        (void) diag_error(talk->diags, code, (DiagPlace){ .source = talk->source }, hint, "%s",
                        message ?: "out of memory");
}

void attestation_pass(Attestation *a, AttestationCheck check)
{
        if (a->results[check] != CHECK_FAILED)
                a->results[check] = CHECK_PASSED;
}

static int refuse(const Talk *talk, const char *part, const char *what)
{
        return diag_error(talk->diags, DIAG_CODE_EVIDENCE_MALFORMED,
                        (DiagPlace){ .source = talk->source },
                        "make and copy the evidence again; see imad.evidence(5)", "%s %s", part,
                        what);
}

static int parse_evidence(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        int r;

        for (EvidencePart part = 0; part < EVIDENCE_LIST; part++)
                if (evidence_parts[part].required && !evidence->parts[part].data)
                        return refuse(talk, evidence_parts[part].name, "is missing");
        if (evidence_get_format(evidence) != EVIDENCE_FORMAT)
                return refuse(talk, "evidence.json", "is of a format that this imad does not know");
        r = attest_key_parse(evidence->parts[EVIDENCE_KEY].data, evidence->parts[EVIDENCE_KEY].size,
                        &a->key);
        if (r == -EBADMSG)
                return refuse(talk, "ak.pub", "is no TPM2B_PUBLIC");
        if (r < 0)
                return r;
        if (quote_parse(evidence->parts[EVIDENCE_QUOTE].data, evidence->parts[EVIDENCE_QUOTE].size,
                            &a->quote) < 0)
                return refuse(talk, "quote.msg", "is no quote that a TPM made");
        r = quote_parse_values(&a->quote, evidence->parts[EVIDENCE_PCR_VALUES].data,
                        evidence->parts[EVIDENCE_PCR_VALUES].size, &a->values);
        return r == -EBADMSG ? refuse(talk, "pcrs", "does not fit the selection of the quote") : r;
}

static void check_key(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        uint8_t name[ATTEST_NAME_MAX];
        size_t size;

        if (a->expected->key && !attest_key_equal(a->key, a->expected->key))
                attestation_fail(a, ATTESTATION_CHECK_KEY, talk, DIAG_CODE_QUOTE_KEY,
                                "this is another machine, or its TPM was cleared; enrol its key "
                                "only after you know why",
                                "the evidence is signed by another key than --ak=");
        if (!attest_key_is_restricted(a->key))
                attestation_fail(a, ATTESTATION_CHECK_KEY, talk, DIAG_CODE_QUOTE_KEY,
                                "use a restricted signing key that the TPM made and keeps",
                                "the key may sign what no TPM said, so its quotes prove nothing");
        if (attest_key_compute_name(evidence->parts[EVIDENCE_KEY].data,
                            evidence->parts[EVIDENCE_KEY].size, name, &size) < 0 ||
                        size != a->quote.signer_size || memcmp(name, a->quote.signer, size) != 0)
                attestation_fail(a, ATTESTATION_CHECK_KEY, talk, DIAG_CODE_QUOTE_KEY,
                                "ak.pub was replaced or damaged",
                                "the quote names another key than ak.pub");
        if (!a->expected->key)
                (void) diag_warning(talk->diags, DIAG_CODE_QUOTE_KEY_UNKNOWN,
                                (DiagPlace){ .source = talk->source },
                                "enrol the machine's key once, and give it with --ak=",
                                "any TPM, an emulated one as well, could have made this evidence");
        attestation_pass(a, ATTESTATION_CHECK_KEY);
}

static int check_signature(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        int r = attest_key_verify(a->key, evidence->parts[EVIDENCE_QUOTE].data,
                        evidence->parts[EVIDENCE_QUOTE].size,
                        evidence->parts[EVIDENCE_SIGNATURE].data,
                        evidence->parts[EVIDENCE_SIGNATURE].size);

        if (r == -EBADMSG)
                return refuse(talk, "quote.sig", "is no TPMT_SIGNATURE");
        if (r < 0 && r != -EKEYREJECTED)
                return r;
        if (r < 0)
                attestation_fail(a, ATTESTATION_CHECK_SIGNATURE, talk, DIAG_CODE_QUOTE_SIGNATURE,
                                "the quote or its signature was changed",
                                "the signature is not one of this quote by this key");
        attestation_pass(a, ATTESTATION_CHECK_SIGNATURE);
        return 0;
}

static void check_nonce(Attestation *a, const Talk *talk)
{
        if (a->quote.nonce_size != a->expected->nonce_size ||
                        memcmp(a->quote.nonce, a->expected->nonce, a->quote.nonce_size) != 0)
                attestation_fail(a, ATTESTATION_CHECK_NONCE, talk, DIAG_CODE_QUOTE_NONCE,
                                "evidence of an earlier challenge may be a replay; ask for new one",
                                "the quote is of another nonce than the expected one");
        attestation_pass(a, ATTESTATION_CHECK_NONCE);
}

static void check_values(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        HashAlgorithm hash = HASH_ALGORITHM_INVALID;
        Digest digest = { 0 };

        (void) attest_signature_get_hash(evidence->parts[EVIDENCE_SIGNATURE].data,
                        evidence->parts[EVIDENCE_SIGNATURE].size, &hash);
        if (quote_compute_digest(&a->quote, &a->values, hash, &digest) < 0 ||
                        digest.size != a->quote.pcr_digest_size ||
                        memcmp(digest.bytes, a->quote.pcr_digest, digest.size) != 0)
                attestation_fail(a, ATTESTATION_CHECK_PCRS, talk, DIAG_CODE_QUOTE_PCRS,
                                "the values were changed after the quote",
                                "the PCR values are not those that the quote is of");
        for (size_t i = 0; i < a->quote.n_banks; i++)
                if ((a->quote.banks[i].pcrs & EVIDENCE_PCRS) != EVIDENCE_PCRS)
                        attestation_fail(a, ATTESTATION_CHECK_PCRS, talk, DIAG_CODE_QUOTE_PCRS,
                                        "quote PCR 0 to 10 of every bank",
                                        "the quote leaves PCRs of bank %s out",
                                        hash_algorithm_to_string(a->quote.banks[i].algorithm));
        if (a->quote.n_banks == 0)
                attestation_fail(a, ATTESTATION_CHECK_PCRS, talk, DIAG_CODE_QUOTE_PCRS,
                                "quote PCR 0 to 10 of every bank", "the quote covers no PCR");
        attestation_pass(a, ATTESTATION_CHECK_PCRS);
}

/* The firmware's PCRs are its own; boot loaders and user space may extend 8 and 9 silently. */
static void check_event_pcr(Attestation *a, const EventLog *log, HashAlgorithm bank, uint32_t pcr,
                const Talk *talk)
{
        const Digest *value = pcr_value_list_find(&a->values, bank, pcr);
        const char *name = hash_algorithm_to_string(bank);
        Digest logged;

        if (!value || event_log_get_pcr(log, bank, pcr, &logged) < 0 ||
                        digest_equal(value, &logged))
                return;
        if (pcr < FIRMWARE_PCRS)
                attestation_fail(a, ATTESTATION_CHECK_EVENT_LOG, talk, DIAG_CODE_QUOTE_EVENT_LOG,
                                "the event log was changed, or the firmware does not log "
                                "everything that it extends",
                                "the event log does not give the quoted value of %s PCR %" PRIu32,
                                name, pcr);
        else
                (void) diag_warning(talk->diags, DIAG_CODE_QUOTE_BOOT_LOADER,
                                (DiagPlace){ .source = talk->source },
                                "boot loader and user space may extend it without the log",
                                "the event log does not give the quoted value of %s PCR %" PRIu32,
                                name, pcr);
}

static int check_event_log(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        EventLog log;
        int r;

        if (!evidence->parts[EVIDENCE_EVENT_LOG].data) {
                (void) diag_warning(talk->diags, DIAG_CODE_QUOTE_NO_EVENT_LOG,
                                (DiagPlace){ .source = talk->source },
                                "compare PCR 0 to 9 with values that you know",
                                "without an event log nothing explains what booted");
                return 0;
        }
        r = event_log_replay(evidence->parts[EVIDENCE_EVENT_LOG].data,
                        evidence->parts[EVIDENCE_EVENT_LOG].size, &log, talk->diags, talk->source);
        if (r == -EBADMSG)
                a->results[ATTESTATION_CHECK_EVENT_LOG] = CHECK_FAILED;
        if (r < 0)
                return r == -EBADMSG ? 0 : r;
        for (size_t i = 0; i < a->quote.n_banks; i++)
                for (uint32_t pcr = 0; pcr < BOOT_PCRS; pcr++)
                        check_event_pcr(a, &log, a->quote.banks[i].algorithm, pcr, talk);
        attestation_pass(a, ATTESTATION_CHECK_EVENT_LOG);
        return 0;
}

int attestation_check_quote(Attestation *a, const Evidence *evidence, const Talk *talk)
{
        int r = parse_evidence(a, evidence, talk);

        if (r < 0)
                return r;
        check_key(a, evidence, talk);
        r = check_signature(a, evidence, talk);
        if (r < 0)
                return r;
        check_nonce(a, talk);
        check_values(a, evidence, talk);
        return check_event_log(a, evidence, talk);
}

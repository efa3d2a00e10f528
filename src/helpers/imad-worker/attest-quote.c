/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "config.h"
#include "core/attest/attest-key.h"
#include "core/attest/quote.h"
#include "helpers/imad-worker/worker.h"
#include "system/evidence.h"
#include "system/securityfs.h"
#include "system/tpm.h"

#define LIST_SIZE_MAX ((size_t) 512 << 20)
#define IMA_PCR 10U

/* The PCRs may change between being read and being quoted; then both are done again. */
#define ATTEMPTS 16

static const char default_output[] = "evidence.tar";

typedef struct Collection {
        Tpm *tpm;
        uint8_t nonce[TPM_NONCE_MAX];
        size_t nonce_size;
        size_t n_banks;
        HashAlgorithm banks[TPM_BANKS_MAX];
        TpmQuote quote;
        Evidence evidence;
        AttestKey *key;
} Collection;

static void collection_done(Collection *c)
{
        tpm_freep(&c->tpm);
        tpm_quote_done(&c->quote);
        evidence_done(&c->evidence);
        attest_key_freep(&c->key);
}

/* True when these are the values that the TPM signed. */
static bool quote_is_of(const TpmQuote *signed_quote, const PcrValueList *values)
{
        HashAlgorithm hash;
        Digest digest;
        Quote quote;

        return quote_parse(signed_quote->attest.data, signed_quote->attest.size, &quote) >= 0 &&
               attest_signature_get_hash(signed_quote->signature.data, signed_quote->signature.size,
                               &hash) >= 0 &&
               quote_compute_digest(&quote, values, hash, &digest) >= 0 &&
               digest.size == quote.pcr_digest_size &&
               memcmp(digest.bytes, quote.pcr_digest, digest.size) == 0;
}

/* -EBUSY when the PCRs change all the time. */
static int take_quote(Collection *c, PcrValueList *values)
{
        int r = tpm_read_pcrs(c->tpm, c->banks, c->n_banks, EVIDENCE_PCRS, values);

        for (int i = 0; r >= 0 && i < ATTEMPTS; i++) {
                tpm_quote_done(&c->quote);
                c->quote = (TpmQuote){ 0 };
                r = tpm_make_quote(c->tpm, c->banks, c->n_banks, EVIDENCE_PCRS, c->nonce,
                                c->nonce_size, &c->quote);
                if (r < 0 || quote_is_of(&c->quote, values))
                        return r;
                /* Extended before the quote: then the values are right now. */
                r = tpm_read_pcrs(c->tpm, c->banks, c->n_banks, UINT32_C(1) << IMA_PCR, values);
                if (r >= 0 && quote_is_of(&c->quote, values))
                        return 0;
        }
        return r < 0 ? r : -EBUSY;
}

static int add_values(Collection *c, const PcrValueList *values)
{
        uint8_t bytes[PCR_VALUES_MAX * DIGEST_SIZE_MAX];
        size_t size = 0;

        for (size_t i = 0; i < values->count; i++) {
                memcpy(bytes + size, values->items[i].value.bytes, values->items[i].value.size);
                size += values->items[i].value.size;
        }
        return evidence_set(&c->evidence, EVIDENCE_PCR_VALUES, bytes, size);
}

static int add_key(Collection *c)
{
        _cleanup_free_ char *pem = NULL;
        int r = attest_key_parse(c->quote.key.data, c->quote.key.size, &c->key);

        if (r >= 0)
                r = attest_key_format_pem(c->key, &pem);
        if (r >= 0)
                r = evidence_set(&c->evidence, EVIDENCE_KEY_PEM, pem, strlen(pem));
        if (r >= 0)
                r = evidence_set(&c->evidence, EVIDENCE_KEY, c->quote.key.data, c->quote.key.size);
        return r;
}

static int add_quote(Collection *c)
{
        PcrValueList values = { 0 };
        int r = take_quote(c, &values);

        if (r >= 0)
                r = add_key(c);
        if (r >= 0)
                r = add_values(c, &values);
        if (r >= 0)
                r = evidence_set(&c->evidence, EVIDENCE_QUOTE, c->quote.attest.data,
                                c->quote.attest.size);
        if (r >= 0)
                r = evidence_set(&c->evidence, EVIDENCE_SIGNATURE, c->quote.signature.data,
                                c->quote.signature.size);
        return r < 0 ? r : evidence_set_manifest(&c->evidence, "imad " IMAD_VERSION);
}

/* Many TPMs have none, virtual ones above all; the quote is as good without. */
static int add_ek_certificate(Collection *c)
{
        _cleanup_tpm_bytes_ TpmBytes certificate = { 0 };

        if (tpm_read_ek_certificate(c->tpm, &certificate) < 0)
                return 0;
        return evidence_set(
                        &c->evidence, EVIDENCE_EK_CERTIFICATE, certificate.data, certificate.size);
}

static int move_part(Evidence *evidence, EvidencePart part, char *bytes, size_t size)
{
        evidence->parts[part].data = (uint8_t *) bytes;
        evidence->parts[part].size = size;
        return 0;
}

static int add_event_log(Worker *worker, Collection *c)
{
        char *bytes;
        size_t size;
        int r = fs_read_file(worker->root_fd, SECURITYFS_EVENT_LOG_PATH,
                        evidence_parts[EVIDENCE_EVENT_LOG].limit, &bytes, &size);

        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : move_part(&c->evidence, EVIDENCE_EVENT_LOG, bytes, size);
}

static int add_list(Worker *worker, Collection *c)
{
        _cleanup_close_ int fd = -EBADF;
        char *bytes;
        size_t size;
        int r = securityfs_open_list(worker->root_fd, HASH_SHA1, &fd);

        if (r >= 0)
                r = fs_read_fd(fd, LIST_SIZE_MAX, &bytes, &size);
        return r < 0 ? r : move_part(&c->evidence, EVIDENCE_LIST, bytes, size);
}

static ExitCode parse_nonce(Worker *worker, Collection *c)
{
        if (worker_parse_nonce(worker, c->nonce, &c->nonce_size) < 0)
                return worker->code;
        return EXIT_CODE_OK;
}

/* The list comes last: what it holds beyond the quote does no harm, what it lacks would. */
static ExitCode collect(Worker *worker, Collection *c)
{
        ExitCode code = worker_open_tpm(worker, &c->tpm);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = tpm_get_banks(c->tpm, c->banks, ELEMENTSOF(c->banks), &c->n_banks);
        if (r >= 0)
                r = add_quote(c);
        if (r >= 0)
                r = add_ek_certificate(c);
        if (r < 0)
                return worker_fail_tpm(worker, r);
        r = add_event_log(worker, c);
        if (r < 0)
                return worker_fail_errno(worker, r, SECURITYFS_EVENT_LOG_PATH);
        r = add_list(worker, c);
        if (r == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "boot a kernel with CONFIG_IMA, and see imactl doctor",
                                "this kernel has no measurement list");
        return r < 0 ? worker_fail_errno(worker, r, "measurement list") : EXIT_CODE_OK;
}

static int set_result(Worker *worker, const Collection *c, const char *output)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];
        json_t *banks = json_array();
        Digest fingerprint;

        for (size_t i = 0; i < c->n_banks; i++)
                (void) json_array_append_new(
                                banks, json_string(hash_algorithm_to_string(c->banks[i])));
        if (worker_set(worker, "banks", banks) < 0 ||
                        attest_key_get_fingerprint(c->key, &fingerprint) < 0)
                return -ENOMEM;
        hex_encode(fingerprint.bytes, fingerprint.size, hex);
        if (worker_set(worker, "path", json_string(output)) < 0 ||
                        worker_set(worker, "key",
                                        json_pack("{s:s, s:s}", "type", attest_key_get_type(c->key),
                                                        "fingerprint", hex)) < 0 ||
                        worker_set(worker, "event_log",
                                        json_boolean(c->evidence.parts[EVIDENCE_EVENT_LOG].data !=
                                                        NULL)) < 0 ||
                        worker_set(worker, "ek_certificate",
                                        json_boolean(c->evidence.parts[EVIDENCE_EK_CERTIFICATE]
                                                                        .data != NULL)) < 0)
                return -ENOMEM;
        return 0;
}

ExitCode verb_attest_quote(Worker *worker)
{
        _cleanup_(collection_done) Collection c = { 0 };
        const char *output = worker->output ?: default_output;
        _cleanup_free_ char *path = NULL;
        ExitCode code = parse_nonce(worker, &c);
        int r;

        if (code == EXIT_CODE_OK)
                code = collect(worker, &c);
        if (code != EXIT_CODE_OK)
                return code;
        r = worker_resolve_path(worker, output, &path);
        if (r >= 0)
                r = evidence_store(worker->root_fd, path, &c.evidence);
        if (r >= 0)
                r = set_result(worker, &c, output);
        return r < 0 ? worker_fail_errno(worker, r, output) : EXIT_CODE_OK;
}

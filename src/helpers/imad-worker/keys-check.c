/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/fs.h"
#include "core/signature/certificate-issue.h"
#include "core/signature/signer-protocol.h"
#include "core/signature/signer.h"
#include "helpers/imad-worker/key-option.h"
#include "helpers/imad-worker/keys.h"
#include "helpers/imad-worker/measurements-input.h"
#include "system/kernel-key.h"

typedef struct KeysCheck {
        Worker *worker;
        Keys keys;
        MeasurementsInput input; /* the certificates */
        SigningKey key;
        bool has_key, found; /* found: a certificate of the key was among them */
        Digest digest;       /* what the key has signed */
        uint8_t *value;
        size_t value_size;
        json_t *list;
        bool refused;
} KeysCheck;

static void keys_check_done(KeysCheck *check)
{
        keys_done(&check->keys);
        measurements_input_done(&check->input);
        signing_key_done(&check->key);
        free(check->value);
        json_decref(check->list);
}

/* What nobody names is what imad.conf says, or everything that keys create has made. */
static ExitCode load_certificates(KeysCheck *check)
{
        Worker *worker = check->worker;
        const char *configured = check->keys.settings.signing_certificate;

        for (size_t i = 0; i < worker->n_words; i++)
                if (string_list_add(&worker->certificates, worker->words[i]) < 0)
                        return worker_fail_errno(worker, -ENOMEM, "certificates");
        if (worker->certificates.count == 0 &&
                        string_list_add(&worker->certificates, configured ?: KEYS_DIRECTORY) < 0)
                return worker_fail_errno(worker, -ENOMEM, "certificates");
        return measurements_input_load(worker, &check->input);
}

/* The configured key is asked through imad-signer, which has its passphrase. */
static ExitCode load_key(KeysCheck *check)
{
        Worker *worker = check->worker;
        const char **name = &worker->options[WORKER_OPTION_KEY];
        ExitCode code;

        if (!*name && check->keys.settings.signing_key && worker->n_words == 0)
                *name = fs_exists(worker->root_fd, SIGNER_PROTOCOL_SOCKET)
                                        ? "signer:"
                                        : check->keys.settings.signing_key;
        if (!*name)
                return EXIT_CODE_OK;
        code = key_option_open(worker, &check->key);
        check->has_key = code == EXIT_CODE_OK;
        return code;
}

static ExitCode sign(KeysCheck *check)
{
        _cleanup_signer_ Signer *signer = NULL;
        int r;

        if (!check->has_key)
                return EXIT_CODE_OK;
        r = digest_compute(HASH_SHA256, "imad", 4, &check->digest);
        if (r >= 0)
                r = signer_new(&check->key, HASH_SHA256, &signer);
        if (r >= 0)
                r = signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &check->digest, &check->value,
                                &check->value_size);
        return r < 0 ? key_option_fail(check->worker, check->worker->options[WORKER_OPTION_KEY], r)
                     : EXIT_CODE_OK;
}

static json_t *describe_proof(const KernelKeyProof *proof, bool has_signature)
{
        KernelKeyExplanation e = { NULL, NULL };
        const char *result = proof->error < 0 ? kernel_key_is_unknown(proof) ? "unknown" : "refused"
                             : has_signature  ? "verified"
                                              : "accepted";

        if (proof->error < 0)
                e = kernel_key_explain(proof->step, proof->error);
        return json_pack("{s:s, s:s, s:s?, s:s?}", "result", result, "step",
                        kernel_key_step_to_string(proof->step), "reason", e.reason, "hint", e.hint);
}

/* Asks the kernel once as an ordinary keyring would take it, and once as its own keyring does. */
static int prove(KeysCheck *check, const Certificate *certificate, json_t *json)
{
        bool is_of_key = check->has_key && EVP_PKEY_eq(certificate->key, check->key.key) == 1;
        const KernelKeySignature signature = {
                EVP_PKEY_is_a(certificate->key, "EC"),
                &check->digest,
                check->value + SIGNATURE_HEADER_SIZE,
                check->value_size - SIGNATURE_HEADER_SIZE,
        };
        const KeyTrust trusts[] = { KEY_TRUST_NONE, check->keys.trust };
        static const char *const names[] = { "proof", "chain" };
        _cleanup_free_ uint8_t *der = NULL;
        size_t size;
        int r = certificate_format_der(certificate->x509, &der, &size);

        check->found |= is_of_key;
        for (size_t i = 0; r >= 0 && i < (check->keys.trust > KEY_TRUST_NONE ? 2 : 1); i++) {
                KernelKeyProof proof = kernel_key_prove(
                                trusts[i], der, size, is_of_key ? &signature : NULL);

                if (proof.error < 0 && !kernel_key_is_unknown(&proof)) {
                        check->refused = true;
                        r = json_object_set_new(json, "usable", json_false());
                }
                if (r >= 0)
                        r = json_object_set_new(json, names[i], describe_proof(&proof, is_of_key));
        }
        return r < 0 ? -ENOMEM : 0;
}

static int check_certificate(KeysCheck *check, const Certificate *certificate)
{
        json_t *json = keys_describe(&check->keys, certificate);
        int r = json ? 0 : -ENOMEM;

        if (r >= 0 && !json_is_true(json_object_get(json, "usable")))
                check->refused = true;
        if (r >= 0 && certificate->x509 && check->keys.is_running)
                r = prove(check, certificate, json);
        else if (r >= 0 && check->has_key)
                check->found |= EVP_PKEY_eq(certificate->key, check->key.key) == 1;
        if (r < 0) {
                json_decref(json);
                return r;
        }
        return json_array_append_new(check->list, json) < 0 ? -ENOMEM : 0;
}

static int set_result(KeysCheck *check)
{
        Worker *worker = check->worker;
        const char *name = key_trust_to_string(check->keys.trust);

        if (worker_set(worker, "kernel", json_string(check->keys.target->release)) < 0 ||
                        worker_set(worker, "trust", name ? json_string(name) : json_null()) < 0 ||
                        worker_set(worker, "vouchers",
                                        json_string(key_trust_describe(check->keys.trust)
                                                                        ?: "not known")) < 0 ||
                        worker_set(worker, "asked", json_boolean(check->keys.is_running)) < 0)
                return -ENOMEM;
        return worker_set(worker, "certificates", json_incref(check->list));
}

ExitCode verb_keys_check(Worker *worker)
{
        _cleanup_(keys_check_done) KeysCheck check = { .worker = worker, .list = json_array() };
        ExitCode code = keys_load(worker, &check.keys);
        int r = 0;

        if (code == EXIT_CODE_OK)
                code = load_certificates(&check);
        if (code == EXIT_CODE_OK)
                code = load_key(&check);
        if (code == EXIT_CODE_OK)
                code = sign(&check);
        if (code != EXIT_CODE_OK)
                return code;
        for (size_t i = 0; r >= 0 && i < check.input.certificates.count; i++)
                r = check_certificate(&check, &check.input.certificates.items[i]);
        if (r >= 0)
                r = set_result(&check);
        if (r < 0)
                return worker_fail_errno(worker, r, "certificates");
        if (check.has_key && !check.found)
                return worker_fail(worker, EXIT_CODE_MISMATCH,
                                "give the certificate that belongs to the key",
                                "none of the certificates belongs to %s",
                                worker->options[WORKER_OPTION_KEY]);
        return check.refused ? EXIT_CODE_MISMATCH : EXIT_CODE_OK;
}

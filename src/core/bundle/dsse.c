/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/dsse.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/json.h"

void dsse_done(Dsse *dsse)
{
        free(dsse->type);
        free(dsse->payload);
        for (size_t i = 0; i < dsse->n_signatures; i++)
                free(dsse->signatures[i].bytes);
        *dsse = (Dsse){ 0 };
}

static int refuse(const char **ret_reason, const char *reason)
{
        *ret_reason = reason;
        return -EBADMSG;
}

static int decode(const json_t *text, uint8_t **ret_bytes, size_t *ret_size)
{
        return json_is_string(text) ? base64_decode(json_string_value(text),
                                                      json_string_length(text), ret_bytes, ret_size)
                                    : -EBADMSG;
}

static int parse_signatures(const json_t *list, Dsse *dsse, const char **ret_reason)
{
        if (!json_is_array(list) || json_array_size(list) == 0)
                return refuse(ret_reason, "has no signature");
        if (json_array_size(list) > DSSE_SIGNATURES_MAX)
                return refuse(ret_reason, "has too many signatures");
        for (size_t i = 0; i < json_array_size(list); i++) {
                DsseSignature *signature = &dsse->signatures[i];
                int r = decode(json_object_get(json_array_get(list, i), "sig"), &signature->bytes,
                                &signature->size);

                if (r == -EBADMSG)
                        return refuse(ret_reason, "has a signature that is not base64");
                if (r < 0)
                        return r;
                dsse->n_signatures++;
        }
        return 0;
}

int dsse_parse(const json_t *json, Dsse *ret_dsse, const char **ret_reason)
{
        const char *type = json_string_value(json_object_get(json, "payloadType"));
        _cleanup_dsse_ Dsse dsse = { 0 };
        int r;

        if (!type)
                return refuse(ret_reason, "has no payloadType");
        dsse.type = strdup(type);
        r = dsse.type ? decode(json_object_get(json, "payload"), &dsse.payload, &dsse.payload_size)
                      : -ENOMEM;
        if (r == -EBADMSG)
                return refuse(ret_reason, "has no payload in base64");
        if (r >= 0)
                r = parse_signatures(json_object_get(json, "signatures"), &dsse, ret_reason);
        if (r >= 0)
                *ret_dsse = TAKE_STRUCT(dsse);
        return r;
}

/* The pre-authentication encoding, which is what is signed. */
static int compute_digest(HashAlgorithm hash, const char *type, const void *payload, size_t size,
                Digest *ret_digest)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        _cleanup_buffer_ Buffer head = { 0 };
        Digest digest = { .algorithm = hash, .size = hash_algorithm_size(hash) };
        int r = buffer_append_format(&head, "DSSEv1 %zu %s %zu ", strlen(type), type, size);

        if (r >= 0)
                r = digest_context_new(hash, &context);
        if (r >= 0)
                r = digest_context_begin(context);
        if (r >= 0)
                r = digest_context_update(context, head.data, head.size);
        if (r >= 0)
                r = digest_context_update(context, payload, size);
        if (r >= 0)
                r = digest_context_end(context, digest.bytes);
        if (r >= 0)
                *ret_digest = digest;
        return r;
}

int dsse_sign(Signer *signer, const char *type, const void *payload, size_t size, json_t **ret_json)
{
        _cleanup_free_ char *payload_text = NULL, *signature_text = NULL;
        _cleanup_free_ uint8_t *value = NULL;
        char key_id[2 * sizeof(uint32_t) + 1];
        size_t value_size;
        Signature signature;
        Digest digest;
        json_t *json;
        int r = compute_digest(HASH_SHA256, type, payload, size, &digest);

        if (r >= 0)
                r = signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &digest, &value, &value_size);
        if (r >= 0)
                r = signature_parse(value, value_size, &signature);
        if (r >= 0)
                r = base64_encode(signature.bytes, signature.size, &signature_text);
        if (r >= 0)
                r = base64_encode(payload, size, &payload_text);
        if (r < 0)
                return r;
        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, signature.key_id);
        json = json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "payloadType", type, "payload", payload_text,
                        "signatures", "keyid", key_id, "sig", signature_text);
        if (!json)
                return -ENOMEM;
        *ret_json = json;
        return 0;
}

/* Key ids of envelopes are as their tools make them, so every certificate is tried. */
static SignatureVerdict check(const Dsse *dsse, const Digest *digest,
                const Certificate *certificate, SignatureVerifier *verifier)
{
        SignatureVerdict verdict = SIGNATURE_VERDICT_BAD;

        for (size_t i = 0; i < dsse->n_signatures && verdict != SIGNATURE_VERDICT_GOOD; i++)
                verdict = signature_verifier_check(verifier,
                                &(Signature){
                                                .type = SIGNATURE_TYPE_DIGSIG,
                                                .version = 2,
                                                .hash = digest->algorithm,
                                                .key_id = certificate->key_ids[0],
                                                .bytes = dsse->signatures[i].bytes,
                                                .size = dsse->signatures[i].size,
                                },
                                digest);
        return verdict;
}

/* imad signs with SHA-256; others take a longer one with a longer key. */
SignatureVerdict dsse_verify(const Dsse *dsse, const CertificateList *certificates,
                SignatureVerifier *verifier, const Certificate **ret_certificate)
{
        static const HashAlgorithm hashes[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t h = 0; h < ELEMENTSOF(hashes); h++) {
                Digest digest;

                if (compute_digest(hashes[h], dsse->type, dsse->payload, dsse->payload_size,
                                    &digest) < 0)
                        continue;
                for (size_t i = 0; i < certificates->count; i++) {
                        if (check(dsse, &digest, &certificates->items[i], verifier) !=
                                        SIGNATURE_VERDICT_GOOD)
                                continue;
                        *ret_certificate = signature_verifier_get_certificate(verifier);
                        return SIGNATURE_VERDICT_GOOD;
                }
        }
        return certificates->count > 0 ? SIGNATURE_VERDICT_BAD : SIGNATURE_VERDICT_UNKNOWN_KEY;
}

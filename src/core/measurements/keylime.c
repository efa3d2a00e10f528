/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/keylime.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/diag-code.h"
#include "base/json.h"
#include "base/strings.h"

#define SCHEMA_VERSION 1
#define GENERATOR_UNKNOWN 0
/* The schema wants 40 digits at least. */
#define DIGEST_SIZE_MIN 20U

void keylime_policy_done(KeylimePolicy *policy)
{
        inventory_done(&policy->inventory);
        json_decref(policy->excludes);
        json_decref(policy->ignored_keyrings);
        free(policy->verification_keys);
}

/* {"name": ["hex", …], …} */
static int parse_digests(AllowList *list, const json_t *object)
{
        const char *name;
        json_t *array, *item;
        size_t i;

        if (!json_is_object(object))
                return -EBADMSG;
        json_object_foreach ((json_t *) object, name, array) {
                if (!json_is_array(array))
                        return -EBADMSG;
                json_array_foreach (array, i, item) {
                        const char *hex = json_string_value(item);
                        Digest digest = { 0 };
                        int r = -EBADMSG;

                        if (hex)
                                r = hex_decode(hex, digest.bytes, sizeof(digest.bytes),
                                                &digest.size);
                        if (r >= 0)
                                r = allow_list_add(list, name, strlen(name), &digest);
                        if (r < 0)
                                return r == -ENOMEM ? r : -EBADMSG;
                }
        }
        return 0;
}

static int take_array(const json_t *object, const char *key, json_t **array)
{
        json_t *value = json_object_get(object, key);

        if (!json_is_array(value))
                return -EBADMSG;
        json_decref(*array);
        *array = json_incref(value);
        return 0;
}

static int parse(KeylimePolicy *policy, const json_t *json)
{
        const json_t *version = json_object_get(json_object_get(json, "meta"), "version");
        const json_t *ima = json_object_get(json, "ima");
        const char *keys = json_string_value(json_object_get(json, "verification-keys"));
        Inventory *inventory = &policy->inventory;
        int r;

        if (!json_is_integer(version) || json_integer_value(version) != SCHEMA_VERSION || !keys)
                return -EBADMSG;
        r = parse_digests(&inventory->files, json_object_get(json, "digests"));
        if (r >= 0)
                r = parse_digests(&inventory->keys, json_object_get(json, "keyrings"));
        if (r >= 0)
                r = parse_digests(&inventory->buffers, json_object_get(json, "ima-buf"));
        if (r >= 0)
                r = take_array(json, "excludes", &policy->excludes);
        if (r >= 0)
                r = take_array(ima, "ignored_keyrings", &policy->ignored_keyrings);
        if (r < 0)
                return r;
        free(policy->verification_keys);
        policy->verification_keys = strdup(keys);
        policy->release = (uint64_t) json_integer_value(json_object_get(json, "release"));
        return policy->verification_keys ? 0 : -ENOMEM;
}

int keylime_policy_parse(KeylimePolicy *policy, const char *text, size_t size, DiagList *diags,
                const char *source)
{
        _cleanup_json_ json_t *json = NULL;
        int r;

        if (size > KEYLIME_SIZE_MAX)
                return -E2BIG;
        r = json_parse(text, size, &json);
        if (r >= 0)
                r = parse(policy, json);
        if (r != -EBADMSG)
                return r;
        return diag_error(diags, DIAG_CODE_EXPORT_MALFORMED, (DiagPlace){ .source = source },
                        "make it with imactl measurements export --format=keylime, or with "
                        "keylime-policy",
                        "the file is no runtime policy of Keylime");
}

static json_t *key_to_json(EVP_PKEY *key)
{
        unsigned char *der = NULL;
        int size = i2d_PUBKEY(key, &der);
        _cleanup_free_ char *text = size > 0 ? malloc(4 * ((size_t) size / 3 + 1) + 1) : NULL;

        if (text)
                (void) EVP_EncodeBlock((unsigned char *) text, der, size);
        OPENSSL_free(der);
        return text ? json_string(text) : NULL;
}

int keylime_policy_set_keys(KeylimePolicy *policy, const CertificateList *certificates)
{
        _cleanup_json_ json_t *json = json_pack("{s:[], s:[]}", "pubkeys", "keyids");
        char *text;

        /* Keylime knows one id of each key. */
        for (size_t i = 0; i < certificates->count; i++)
                for (size_t j = 0; j < certificates->items[i].n_key_ids; j++)
                        if (json_array_append_new(json_object_get(json, "pubkeys"),
                                            key_to_json(certificates->items[i].key)) < 0 ||
                                        json_array_append_new(json_object_get(json, "keyids"),
                                                        json_integer(certificates->items[i].key_ids
                                                                                        [j])) < 0)
                                return -ENOMEM;
        text = json ? json_dumps(json, JSON_COMPACT) : NULL;
        if (!text)
                return -ENOMEM;
        free(policy->verification_keys);
        policy->verification_keys = text;
        return 0;
}

static int append_digest(json_t *object, const char *name, const AllowListEntry *entry)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];
        json_t *array = json_object_get(object, name);

        if (!array) {
                array = json_array();
                if (json_object_set_new(object, name, array) < 0)
                        return -ENOMEM;
        }
        hex_encode(entry->digest, entry->digest_size, hex);
        return json_array_append_new(array, json_string(hex)) < 0 ? -ENOMEM : 0;
}

static json_t *digests_to_json(const AllowList *list, DiagList *diags)
{
        _cleanup_json_ json_t *object = json_object();

        for (size_t i = 0; object && i < list->count; i++) {
                const AllowListEntry *entry = &list->items[i];

                if (entry->digest_size < DIGEST_SIZE_MIN || !string_is_utf8(entry->name)) {
                        (void) diag_warning(diags, DIAG_CODE_EXPORT_NAME,
                                        (DiagPlace){ .source = entry->name },
                                        "exclude the file in the verifier, or rename it",
                                        "the policy cannot hold this name or digest");
                        continue;
                }
                if (append_digest(object, entry->name, entry) < 0)
                        return NULL;
        }
        return TAKE_PTR(object);
}

static json_t *array_or_empty(json_t *array)
{
        return array ? json_incref(array) : json_array();
}

int keylime_policy_format(KeylimePolicy *policy, DiagList *diags, json_t **ret_json)
{
        Inventory *inventory = &policy->inventory;
        json_t *json;

        inventory_sort(inventory);
        json = json_pack("{s:{s:i, s:i}, s:I, s:o, s:o, s:o, s:{s:o, s:s, s:n}, s:o, s:s}", "meta",
                        "version", SCHEMA_VERSION, "generator", GENERATOR_UNKNOWN, "release",
                        (json_int_t) policy->release, "digests",
                        digests_to_json(&inventory->files, diags), "excludes",
                        array_or_empty(policy->excludes), "keyrings",
                        digests_to_json(&inventory->keys, diags), "ima", "ignored_keyrings",
                        array_or_empty(policy->ignored_keyrings), "log_hash_alg", "sha1",
                        "dm_policy", "ima-buf", digests_to_json(&inventory->buffers, diags),
                        "verification-keys", policy->verification_keys ?: "");
        if (!json)
                return -ENOMEM;
        *ret_json = json;
        return 0;
}

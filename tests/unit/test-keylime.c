/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/strings.h"
#include "core/measurements/keylime.h"

static void add(AllowList *list, const char *name, size_t digest_size)
{
        Digest digest = { .size = digest_size };

        memset(digest.bytes, 0xab, digest_size);
        cr_assert_eq(allow_list_add(list, name, strlen(name), &digest), 0);
}

static json_t *format(KeylimePolicy *policy)
{
        _cleanup_diags_ DiagList diags = { 0 };
        json_t *json;

        cr_assert_eq(keylime_policy_format(policy, &diags, &json), 0);
        return json;
}

/* {"name": ["40 to 128 lower-case hexadecimal digits", …], …}, no array empty */
static void assert_digests(const json_t *object)
{
        const char *name;
        json_t *array, *item;
        size_t i;

        cr_assert(json_is_object(object));
        json_object_foreach ((json_t *) object, name, array) {
                cr_assert_gt(json_array_size(array), 0, "%s", name);
                json_array_foreach (array, i, item) {
                        const char *hex = json_string_value(item);

                        cr_assert_not_null(hex);
                        cr_assert_geq(strlen(hex), 40);
                        cr_assert_leq(strlen(hex), 128);
                        cr_assert_eq(strspn(hex, "0123456789abcdef"), strlen(hex));
                }
        }
}

static void assert_strings(const json_t *array)
{
        json_t *item;
        size_t i;

        cr_assert(json_is_array(array));
        json_array_foreach (array, i, item)
                cr_assert(json_is_string(item));
}

/* The rules of RUNTIME_POLICY_SCHEMA in Keylime 7, keylime/ima/ima.py. */
static void assert_schema(const json_t *json)
{
        static const char *const hashes[] = { "sha1", "sha256", "sha384", "sha512", NULL };
        const json_t *meta = json_object_get(json, "meta"), *ima = json_object_get(json, "ima");
        const char *hash = json_string_value(json_object_get(ima, "log_hash_alg"));
        json_int_t generator = json_integer_value(json_object_get(meta, "generator"));
        size_t i = 0;

        cr_assert_eq(json_integer_value(json_object_get(meta, "version")), 1);
        cr_assert(json_is_integer(json_object_get(meta, "generator")));
        cr_assert(generator >= 0 && generator <= 3);
        cr_assert_geq(json_integer_value(json_object_get(json, "release")), 0);
        cr_assert(json_is_integer(json_object_get(json, "release")));
        assert_digests(json_object_get(json, "digests"));
        assert_digests(json_object_get(json, "keyrings"));
        assert_digests(json_object_get(json, "ima-buf"));
        assert_strings(json_object_get(json, "excludes"));
        assert_strings(json_object_get(ima, "ignored_keyrings"));
        while (hashes[i] && !string_equal(hashes[i], hash))
                i++;
        cr_assert_not_null(hashes[i]);
        cr_assert(json_is_null(json_object_get(ima, "dm_policy")));
        cr_assert(json_is_string(json_object_get(json, "verification-keys")));
}

Test(keylime, an_empty_policy_is_valid)
{
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_json_ json_t *json = format(&policy);

        assert_schema(json);
        cr_assert_str_eq(json_string_value(json_object_get(json, "verification-keys")), "");
}

Test(keylime, files_keyrings_and_buffers_have_their_places)
{
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_json_ json_t *json = NULL;

        add(&policy.inventory.files, "/bin/a", 32);
        add(&policy.inventory.files, "/bin/a", 20);
        add(&policy.inventory.keys, ".ima", 32);
        add(&policy.inventory.buffers, "kexec-cmdline", 32);
        json = format(&policy);
        assert_schema(json);
        cr_assert_eq(json_array_size(json_object_get(json_object_get(json, "digests"), "/bin/a")),
                        2);
        cr_assert_not_null(json_object_get(json_object_get(json, "keyrings"), ".ima"));
        cr_assert_not_null(json_object_get(json_object_get(json, "ima-buf"), "kexec-cmdline"));
}

Test(keylime, what_json_or_the_schema_cannot_hold_is_left_out_and_named)
{
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;

        add(&policy.inventory.files, "/bin/\xff", 32);
        add(&policy.inventory.files, "/bin/md5", 16);
        cr_assert_eq(keylime_policy_format(&policy, &diags, &json), 0);
        assert_schema(json);
        cr_assert_eq(json_object_size(json_object_get(json, "digests")), 0);
        cr_assert_eq(diags.count, 2);
        cr_assert_str_eq(diags.items[0].code, "W470");
}

static const char policy_text[] =
                "{\"meta\":{\"version\":1,\"generator\":0},\"release\":3,"
                "\"digests\":{\"/bin/old\":[\"00112233445566778899aabbccddeeff00112233\"]},"
                "\"excludes\":[\"^/tmp\"],\"keyrings\":{},\"ima\":{\"ignored_keyrings\":[\"*\"],"
                "\"log_hash_alg\":\"sha1\",\"dm_policy\":null},\"ima-buf\":{},"
                "\"verification-keys\":\"k\"}";

Test(keylime, what_a_policy_says_survives)
{
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL, *expected = NULL;

        cr_assert_eq(keylime_policy_parse(&policy, policy_text, strlen(policy_text), &diags, "p"),
                        0);
        json = format(&policy);
        cr_assert_eq(json_parse(policy_text, strlen(policy_text), &expected), 0);
        cr_assert(json_equal(json, expected));
}

Test(keylime, what_is_no_policy_is_refused)
{
        static const char *const texts[] = { "", "[]", "{}", "{\"meta\":{\"version\":2}}",
                "{\"meta\":{\"version\":1},\"verification-keys\":\"\",\"digests\":{\"/"
                "a\":[\"xy\"]}}",
                "{\"meta\":{\"version\":1},\"verification-keys\":\"\",\"digests\":[]}" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_assert_eq(keylime_policy_parse(&policy, texts[i], strlen(texts[i]), &diags, "p"),
                                -EBADMSG, "%s", texts[i]);
                cr_assert_str_eq(diags.items[0].code, "E471");
        }
}

static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeSgtbuU5Q9WV07bAnMpuBDpHzDb8\n"
                          "+68+FakPcm37phXOh2JVjIQo46/vpXZM4FEozw1erWSkvdWkkMjg5i3pKg==\n"
                          "-----END PUBLIC KEY-----\n";

/* The form that ImaKeyring.from_string() of Keylime reads. */
Test(keylime, verification_keys_are_a_keyring_in_a_string)
{
        _cleanup_certificates_ CertificateList certificates = { 0 };
        _cleanup_keylime_policy_ KeylimePolicy policy = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL, *keyring = NULL;
        const char *text, *encoded;

        cr_assert_eq(certificate_list_parse(&certificates, key, strlen(key), &diags, "k"), 0);
        cr_assert_eq(keylime_policy_set_keys(&policy, &certificates), 0);
        json = format(&policy);
        assert_schema(json);
        text = json_string_value(json_object_get(json, "verification-keys"));
        cr_assert_eq(json_parse(text, strlen(text), &keyring), 0);
        encoded = json_string_value(json_array_get(json_object_get(keyring, "pubkeys"), 0));
        cr_assert_eq(strncmp(encoded, "MFkwEwYHKoZIzj0CAQYI", 20), 0);
        cr_assert_eq(json_integer_value(json_array_get(json_object_get(keyring, "keyids"), 0)),
                        certificates.items[0].key_ids[0]);
}

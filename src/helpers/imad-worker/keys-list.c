/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "base/fs.h"
#include "core/signature/signer-protocol.h"
#include "helpers/imad-worker/keys.h"
#include "system/keyring.h"

#define FILES_MAX 1000U

static int list_configured(Worker *worker, const Keys *keys)
{
        const Settings *s = &keys->settings;

        return worker_set(worker, "configured",
                        json_pack("{s:s?, s:s?, s:b}", "key", s->signing_key, "certificate",
                                        s->signing_certificate, "signer",
                                        fs_exists(worker->root_fd, SIGNER_PROTOCOL_SOCKET)));
}

static int list_file(Worker *worker, const Keys *keys, const char *path, json_t *list)
{
        _cleanup_certificates_ CertificateList certificates = { 0 };
        _cleanup_diags_ DiagList unused = { 0 };
        _cleanup_free_ char *bytes = NULL;
        size_t size;

        if (fs_read_file(worker->root_fd, path, CERTIFICATE_FILE_SIZE_MAX, &bytes, &size) < 0 ||
                        certificate_list_parse(&certificates, bytes, size, &unused, path) < 0)
                return 0;
        for (size_t i = 0; i < certificates.count; i++) {
                json_t *json = keys_describe(keys, &certificates.items[i]);

                if (!json || json_object_set_new(json, "path", json_string(path)) < 0 ||
                                json_array_append_new(list, json) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* The same certificate lies there in DER as well. */
static int list_certificates(Worker *worker, const Keys *keys)
{
        const char *configured = keys->settings.signing_certificate;
        _cleanup_strings_ StringList names = { 0 };
        json_t *list = json_array();
        int r = fs_list_directory(worker->root_fd, KEYS_DIRECTORY, FILES_MAX, &names);

        if (r == -ENOENT || r == -EACCES)
                r = 0;
        if (r >= 0 && configured && !string_after(configured, KEYS_DIRECTORY "/"))
                r = list_file(worker, keys, configured, list);
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (!string_ends_with(names.items[i], ".pem"))
                        continue;
                if (asprintf(&path, KEYS_DIRECTORY "/%s", names.items[i]) < 0)
                        return -ENOMEM;
                r = list_file(worker, keys, path, list);
        }
        if (r >= 0)
                return worker_set(worker, "certificates", list);
        json_decref(list);
        return r;
}

static json_t *describe_key(const KeyringKey *key)
{
        char id[9];

        (void) snprintf(id, sizeof(id), "%08" PRIx32, key->key_id);
        return json_pack("{s:s, s:s?}", "description", key->description, "key_id",
                        key->has_key_id ? id : NULL);
}

static json_t *describe_keyring(const Keyring *keyring)
{
        _cleanup_keyring_keys_ KeyringKeyList keys = { 0 };
        json_t *list = json_array();
        int r = keyring_load_keys(keyring, &keys);

        for (size_t i = 0; i < keys.count; i++)
                if (json_array_append_new(list, describe_key(&keys.items[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return json_pack("{s:s, s:I, s:b, s:o}", "name", keyring->name, "count",
                        (json_int_t) keyring->n_keys, "readable", r >= 0, "keys", list);
}

static int list_keyrings(Worker *worker)
{
        _cleanup_keyrings_ KeyringList rings = { 0 };
        json_t *list = json_array();
        int r = fs_root_is_host(worker->root_fd) ? keyring_list_load(worker->root_fd, &rings) : 0;

        if (r < 0 && r != -ENOENT) {
                json_decref(list);
                return r;
        }
        for (size_t i = 0; i < rings.count; i++)
                if (json_array_append_new(list, describe_keyring(&rings.items[i])) < 0) {
                        json_decref(list);
                        return -ENOMEM;
                }
        return worker_set(worker, "keyrings", list);
}

ExitCode verb_keys_list(Worker *worker)
{
        _cleanup_keys_ Keys keys = { 0 };
        ExitCode code = keys_load(worker, &keys);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = worker_set(worker, "kernel", json_string(keys.target->release));
        if (r >= 0)
                r = list_configured(worker, &keys);
        if (r >= 0)
                r = list_certificates(worker, &keys);
        if (r >= 0)
                r = list_keyrings(worker);
        return r < 0 ? worker_fail_errno(worker, r, "keys") : EXIT_CODE_OK;
}

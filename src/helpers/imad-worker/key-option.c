/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/key-option.h"

#include <openssl/crypto.h>

#include "core/signature/signer.h"
#include "system/key-source.h"

ExitCode key_option_fail(Worker *worker, const char *name, int error)
{
        const KeySourceExplanation *e = key_source_explain(name, error);

        if (!e)
                return worker_fail_errno(worker, error, name);
        return worker_fail(worker, e->code, e->hint, "%s %s", name, e->reason);
}

int key_option_read_passphrase(
                const Worker *worker, char ret_text[static SIGNING_KEY_PASSPHRASE_MAX])
{
        const char *number = worker->options[WORKER_OPTION_PASSPHRASE_FD];
        uint64_t fd = 0;

        if (number && parse_u64(number, INT32_MAX, &fd) < 0)
                return -EBADF;
        return key_source_read_passphrase(number ? (int) fd : -EBADF, ret_text);
}

int key_option_resolve(const Worker *worker, const char *name, char **ret_name)
{
        char *copy;

        if (key_source_is_file(name))
                return worker_resolve_path(worker, name, ret_name);
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        *ret_name = copy;
        return 0;
}

static int try_device(const SigningKey *key)
{
        uint8_t bytes[1024];
        size_t size = sizeof(bytes);
        Digest digest;
        int r = digest_compute(HASH_SHA256, "", 0, &digest);

        if (r < 0 || !key->device)
                return r;
        return key->device->sign(key->device_data, &digest, bytes, &size);
}

static int open_key(const Worker *worker, const char *name, SigningKey *ret_key)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        char passphrase[SIGNING_KEY_PASSPHRASE_MAX];
        _cleanup_free_ char *path = NULL;
        int given = key_option_read_passphrase(worker, passphrase), r;

        r = given < 0 && given != -ENOENT ? given : key_option_resolve(worker, name, &path);
        if (r >= 0)
                r = key_source_open(
                                &(KeySource){
                                                .root_fd = worker->root_fd,
                                                .name = path,
                                                .passphrase = given < 0 ? NULL : passphrase,
                                                .tcti = worker->options[WORKER_OPTION_TCTI]
                                                                        ?: TPM_TCTI,
                                },
                                &key);
        OPENSSL_cleanse(passphrase, sizeof(passphrase));
        if (r >= 0)
                r = try_device(&key);
        if (r >= 0)
                *ret_key = TAKE_STRUCT(key);
        return r;
}

ExitCode key_option_open(Worker *worker, SigningKey *ret_key)
{
        const char *name = worker->options[WORKER_OPTION_KEY];
        int r;

        if (!name)
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "give --key=KEY.pem, handle:0x81…, pkcs11:… or signer:",
                                "no key is named");
        key_source_protect_process(false);
        r = open_key(worker, name, ret_key);
        return r < 0 ? key_option_fail(worker, name, r) : EXIT_CODE_OK;
}

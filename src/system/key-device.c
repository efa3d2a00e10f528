/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/key-device.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/strings.h"
#include "core/attest/attest-key.h"
#include "system/pkcs11-key.h"
#include "system/signer-client.h"
#include "system/tpm-key.h"

/* One of the three, and who may use it. */
typedef struct Device {
        pthread_mutex_t mutex;
        TpmKey *tpm;
        Pkcs11Key *pkcs11;
        SignerClient *signer;
} Device;

static Device *device_new(void)
{
        Device *device = calloc(1, sizeof(*device));

        if (device)
                (void) pthread_mutex_init(&device->mutex, NULL);
        return device;
}

static void device_free(void *data)
{
        Device *device = data;

        tpm_key_free(device->tpm);
        pkcs11_key_free(device->pkcs11);
        signer_client_free(device->signer);
        (void) pthread_mutex_destroy(&device->mutex);
        free(device);
}

static void device_freep(Device **device)
{
        if (*device)
                device_free(*device);
}

static int sign_tpm(void *data, const Digest *digest, uint8_t *bytes, size_t *size)
{
        Device *device = data;
        int r;

        (void) pthread_mutex_lock(&device->mutex);
        r = tpm_key_sign(device->tpm, digest, bytes, size);
        (void) pthread_mutex_unlock(&device->mutex);
        return r;
}

static int sign_pkcs11(void *data, const Digest *digest, uint8_t *bytes, size_t *size)
{
        Device *device = data;
        int r;

        (void) pthread_mutex_lock(&device->mutex);
        r = pkcs11_key_sign(device->pkcs11, digest, bytes, size);
        (void) pthread_mutex_unlock(&device->mutex);
        return r;
}

/* It has a connection for each thread. */
static int sign_signer(void *data, const Digest *digest, uint8_t *bytes, size_t *size)
{
        Device *device = data;

        return signer_client_sign(device->signer, digest, bytes, size);
}

static const SigningKeyDevice tpm_device = { sign_tpm, device_free },
                              pkcs11_device = { sign_pkcs11, device_free },
                              signer_device = { sign_signer, device_free };

static int finish_tpm(Device **device, SigningKey *ret_key)
{
        const TpmBytes *public = tpm_key_get_public((*device)->tpm);
        _cleanup_attest_key_ AttestKey *key = NULL;
        int r = attest_key_parse(public->data, public->size, &key);

        if (r >= 0)
                r = signing_key_of_device(attest_key_get_pkey(key), &tpm_device, *device, ret_key);
        if (r >= 0)
                *device = NULL;
        return r;
}

static int parse_handle(const char *text, uint32_t *ret_handle)
{
        const char *digits = string_after(text, "0x") ?: "";
        char *end;
        unsigned long value;

        if (strlen(digits) != 8 || strspn(digits, "0123456789abcdefABCDEF") != 8)
                return -EINVAL;
        value = strtoul(digits, &end, 16);
        *ret_handle = (uint32_t) value;
        return 0;
}

int key_device_open_tpm_handle(const KeySource *source, const char *rest, SigningKey *ret_key)
{
        _cleanup_(device_freep) Device *device = device_new();
        uint32_t handle = 0;
        int r = device ? parse_handle(rest, &handle) : -ENOMEM;

        if (r >= 0)
                r = tpm_key_open_handle(source->root_fd, source->tcti, handle, source->passphrase,
                                &device->tpm);
        return r < 0 ? r : finish_tpm(&device, ret_key);
}

int key_device_open_tpm_file(
                const KeySource *source, const void *pem, size_t size, SigningKey *ret_key)
{
        _cleanup_(device_freep) Device *device = device_new();
        Tss2Key file;
        int r = device ? tss2_key_parse_pem(pem, size, &file) : -ENOMEM;

        if (r >= 0 && !file.empty_auth && !source->passphrase)
                r = -ENOKEY;
        if (r >= 0)
                r = tpm_key_open_file(source->root_fd, source->tcti, &file, source->passphrase,
                                &device->tpm);
        if (r < 0)
                return r == -EBADMSG ? -EBADF : r;
        return finish_tpm(&device, ret_key);
}

int key_device_open_pkcs11(const KeySource *source, const char *rest, SigningKey *ret_key)
{
        _cleanup_(device_freep) Device *device = device_new();
        int r = device ? pkcs11_key_open(source->name, source->passphrase, &device->pkcs11)
                       : -ENOMEM;

        if (r >= 0)
                r = signing_key_of_device(pkcs11_key_get_public(device->pkcs11), &pkcs11_device,
                                device, ret_key);
        if (r >= 0)
                device = NULL;
        return r;
}

int key_device_open_signer(const KeySource *source, const char *rest, SigningKey *ret_key)
{
        _cleanup_(device_freep) Device *device = device_new();
        EVP_PKEY *public = NULL;
        SigningKey key = { 0 };
        uint32_t key_id = 0;
        int r = device ? signer_client_new(rest, &device->signer, &public, &key_id) : -ENOMEM;

        if (r >= 0)
                r = signing_key_of_device(public, &signer_device, device, &key);
        EVP_PKEY_free(public);
        if (r < 0)
                return r;
        device = NULL;
        key.key_id = key_id;
        *ret_key = key;
        return 0;
}

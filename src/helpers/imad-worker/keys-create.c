/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/fs.h"
#include "core/signature/certificate-issue.h"
#include "core/signature/key-file.h"
#include "helpers/imad-worker/key-option.h"
#include "helpers/imad-worker/keys.h"
#include "system/key-source.h"
#include "system/pkcs11-key.h"
#include "system/tpm-key.h"

#define CA_NAME "ca"
#define SIGNER_NAME "signing"
#define YEAR ((int64_t) 365 * 86400)
#define CA_YEARS 20
#define SIGNER_YEARS 10

typedef enum Kind {
        KIND_FILE,
        KIND_TPM,
        KIND_PKCS11,
        KIND_MAX,
        KIND_INVALID = -EINVAL
} Kind;

static const char *const kinds[KIND_MAX] = { "file", "tpm", "pkcs11" };

typedef struct KeysCreate {
        Worker *worker;
        Kind kind;
        KeyType type;
        const char *name; /* of the files */
        char *directory;  /* from the root */
        char *place;      /* of the key as --key= takes it */
        bool place_is_file;
        char passphrase[SIGNING_KEY_PASSPHRASE_MAX];
        bool has_passphrase;
        SigningKey key;
        X509 *ca, *certificate;
        EVP_PKEY *ca_key;
        bool ca_made;
} KeysCreate;

static void keys_create_done(KeysCreate *create)
{
        free(create->directory);
        free(create->place);
        OPENSSL_cleanse(create->passphrase, sizeof(create->passphrase));
        signing_key_done(&create->key);
        X509_free(create->ca);
        X509_free(create->certificate);
        EVP_PKEY_free(create->ca_key);
}

static Kind kind_from_string(const char *name)
{
        for (int i = 0; i < KIND_MAX; i++)
                if (string_equal(kinds[i], name))
                        return (Kind) i;
        return KIND_INVALID;
}

static char *make_path(const KeysCreate *create, const char *name, const char *ending)
{
        char *path;

        return asprintf(&path, "%s/%s%s", create->directory, name, ending) < 0 ? NULL : path;
}

static bool name_is_valid(const char *name)
{
        return *name && *name != '.' && strlen(name) <= 64 &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
                               strlen(name) &&
               !string_equal(name, CA_NAME);
}

/* Where the key will be: what --key= says, else a file beside its certificate. */
static ExitCode choose_place(KeysCreate *create)
{
        const char *key = create->worker->options[WORKER_OPTION_KEY];

        if (create->kind == KIND_PKCS11 && (!key || !string_after(key, "pkcs11:")))
                return worker_fail(create->worker, EXIT_CODE_USAGE,
                                "give --key='pkcs11:token=TOKEN;object=LABEL'",
                                "the token that makes the key is not named");
        if (key && create->kind == KIND_TPM && !string_after(key, "handle:"))
                return worker_fail(create->worker, EXIT_CODE_USAGE,
                                "give --key=handle:0x81NNNNNN, or none for a file",
                                "--key=%s is no place in the TPM", key);
        if (key && create->kind == KIND_FILE)
                return worker_fail(create->worker, EXIT_CODE_USAGE, "give --output=DIR and a NAME",
                                "--key= does not go with keys in files");
        create->place_is_file = !key;
        create->place = key ? strdup(key) : make_path(create, create->name, ".key");
        return create->place ? EXIT_CODE_OK : worker_fail_errno(create->worker, -ENOMEM, "key");
}

static ExitCode read_options(KeysCreate *create)
{
        Worker *worker = create->worker;
        const char *kind = worker->options[WORKER_OPTION_KIND] ?: kinds[KIND_FILE],
                   *type = worker->options[WORKER_OPTION_TYPE]
                                           ?: key_type_to_string(KEY_TYPE_RSA_2048);
        int r;

        create->kind = kind_from_string(kind);
        create->type = key_type_from_string(type);
        create->name = worker->n_words > 0 ? worker->words[0] : SIGNER_NAME;
        if (create->kind < 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "give file, tpm or pkcs11",
                                "--kind=%s is no kind of key", kind);
        if (create->type < 0)
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "give rsa-2048, rsa-3072, rsa-4096, p-256 or p-384",
                                "--type=%s is no type of key that kernels verify with", type);
        if (!name_is_valid(create->name))
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "letters, digits, '-', '_' and '.' make one; ca is the CA's",
                                "%s cannot be the name of a key", create->name);
        r = worker_resolve_path(worker, worker->output ?: KEYS_DIRECTORY, &create->directory);
        if (r >= 0)
                r = key_option_read_passphrase(worker, create->passphrase);
        create->has_passphrase = r >= 0;
        if (r < 0 && r != -ENOENT)
                return worker_fail_errno(worker, r, "passphrase");
        return choose_place(create);
}

/* Nothing is ever overwritten: a key that is gone takes all its signatures with it. */
static ExitCode check_free(KeysCreate *create)
{
        static const char *const endings[] = { ".key", ".pem", ".der" };

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                _cleanup_free_ char *path = make_path(create, create->name, endings[i]);

                if (!path)
                        return worker_fail_errno(create->worker, -ENOMEM, "key");
                if (fs_exists(create->worker->root_fd, path))
                        return worker_fail(create->worker, EXIT_CODE_FAILURE,
                                        "choose another name, or move it away", "%s exists", path);
        }
        return EXIT_CODE_OK;
}

static int store(const KeysCreate *create, const char *name, const char *ending, const void *bytes,
                size_t size, mode_t mode)
{
        _cleanup_free_ char *path = make_path(create, name, ending);

        return path ? fs_create_file(create->worker->root_fd, path, bytes, size, mode) : -ENOMEM;
}

static int store_key(const KeysCreate *create, const char *name, EVP_PKEY *key)
{
        char *text;
        size_t size;
        int r = key_file_format(
                        key, create->has_passphrase ? create->passphrase : NULL, &text, &size);

        if (r < 0)
                return r;
        r = store(create, name, ".key", text, size, 0600);
        OPENSSL_secure_clear_free(text, size);
        return r;
}

static int store_certificate(const KeysCreate *create, const char *name, X509 *certificate)
{
        _cleanup_free_ char *pem = NULL;
        _cleanup_free_ uint8_t *der = NULL;
        size_t size;
        int r = certificate_format_pem(certificate, &pem);

        if (r >= 0)
                r = certificate_format_der(certificate, &der, &size);
        if (r >= 0)
                r = store(create, name, ".pem", pem, strlen(pem), 0644);
        return r < 0 ? r : store(create, name, ".der", der, size, 0644);
}

static int load_ca_certificate(KeysCreate *create, const char *path)
{
        _cleanup_certificates_ CertificateList list = { 0 };
        _cleanup_diags_ DiagList unused = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(
                        create->worker->root_fd, path, CERTIFICATE_FILE_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = certificate_list_parse(&list, text, size, &unused, path);
        if (r >= 0 && (list.count == 0 || !list.items[0].x509))
                r = -EBADMSG;
        if (r < 0)
                return r;
        create->ca = list.items[0].x509;
        return X509_up_ref(create->ca) == 1 ? 0 : -ENOMEM;
}

/* The CA of the directory, which may be anybody's; its key has the same passphrase, if any. */
static ExitCode load_ca(KeysCreate *create, const char *pem, const char *key_path)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        int r = load_ca_certificate(create, pem);

        if (r < 0)
                return worker_fail_errno(create->worker, r, pem);
        r = key_source_open(
                        &(KeySource){ create->worker->root_fd, key_path,
                                        create->has_passphrase ? create->passphrase : NULL,
                                        create->worker->options[WORKER_OPTION_TCTI] ?: TPM_TCTI },
                        &key);
        if (r >= 0 && key.device)
                r = -EOPNOTSUPP;
        if (r < 0)
                return key_option_fail(create->worker, key_path, r);
        create->ca_key = key.key;
        return EVP_PKEY_up_ref(key.key) == 1 ? EXIT_CODE_OK
                                             : worker_fail_errno(create->worker, -ENOMEM, "CA");
}

static int make_ca(KeysCreate *create)
{
        const CertificateOrder order = { "imad CA", true, (int64_t) time(NULL) - 60,
                (int64_t) time(NULL) + CA_YEARS * YEAR };
        int r = key_file_generate(create->type, &create->ca_key);

        if (r >= 0)
                r = certificate_issue(&order, create->ca_key,
                                &(CertificateIssuer){ NULL, create->ca_key }, &create->ca);
        if (r >= 0)
                r = store_key(create, CA_NAME, create->ca_key);
        if (r >= 0)
                r = store_certificate(create, CA_NAME, create->ca);
        create->ca_made = r >= 0;
        return r;
}

static ExitCode find_ca(KeysCreate *create)
{
        Worker *worker = create->worker;
        _cleanup_free_ char *pem = make_path(create, CA_NAME, ".pem"),
                            *key = make_path(create, CA_NAME, ".key");
        bool has_pem, has_key;
        int r = pem && key ? fs_make_directories(worker->root_fd, create->directory, 0755)
                           : -ENOMEM;

        if (r < 0)
                return worker_fail_errno(worker, r, create->directory);
        has_pem = fs_exists(worker->root_fd, pem);
        has_key = fs_exists(worker->root_fd, key);
        if (has_pem && has_key)
                return load_ca(create, pem, key);
        if (has_pem || has_key)
                return worker_fail(worker, EXIT_CODE_FAILURE,
                                "bring it here for as long as keys are made, or use an empty "
                                "directory",
                                "%s is missing beside %s", has_pem ? key : pem,
                                has_pem ? pem : key);
        r = make_ca(create);
        return r < 0 ? worker_fail_errno(worker, r, create->directory) : EXIT_CODE_OK;
}

static int make_in_file(KeysCreate *create)
{
        EVP_PKEY *key = NULL;
        int r = key_file_generate(create->type, &key);

        if (r >= 0)
                r = store_key(create, create->name, key);
        EVP_PKEY_free(key);
        return r;
}

static int make_in_tpm(KeysCreate *create)
{
        Worker *worker = create->worker;
        const char *auth = create->has_passphrase ? create->passphrase : NULL,
                   *tcti = worker->options[WORKER_OPTION_TCTI] ?: TPM_TCTI;
        _cleanup_tpm_key_ TpmKey *loaded = NULL;
        _cleanup_free_ char *text = NULL;
        Tss2Key file;
        int r = tpm_key_create(worker->root_fd, tcti, create->type, auth, &file);

        if (r < 0)
                return r;
        if (create->place_is_file) {
                r = tss2_key_format_pem(&file, &text);
                return r < 0 ? r : store(create, create->name, ".key", text, strlen(text), 0600);
        }
        r = tpm_key_open_file(worker->root_fd, tcti, &file, auth, &loaded);
        return r < 0 ? r
                     : tpm_key_persist(loaded,
                                       (uint32_t) strtoul(string_after(create->place, "handle:"),
                                                       NULL, 16));
}

static ExitCode make_key(KeysCreate *create)
{
        Worker *worker = create->worker;
        const char *passphrase = create->has_passphrase ? create->passphrase : NULL;
        int r = create->kind == KIND_FILE ? make_in_file(create)
                : create->kind == KIND_TPM
                                ? make_in_tpm(create)
                                : pkcs11_key_create(create->place, passphrase, create->type);

        if (r >= 0)
                r = key_source_open(
                                &(KeySource){ worker->root_fd, create->place, passphrase,
                                                worker->options[WORKER_OPTION_TCTI] ?: TPM_TCTI },
                                &create->key);
        return r < 0 ? key_option_fail(worker, create->place, r) : EXIT_CODE_OK;
}

static ExitCode certify(KeysCreate *create)
{
        _cleanup_free_ char *name = NULL;
        int r = asprintf(&name, "imad %s", create->name) < 0 ? -ENOMEM : 0;

        if (r >= 0)
                r = certificate_issue(&(CertificateOrder){ name, false, (int64_t) time(NULL) - 60,
                                                      (int64_t) time(NULL) + SIGNER_YEARS * YEAR },
                                create->key.key, &(CertificateIssuer){ create->ca, create->ca_key },
                                &create->certificate);
        if (r == -EKEYREJECTED || r == -EMEDIUMTYPE)
                return worker_fail(create->worker, EXIT_CODE_MISMATCH,
                                "put the certificate of the CA and its key there",
                                "ca.pem and ca.key of %s are not those of one CA",
                                create->directory);
        if (r >= 0)
                r = store_certificate(create, create->name, create->certificate);
        return r < 0 ? worker_fail_errno(create->worker, r, create->directory) : EXIT_CODE_OK;
}

static int set_result(const KeysCreate *create)
{
        Worker *worker = create->worker;
        _cleanup_free_ char *certificate = make_path(create, create->name, ".pem"),
                            *der = make_path(create, create->name, ".der"),
                            *ca = make_path(create, CA_NAME, ".pem");

        if (worker_set(worker, "changed", json_true()) < 0 ||
                        worker_set(worker, "kind", json_string(kinds[create->kind])) < 0 ||
                        worker_set(worker, "type", json_string(key_type_to_string(create->type))) <
                                        0 ||
                        worker_set(worker, "key", json_string(create->place)) < 0 ||
                        worker_set(worker, "certificate",
                                        certificate ? json_string(certificate) : NULL) < 0 ||
                        worker_set(worker, "der", der ? json_string(der) : NULL) < 0 ||
                        worker_set(worker, "ca", ca ? json_string(ca) : NULL) < 0)
                return -ENOMEM;
        return worker_set(worker, "ca_created", json_boolean(create->ca_made));
}

ExitCode verb_keys_create(Worker *worker)
{
        _cleanup_(keys_create_done) KeysCreate create = { .worker = worker };
        ExitCode code;

        key_source_protect_process(false);
        code = read_options(&create);
        if (code == EXIT_CODE_OK)
                code = check_free(&create);
        if (code == EXIT_CODE_OK)
                code = find_ca(&create);
        if (code == EXIT_CODE_OK)
                code = make_key(&create);
        if (code == EXIT_CODE_OK)
                code = certify(&create);
        if (code == EXIT_CODE_OK && set_result(&create) < 0)
                code = worker_fail_errno(worker, -ENOMEM, "result");
        return code;
}

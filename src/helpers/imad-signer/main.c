/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * imad-signer: the one process that holds the key. It takes digests and returns signatures;
 * imad-signer.socket starts it, and it ends when nobody has needed it for a while.
 */
#include <openssl/crypto.h>
#include <systemd/sd-daemon.h>

#include "base/exit-code.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strings.h"
#include "core/signature/certificate-check.h"
#include "helpers/imad-signer/serve.h"
#include "system/key-source.h"
#include "system/settings.h"

/* Credentials with the key and its certificate, in place of what imad.conf names. */
#define KEY_CREDENTIAL "imad.key"
#define CERTIFICATE_CREDENTIAL "imad.certificate"

#define IDLE_USEC (60 * USEC_PER_SEC)
/* Without a key clients are told so, and the next one gets another try soon. */
#define IDLE_WITHOUT_KEY_USEC (2 * USEC_PER_SEC)

/* The path of a credential that was given, else the setting's value; NULL: neither. malloc()ed. */
static int choose(const char *credential, const char *setting, char **ret_name)
{
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        char *name = NULL;

        if (directory) {
                if (asprintf(&name, "%s/%s", directory, credential) < 0)
                        return -ENOMEM;
                if (access(name, F_OK) < 0) {
                        free(name);
                        name = NULL;
                }
        }
        if (!name && setting) {
                name = strdup(setting);
                if (!name)
                        return -ENOMEM;
        }
        *ret_name = name;
        return 0;
}

static int use_certificate(int root_fd, const char *name, SigningKey *key)
{
        _cleanup_certificates_ CertificateList list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, name, CERTIFICATE_FILE_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = certificate_list_parse(&list, text, size, &diags, name);
        if (r >= 0 && list.count != 1)
                r = -ENOTUNIQ;
        if (r >= 0)
                r = signing_key_set_certificate(key, &list.items[0]);
        if (r < 0) {
                log_error("%s is no certificate of the key: %s; SigningCertificate= names it", name,
                                strerror(-r));
                return r;
        }
        if (certificate_is_expired(&list.items[0], time(NULL)))
                log_warning("%s has expired; make a new one for the key", name);
        return 0;
}

static int open_key(int root_fd, const Settings *settings, SigningKey *ret_key)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        _cleanup_free_ char *name = NULL, *certificate = NULL;
        char passphrase[SIGNING_KEY_PASSPHRASE_MAX];
        const KeySourceExplanation *e;
        int given, r = choose(KEY_CREDENTIAL, settings->signing_key, &name);

        if (r >= 0)
                r = choose(CERTIFICATE_CREDENTIAL, settings->signing_certificate, &certificate);
        if (r < 0)
                return r;
        if (!name) {
                log_error("no key is configured; set SigningKey= in imad.conf");
                return -ENOKEY;
        }
        given = key_source_read_passphrase(-EBADF, passphrase);
        r = key_source_open(&(KeySource){ root_fd, name, given < 0 ? NULL : passphrase,
                                            settings->tpm_tcti },
                        &key);
        OPENSSL_cleanse(passphrase, sizeof(passphrase));
        if (r < 0) {
                e = key_source_explain(name, r);
                log_error("%s %s; %s", name, e ? e->reason : strerror(-r),
                                e ? e->hint : "see SigningKey= in imad.conf(5)");
                return r;
        }
        r = certificate ? use_certificate(root_fd, certificate, &key) : 0;
        if (r >= 0)
                *ret_key = TAKE_STRUCT(key);
        return r;
}

static int load(SigningKey *ret_key)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_close_ int root_fd = fs_open_root(NULL);
        int r = root_fd < 0 ? root_fd : settings_load(root_fd, &settings, &diags);

        log_diags(&diags);
        if (r < 0)
                return r;
        log_set_max_priority(settings.log_level);
        return open_key(root_fd, &settings, ret_key);
}

int main(int argc, char **argv)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        int error, r;

        log_open("imad-signer");
        if (argc > 1 || sd_listen_fds(true) != 1) {
                fputs("Usage: imad-signer\nHolds the key and signs digests; imad-signer.socket "
                      "starts it.\n",
                                stderr);
                return EXIT_CODE_USAGE;
        }
        key_source_protect_process(true);
        error = load(&key);
        r = serve_run(SD_LISTEN_FDS_START,
                        &(ServeOptions){
                                        .key = error < 0 ? NULL : &key,
                                        .error = error < 0 ? -EIO : 0,
                                        .idle_usec = error < 0 ? IDLE_WITHOUT_KEY_USEC : IDLE_USEC,
                        });
        if (r < 0)
                log_error("cannot listen: %s", strerror(-r));
        return error < 0 || r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/keys.h"

#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/fs.h"
#include "core/signature/key-type.h"
#include "system/keyring.h"

void keys_done(Keys *keys)
{
        settings_done(&keys->settings);
        worker_targets_done(&keys->targets);
        *keys = (Keys){ 0 };
}

/* Where the configuration is not known: only a trusted .ima is there before anybody has made one.
 */
static KeyTrust ask_keyrings(int root_fd)
{
        _cleanup_keyrings_ KeyringList rings = { 0 };

        if (keyring_list_load(root_fd, &rings) < 0)
                return KEY_TRUST_INVALID;
        return keyring_list_find(&rings, ".ima") ? KEY_TRUST_SECONDARY : KEY_TRUST_NONE;
}

ExitCode keys_load(Worker *worker, Keys *ret_keys)
{
        _cleanup_keys_ Keys keys = { 0 };
        int r = settings_load(worker->root_fd, &keys.settings, &worker->diags);

        if (r < 0)
                return worker_fail_errno(worker, r, "imad.conf");
        if (!worker->target && !worker->kernel)
                worker->target = "running";
        if (worker_targets_find(worker, false, &keys.targets) < 0)
                return worker->code;
        if (keys.targets.count != 1)
                return worker_fail(worker, EXIT_CODE_USAGE, "name one",
                                "the kernel that keys are for is not known");
        keys.target = keys.targets.items[0];
        keys.is_running =
                        string_equal(worker->target, "running") && fs_root_is_host(worker->root_fd);
        keys.demands = certificate_demands_of_target(keys.target, time(NULL));
        keys.trust = key_trust_of_target(keys.target);
        if (keys.trust < 0 && keys.is_running)
                keys.trust = ask_keyrings(worker->root_fd);
        keys.demands.trusted = keys.trust > KEY_TRUST_NONE;
        *ret_keys = TAKE_STRUCT(keys);
        return EXIT_CODE_OK;
}

static json_t *describe_name(const X509_NAME *name)
{
        BIO *bio = BIO_new(BIO_s_mem());
        _cleanup_free_ char *text = NULL;
        char *bytes;

        if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
                long size = BIO_get_mem_data(bio, &bytes);

                text = strndup(bytes, (size_t) size);
        }
        BIO_free(bio);
        if (!text)
                return NULL;
        string_make_utf8(text);
        return json_string(text);
}

static int set(json_t *object, const char *name, json_t *value)
{
        return value && json_object_set_new(object, name, value) >= 0 ? 0 : -ENOMEM;
}

static int set_certificate(json_t *json, const X509 *x509)
{
        char text[TIME_RFC3339_MAX];
        struct tm tm;
        usec_t usec;

        if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) != 1)
                return 0;
        usec = (usec_t) timegm(&tm) * USEC_PER_SEC;
        if (set(json, "subject", describe_name(X509_get_subject_name(x509))) < 0 ||
                        set(json, "issuer", describe_name(X509_get_issuer_name(x509))) < 0 ||
                        set(json, "expires", json_string(time_format_rfc3339(usec, text))) < 0)
                return -ENOMEM;
        return set(json, "expires_usec", json_integer((json_int_t) usec));
}

static json_t *describe_findings(const CertificateFinding *findings, size_t n)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                if (json_array_append_new(list,
                                    json_pack("{s:s, s:b, s:s, s:s}", "name", findings[i].name,
                                                    "refusal", findings[i].is_refusal, "reason",
                                                    findings[i].reason, "hint", findings[i].hint)) <
                                0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

json_t *keys_describe(const Keys *keys, const Certificate *certificate)
{
        CertificateFinding findings[CERTIFICATE_FINDINGS_MAX];
        size_t n = certificate_check(certificate, &keys->demands, findings);
        char type[KEY_TYPE_TEXT_MAX], id[9] = "";
        json_t *json;
        int r;

        if (certificate->n_key_ids > 0)
                (void) snprintf(id, sizeof(id), "%08" PRIx32, certificate->key_ids[0]);
        json = json_pack("{s:s, s:s, s:b}", "key_id", id, "type",
                        key_type_describe(certificate->key, type), "usable",
                        !certificate_is_refused(findings, n));
        r = json ? set(json, "findings", describe_findings(findings, n)) : -ENOMEM;
        if (r >= 0 && certificate->x509)
                r = set_certificate(json, certificate->x509);
        if (r >= 0)
                return json;
        json_decref(json);
        return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernels that a policy is for would verify with the keys of /etc/imad/keys. */
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "base/time.h"
#include "core/signature/certificate-check.h"
#include "helpers/imad-worker/gates.h"
#include "helpers/imad-worker/worker-target.h"
#include "system/kernel-key.h"
#include "system/kernel.h"
#include "system/key-store.h"

#define CREATE_HINT                                                                                \
        "put the certificate of the key that signs into " KEY_STORE_PATH " (*.pem, *.der, *.crt)"

typedef struct KeyGate {
        Worker *worker;
        KeyStore store;
        const char *running; /* release, or NULL */
        size_t usable;       /* for the kernel at hand */
} KeyGate;

static int complain(KeyGate *g, size_t i, const char *release, const char *reason, const char *hint)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, KEY_STORE_PATH "/%s", g->store.names.items[i]) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = diag_error(&g->worker->diags, DIAG_CODE_GATE_KEYS, (DiagPlace){ .source = path }, hint,
                        "Linux %s would not verify with it: %s", release, reason);
        return r == -EBADMSG ? 0 : r;
}

/* The running kernel itself is asked, by a keyring of this process that nobody relies on. */
static int ask_running(KeyGate *g, size_t i, const Target *target)
{
        KeyTrust trust = key_trust_of_target(target);
        KernelKeyProof proof = { .step = KERNEL_KEY_STEP_KEYRING };
        KernelKeyExplanation explanation;
        unsigned char *der = NULL;
        int size = i2d_X509(g->store.certificates.items[i].x509, &der);
        int32_t keyring, key;

        if (size < 0)
                return -ENOMEM;
        proof.error = kernel_key_new_keyring(trust < 0 ? KEY_TRUST_NONE : trust, &keyring);
        if (proof.error >= 0) {
                proof.step = KERNEL_KEY_STEP_ADD;
                proof.error = kernel_key_add(keyring, der, (size_t) size, &key);
                kernel_key_drop_keyring(keyring);
        }
        OPENSSL_free(der);
        if (proof.error >= 0 || kernel_key_is_unknown(&proof)) {
                g->usable++;
                return 0;
        }
        explanation = kernel_key_explain(proof.step, proof.error);
        return complain(g, i, target->release, explanation.reason, explanation.hint);
}

/* What the certificate tells; for the running kernel also what it says itself. */
static int ask_certificate(KeyGate *g, size_t i, const Target *target)
{
        const CertificateDemands demands = certificate_demands_of_target(
                        target, (int64_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC));
        CertificateFinding findings[CERTIFICATE_FINDINGS_MAX];
        size_t n = certificate_check(&g->store.certificates.items[i], &demands, findings);

        for (size_t f = 0; f < n; f++)
                if (findings[f].is_refusal)
                        return complain(g, i, target->release, findings[f].reason,
                                        findings[f].hint);
        if (g->running && fs_root_is_host(g->worker->root_fd) &&
                        string_equal(g->running, target->release))
                return ask_running(g, i, target);
        g->usable++;
        return 0;
}

static const Target *find_target(const WorkerTargets *targets, const char *release)
{
        for (size_t i = 0; i < targets->count; i++)
                if (string_equal(targets->items[i]->release, release))
                        return targets->items[i];
        return NULL;
}

/* One good key is enough; what is wrong with the others is told when there is none. */
static int ask_kernel(KeyGate *g, const Target *target)
{
        DiagList before = TAKE_STRUCT(g->worker->diags);
        _cleanup_diags_ DiagList found = { 0 };
        int r = 0;

        g->usable = 0;
        for (size_t i = 0; r >= 0 && i < g->store.certificates.count; i++)
                r = ask_certificate(g, i, target);
        found = TAKE_STRUCT(g->worker->diags);
        g->worker->diags = before;
        if (r < 0 || g->usable > 0)
                return r;
        return diag_list_merge_unique(&g->worker->diags, &found);
}

int gate_keys_ask(Worker *worker, const Compilation *compilation)
{
        _cleanup_worker_targets_ WorkerTargets targets = { 0 };
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_free_ char *running = NULL;
        KeyGate g = { .worker = worker };
        bool demanded = false;
        int r = 0;

        for (size_t i = 0; i < compilation->n_kernels; i++)
                demanded = demanded ||
                           (compilation->kernels[i].text &&
                                           strstr(compilation->kernels[i].text, "appraise_type="));
        if (!demanded)
                return 0;
        r = key_store_load(worker->root_fd, &store, &worker->diags);
        if (r >= 0 && store.certificates.count == 0)
                return diag_error(&worker->diags, DIAG_CODE_GATE_KEYS,
                                (DiagPlace){ .source = KEY_STORE_PATH }, CREATE_HINT,
                                "the policy demands signatures, and there is no certificate that "
                                "the kernel could verify them with");
        if (r >= 0)
                r = worker_targets_find(worker, false, &targets);
        if (r >= 0 && kernel_get_release(worker->root_fd, &running) == -ENOMEM)
                r = -ENOMEM;
        g.store = store;
        g.running = running;
        for (size_t i = 0; r >= 0 && i < compilation->n_kernels; i++) {
                const Target *target = find_target(&targets, compilation->kernels[i].release);

                if (target && compilation->kernels[i].text)
                        r = ask_kernel(&g, target);
        }
        return r;
}

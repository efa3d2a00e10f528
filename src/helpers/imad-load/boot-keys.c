/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/boot-keys.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/time.h"
#include "config.h"
#include "core/signature/certificate-check.h"
#include "core/signature/file-label.h"
#include "system/file-trial.h"
#include "system/kernel-key.h"
#include "system/keyring.h"

/* Those of imad first: they are there, and nothing else depends on how their use ends. */
static const char *const candidates[] = {
        IMAD_LIBEXECDIR "/imad-load",
        IMAD_LIBEXECDIR "/imad-bless",
        IMAD_LIBEXECDIR "/imad-worker",
        IMAD_LIBEXECDIR "/imad",
        "/usr/bin/true",
        "/bin/true",
        "/bin/sh",
        "/sbin/init",
};

#define CLAIM_PRIORITY 2 /* of real-time; those who claim run at the one below */
#define CLAIM_USEC USEC_PER_SEC

/* The cheapest one first. */
static const FileUse trial_uses[] = {
        FILE_USE_READ,
        FILE_USE_MAP,
        FILE_USE_EXECUTE,
        FILE_USE_MODULE,
        FILE_USE_KEXEC_KERNEL,
};

void boot_keys_done(BootKeys *keys)
{
        key_store_done(&keys->store);
        string_list_done(&keys->refused);
}

/* What the certificate itself tells is more than the kernel's errno. */
static const char *explain(const BootKeys *keys, const Certificate *certificate, int error)
{
        const CertificateDemands demands = {
                .trusted = keys->is_trusted,
                .usage = keys->is_trusted,
                .strict = keys->is_trusted,
        };
        CertificateFinding findings[CERTIFICATE_FINDINGS_MAX];
        size_t n = certificate_check(certificate, &demands, findings);

        for (size_t i = 0; keys->is_trusted && i < n; i++)
                if (findings[i].is_refusal)
                        return findings[i].reason;
        return kernel_key_explain(KERNEL_KEY_STEP_ADD, error).reason;
}

static int note_refusal(BootKeys *keys, size_t i, int error)
{
        const char *reason = explain(keys, &keys->store.certificates.items[i], error);
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, KEY_STORE_PATH "/%s: %s", keys->store.names.items[i], reason) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return string_list_add(&keys->refused, text);
}

static int add_certificate(int32_t keyring, const Certificate *certificate)
{
        unsigned char *der = NULL;
        int size = i2d_X509(certificate->x509, &der), r;
        int32_t key;

        if (size < 0)
                return -ENOMEM;
        r = kernel_key_add(keyring, der, (size_t) size, &key);
        OPENSSL_free(der);
        return r;
}

/* Only what IMA verifies with is judged; EVM rests until somebody activates it. */
static int fill(BootKeys *keys, int32_t ima, int32_t evm)
{
        for (size_t i = 0; i < keys->store.certificates.count; i++) {
                const Certificate *certificate = &keys->store.certificates.items[i];
                int r = add_certificate(ima, certificate);

                if (r == -ENOMEM)
                        return r;
                keys->n_loaded += r >= 0;
                if (r < 0)
                        r = note_refusal(keys, i, r);
                else if (evm != 0)
                        (void) add_certificate(evm, certificate);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int fill_trusted(BootKeys *keys, const KeyringList *rings, const Keyring *ima)
{
        const Keyring *evm = keyring_list_find(rings, ".evm");

        keys->is_trusted = true;
        return fill(keys, (int32_t) ima->id, evm ? (int32_t) evm->id : 0);
}

static int fill_private(BootKeys *keys)
{
        int32_t session = keyring_join_private(), ima, evm;
        int r;

        if (session < 0)
                return session;
        ima = keyring_make("_ima", session);
        evm = keyring_make("_evm", session);
        if (ima < 0 || evm < 0)
                return ima < 0 ? ima : evm;
        r = fill(keys, ima, evm);
        if (r >= 0)
                r = keyring_close(ima);
        return r < 0 ? r : keyring_close(evm);
}

/* A file that holds no certificate is told beside those that the kernel refuses. */
static int take_diags(BootKeys *keys, const DiagList *diags)
{
        for (size_t i = 0; i < diags->count; i++) {
                _cleanup_free_ char *text = NULL;
                int r;

                if (asprintf(&text, "%s: %s", diags->items[i].source, diags->items[i].message) <
                                0) {
                        text = NULL;
                        return -ENOMEM;
                }
                r = string_list_add(&keys->refused, text);
                if (r < 0)
                        return r;
        }
        return 0;
}

int boot_keys_load(int root_fd, BootKeys *ret_keys)
{
        _cleanup_boot_keys_ BootKeys keys = { 0 };
        _cleanup_keyrings_ KeyringList rings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        const Keyring *ima;
        int r = key_store_load(root_fd, &keys.store, &diags);

        if (r >= 0)
                r = take_diags(&keys, &diags);
        if (r >= 0 && keys.store.certificates.count > 0) {
                r = keyring_list_load(root_fd, &rings);
                if (r < 0)
                        return r;
                ima = keyring_list_find(&rings, ".ima");
                r = ima ? fill_trusted(&keys, &rings, ima) : fill_private(&keys);
        }
        if (r >= 0)
                *ret_keys = TAKE_STRUCT(keys);
        return r;
}

static bool is_by_key(const BootKeys *keys, const FileFacts *facts)
{
        FileLabel label;

        if (facts->label_size == 0 ||
                        file_label_parse(FILE_LABEL_IMA, facts->label, facts->label_size, &label) <
                                        0 ||
                        label.kind != FILE_LABEL_SIGNATURE)
                return false;
        for (size_t i = 0; i < keys->store.certificates.count; i++)
                if (certificate_has_key_id(
                                    &keys->store.certificates.items[i], label.signature.key_id))
                        return true;
        return false;
}

bool boot_keys_is_appraised(const Simulator *policy, const FileFacts *facts, FileUse use)
{
        FileUseStep steps[FILE_USE_STEPS_MAX];
        size_t n = file_use_get_steps(use, NULL, steps);

        for (size_t i = 0; i < n; i++) {
                Request request = { .func = steps[i].func, .mask = steps[i].mask };
                SimulateDecision decision;

                file_facts_apply(facts, &request);
                file_use_set_subject(use, facts->stat.stx_mode, NULL, &request);
                decision = simulate_decide(policy, &request);
                if (decision.classes[SIMULATE_CLASS_APPRAISE].is_done)
                        return true;
        }
        return false;
}

bool boot_keys_fit(const BootKeys *keys, const Simulator *policy, const FileFacts *facts,
                FileUse *ret_use)
{
        if (!is_by_key(keys, facts))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(trial_uses); i++)
                if (boot_keys_is_appraised(policy, facts, trial_uses[i])) {
                        *ret_use = trial_uses[i];
                        return true;
                }
        return false;
}

static void add_candidate(int root_fd, const char *prefix, const BootKeys *keys,
                const Simulator *policy, MountTable *mounts, const char *path,
                TriggerList *triggers)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_PATH, 0);
        Trigger *trigger;
        FileFacts facts;
        FileUse use;

        if (fd < 0 || file_facts_read(fd, mounts, true, &facts) < 0 ||
                        !S_ISREG(facts.stat.stx_mode))
                return;
        if (!boot_keys_fit(keys, policy, &facts, &use))
                return;
        trigger = &triggers->items[triggers->count];
        if ((size_t) snprintf(trigger->path, sizeof(trigger->path), "%s%s", prefix, path) >=
                        sizeof(trigger->path))
                return;
        trigger->use = use;
        triggers->count++;
}

int boot_keys_simulate(const char *text, size_t size, Simulator **ret_policy)
{
        _cleanup_(simulate_freep) Simulator *policy = NULL;
        uint32_t line;
        int r = simulate_new(NULL, &policy);

        if (r >= 0)
                r = simulate_add_text(policy, "policy", text, size, NULL, &line);
        if (r >= 0)
                r = simulate_seal(policy, true);
        if (r >= 0)
                *ret_policy = TAKE_PTR(policy);
        return r;
}

int boot_keys_find_triggers(int root_fd, const char *prefix, const BootKeys *keys, const char *text,
                size_t size, TriggerList *ret_triggers)
{
        _cleanup_(simulate_freep) Simulator *policy = NULL;
        _cleanup_mount_table_ MountTable mounts = { 0 };
        TriggerList triggers = { 0 };
        int r = boot_keys_simulate(text, size, &policy);

        if (r == -ENOMEM)
                return r;
        (void) mounts_load(&mounts);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(candidates) && triggers.count < TRIGGERS_MAX;
                        i++)
                add_candidate(root_fd, prefix, keys, policy, &mounts, candidates[i], &triggers);
        *ret_triggers = triggers;
        return 0;
}

static bool set_realtime(int priority)
{
        struct sched_param param = { .sched_priority = priority };

        return sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param) == 0;
}

static void __attribute__((noreturn)) use_on_and_on(const Trigger *trigger, pid_t parent)
{
        usec_t end = time_now(CLOCK_MONOTONIC) + CLAIM_USEC;

        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void) set_realtime(CLAIM_PRIORITY - 1);
        while (getppid() == parent && time_now(CLOCK_MONOTONIC) < end)
                (void) file_trial_use(trigger->use, trigger->path);
        _exit(0);
}

int boot_keys_claim(const TriggerList *triggers, KeyClaim *ret_claim)
{
        pid_t parent = getpid();
        long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
        KeyClaim claim = { 0 };

        *ret_claim = claim;
        if (triggers->count == 0 || triggers->items[0].use > FILE_USE_READ)
                return 0;
        (void) set_realtime(CLAIM_PRIORITY);
        while (claim.n_claimers < KEY_CLAIMERS_MAX && (long) claim.n_claimers < n_processors) {
                pid_t pid = fork();

                if (pid == 0)
                        use_on_and_on(&triggers->items[0], parent);
                if (pid < 0) {
                        int r = -errno;

                        boot_keys_end_claim(&claim);
                        return r;
                }
                claim.claimers[claim.n_claimers++] = pid;
        }
        *ret_claim = claim;
        return 0;
}

void boot_keys_end_claim(KeyClaim *claim)
{
        for (size_t i = 0; i < claim->n_claimers; i++)
                (void) kill(claim->claimers[i], SIGKILL);
        for (size_t i = 0; i < claim->n_claimers; i++)
                (void) waitpid(claim->claimers[i], NULL, 0);
        claim->n_claimers = 0;
        (void) set_realtime(0);
}

static int use_any(const TriggerList *triggers, size_t first)
{
        int r = -EACCES;

        for (size_t i = first; r < 0 && i < triggers->count; i++)
                r = file_trial_use(triggers->items[i].use, triggers->items[i].path);
        return r;
}

/* Another file than before, where there is one: of that one the kernel may remember the verdict. */
static int use_any_as_stranger(const TriggerList *triggers)
{
        pid_t pid = fork();
        int status;

        if (pid < 0)
                return -errno;
        if (pid == 0)
                _exit(keyring_join_private() < 0 ||
                                use_any(triggers, triggers->count > 1 ? 1 : 0) < 0);
        if (waitpid(pid, &status, 0) != pid)
                return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EACCES;
}

int boot_keys_prove(const TriggerList *triggers)
{
        int r = use_any(triggers, 0);

        return r < 0 ? r : use_any_as_stranger(triggers);
}

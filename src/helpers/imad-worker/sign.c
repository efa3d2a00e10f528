/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "core/signature/certificate-check.h"
#include "helpers/imad-worker/adoption.h"
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/key-option.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/parallel.h"
#include "helpers/imad-worker/read-cost.h"
#include "system/key-store.h"
#include "system/label-cache-file.h"
#include "system/signing.h"
#include "system/unrecorded-packages.h"

typedef struct Signing {
        MeasurementsInput input; /* --cert= */
        SigningKey key;
        KeyStore vendors;            /* whose signatures --installed keeps */
        CertificateList public_keys; /* the key, under the id that signatures get, and these */
        SigningSettings settings;
        SigningTools tools[PARALLEL_THREADS_MAX];
        Adoption adoption; /* of --installed */
        bool installed;
        bool everything;   /* of what is installed */
        usec_t begin_usec; /* CLOCK_REALTIME */
        int root_fd;
        char *cache_path; /* NULL: no cache */
        LabelCache *cache;
} Signing;

static void signing_done(Signing *s)
{
        adoption_done(&s->adoption);
        label_cache_free(s->cache);
        free(s->cache_path);
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++) {
                signer_free(s->tools[i].signer);
                signature_verifier_free(s->tools[i].verifier);
        }
        free(s->public_keys.items);
        key_store_done(&s->vendors);
        signing_key_done(&s->key);
        measurements_input_done(&s->input);
}

/*
 * A million files take longer than other verbs may; a writer that waits for a lease must not end
 * this process.
 */
static void lift_limits(void)
{
        const struct rlimit cpu = { RLIM_INFINITY, RLIM_INFINITY };

        (void) setrlimit(RLIMIT_CPU, &cpu);
        (void) signal(SIGIO, SIG_IGN);
}

static ExitCode set_certificate(Worker *worker, Signing *s)
{
        const char *name;
        int r;

        if (worker->certificates.count == 0)
                return EXIT_CODE_OK;
        name = worker->certificates.items[0];
        if (worker->certificates.count > 1 || s->input.certificates.count != 1)
                return worker_fail(worker, EXIT_CODE_USAGE, "give the one that belongs to the key",
                                "--cert= names more than one certificate");
        if (certificate_is_expired(&s->input.certificates.items[0], time(NULL)))
                return worker_fail(worker, EXIT_CODE_MISMATCH,
                                "make a new one for the key: verifiers refuse what this one signs",
                                "%s has expired", name);
        r = signing_key_set_certificate(&s->key, &s->input.certificates.items[0]);
        if (r == -ENODATA)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "make one with the extension subjectKeyIdentifier=hash",
                                "%s has no SubjectKeyIdentifier, by which kernels find keys", name);
        return r < 0 ? worker_fail(worker, EXIT_CODE_MISMATCH,
                                       "give the one that belongs to the key",
                                       "%s certifies another key", name)
                     : EXIT_CODE_OK;
}

static ExitCode read_settings(Worker *worker, Signing *s)
{
        const char *hash = worker->options[WORKER_OPTION_HASH];
        HashAlgorithm algorithm = hash ? hash_algorithm_from_string(hash) : HASH_SHA256;

        s->settings = (SigningSettings){
                .hash = algorithm, .with_evm = worker->evm, .dry_run = worker->dry_run
        };
        s->root_fd = worker->root_fd;
        if (algorithm < 0)
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "sha256, sha384 and sha512 are known everywhere",
                                "--hash=%s is no hash of the kernel", hash);
        if (worker_parse_label_output(worker, &s->settings.sidecar) < 0)
                return worker->code;
        s->settings.with_verity = worker->fs_verity;
        if (worker->fs_verity && s->settings.sidecar)
                return worker_fail(worker, EXIT_CODE_USAGE, "leave one of the two out",
                                "--fs-verity is about files on a disk, not about sidecars");
        if (worker->fs_verity && algorithm != HASH_SHA256 && algorithm != HASH_SHA512)
                return worker_fail(worker, EXIT_CODE_USAGE, "use sha256 or sha512",
                                "fs-verity has no hash %s", hash);
        if (s->settings.sidecar && worker->evm)
                return worker_fail(worker, EXIT_CODE_USAGE, "leave one of the two out",
                                "--evm signs owner and mode, which a sidecar does not carry");
        return EXIT_CODE_OK;
}

/* What the kernel gets keys for need not be signed again. */
static int choose_public_keys(Worker *worker, Signing *s)
{
        const CertificateList *vendors = &s->vendors.certificates;
        _cleanup_diags_ DiagList unused = { 0 };
        Certificate *keys;
        int r = worker->installed ? key_store_load(worker->root_fd, &s->vendors, &unused) : 0;

        if (r < 0)
                return r;
        keys = calloc(vendors->count + 1, sizeof(*keys));
        if (!keys)
                return -ENOMEM;
        keys[0] = (Certificate){ .key_ids = { s->key.key_id }, .n_key_ids = 1, .key = s->key.key };
        for (size_t i = 0; i < vendors->count; i++)
                keys[i + 1] = vendors->items[i];
        s->public_keys = (CertificateList){ keys, vendors->count + 1 };
        return 0;
}

static ExitCode make_tools(Worker *worker, Signing *s)
{
        int r = choose_public_keys(worker, s);

        for (size_t i = 0; r >= 0 && i < PARALLEL_THREADS_MAX; i++) {
                r = signer_new(&s->key, s->settings.hash, &s->tools[i].signer);
                if (r >= 0)
                        r = signature_verifier_new(&s->public_keys, &s->tools[i].verifier);
        }
        if (r == -EOPNOTSUPP)
                return worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "sha256, sha384 and sha512 can be signed by every key",
                                "nothing is signed as %s with this key",
                                hash_algorithm_to_string(s->settings.hash));
        return r < 0 ? worker_fail_errno(worker, r, "key") : EXIT_CODE_OK;
}

/* Whose good signature made the last file of the thread one to keep; NULL: it is the key's own. */
static const Certificate *find_vendor(const Signing *s, size_t thread)
{
        const Certificate *certificate =
                        signature_verifier_get_certificate(s->tools[thread].verifier);

        return certificate && EVP_PKEY_eq(certificate->key, s->key.key) != 1 ? certificate : NULL;
}

static FileOutcome describe(const Signing *s, const char *path, size_t thread, SigningResult result)
{
        const Certificate *vendor = result == SIGNING_KEPT ? find_vendor(s, thread) : NULL;

        return (FileOutcome){ .result = result == SIGNING_KEPT ? "kept" : "signed",
                .source = vendor         ? "vendor"
                          : s->installed ? adoption_get_source(&s->adoption, path)
                                         : NULL,
                .has_key_id = true,
                .key_id = vendor ? vendor->key_ids[0] : s->key.key_id };
}

static void sign_file(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        const Signing *s = userdata;
        SigningResult result;
        int r;

        if (s->installed && adoption_passes_over(&s->adoption, path, path_fd, ret_outcome))
                return;
        r = signing_plan_file(&s->settings, &s->tools[thread], s->root_fd, path, path_fd,
                        ret_change, &result);
        if (r == -EKEYREJECTED && s->installed)
                *ret_outcome = (FileOutcome){
                        .result = adoption_describe_refusal(&s->adoption, path), .is_failure = true
                };
        else if (r < 0)
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
        else
                *ret_outcome = describe(s, path, thread, result);
}

/* What is good for one key, hash and form of labels is not for another. */
static int compute_cache_owner(const Signing *s, Digest *ret_digest)
{
        _cleanup_buffer_ Buffer bytes = { 0 };
        unsigned char *der = NULL;
        int size = i2d_PUBKEY(s->key.key, &der);
        int r = size < 0 ? -ENOMEM
                         : buffer_append_format(&bytes, "%d %d %d %08" PRIx32 " ", s->settings.hash,
                                           s->settings.with_evm, s->settings.with_verity,
                                           s->key.key_id);

        if (r >= 0)
                r = buffer_append(&bytes, der, (size_t) size);
        OPENSSL_free(der);
        return r < 0 ? r : digest_compute(HASH_SHA256, bytes.data, bytes.size, ret_digest);
}

/* "--cache=" without a value is none. */
static ExitCode open_cache(Worker *worker, Signing *s)
{
        const char *name = worker->options[WORKER_OPTION_CACHE];
        Digest owner;
        int r = 0;

        if (s->settings.sidecar || (name ? *name == '\0' : geteuid() != 0))
                return EXIT_CODE_OK;
        if (name)
                r = worker_resolve_path(worker, name, &s->cache_path);
        else if (!(s->cache_path = strdup(LABEL_CACHE_FILE_PATH)))
                r = -ENOMEM;
        if (r >= 0)
                r = compute_cache_owner(s, &owner);
        if (r >= 0)
                r = label_cache_file_load(worker->root_fd, s->cache_path, &owner, &s->cache);
        return r < 0 ? worker_fail_errno(worker, r, "cache") : EXIT_CODE_OK;
}

static bool is_vouched(void *userdata, const char *path)
{
        const Signing *s = userdata;

        return adoption_get_source(&s->adoption, path) != NULL;
}

/* What vouches for files takes the place of their names: without any, all below the root. */
static ExitCode choose_files(Worker *worker, Signing *s)
{
        static char *everything[] = { (char *) "/" };

        s->installed = worker->installed;
        if (!s->installed)
                return EXIT_CODE_OK;
        if (s->settings.sidecar || s->settings.with_verity)
                return worker_fail(worker, EXIT_CODE_USAGE, "leave one of the two out",
                                "--installed labels files by their content, in their attributes");
        if (worker->n_words == 0 && !worker->options[WORKER_OPTION_MANIFEST]) {
                worker->words = everything;
                worker->n_words = 1;
                s->everything = !worker->dry_run;
        }
        return EXIT_CODE_OK;
}

static ExitCode load_adoption(Worker *worker, Signing *s)
{
        if (!s->installed)
                return EXIT_CODE_OK;
        s->settings.approve = adoption_approve;
        s->settings.approval = &s->adoption;
        return adoption_load(worker, s->settings.hash, &s->adoption);
}

/* What was told is settled, also where files differ and stay as they are. */
static ExitCode settle_packages(Worker *worker, const Signing *s, ExitCode code)
{
        int r = s->everything && (code == EXIT_CODE_OK || code == EXIT_CODE_MISMATCH)
                                ? unrecorded_packages_settle(worker->root_fd, s->begin_usec)
                                : 0;

        return r < 0 ? worker_fail_errno(worker, r, UNRECORDED_SETTLED_PATH) : code;
}

ExitCode verb_sign(Worker *worker)
{
        _cleanup_(signing_done) Signing s = { .begin_usec = time_now(CLOCK_REALTIME) };
        _cleanup_label_run_ LabelRun run = { 0 };
        FileBatch batch = { sign_file, &s, NULL, &run };
        ExitCode code;

        if (worker->options[WORKER_OPTION_UNDO])
                return label_run_undo(worker);
        if (worker->options[WORKER_OPTION_RESUME] && worker->n_words == 0)
                return label_run_resume(worker);

        lift_limits();
        code = read_settings(worker, &s);
        if (code == EXIT_CODE_OK)
                code = measurements_input_load(worker, &s.input);
        if (code == EXIT_CODE_OK)
                code = key_option_open(worker, &s.key);
        if (code == EXIT_CODE_OK)
                code = set_certificate(worker, &s);
        if (code == EXIT_CODE_OK)
                code = make_tools(worker, &s);
        if (code == EXIT_CODE_OK)
                code = choose_files(worker, &s);
        if (code == EXIT_CODE_OK)
                code = open_cache(worker, &s);
        if (code == EXIT_CODE_OK && read_cost_tell(worker, s.cache) < 0)
                code = worker_fail_errno(worker, -ENOMEM, "files");
        if (code == EXIT_CODE_OK)
                code = load_adoption(worker, &s);
        if (code == EXIT_CODE_OK && !s.settings.sidecar)
                code = label_run_begin(worker, &run);
        if (code != EXIT_CODE_OK)
                return code;
        if (s.settings.sidecar) {
                batch.skipped_suffix = SIGNING_SIDECAR_SUFFIX;
                batch.run = NULL;
        }
        if (s.installed)
                batch.is_known = is_vouched;
        batch.cache = s.cache;
        batch.cached = (FileOutcome){
                .result = "kept", .has_key_id = true, .key_id = s.key.key_id
        };
        code = file_batch_run(worker, &batch, s.installed ? EXIT_CODE_MISMATCH : EXIT_CODE_FAILURE);
        /* A cache that cannot be written costs time, the next time. */
        if (s.cache && !worker->dry_run)
                (void) label_cache_file_store(worker->root_fd, s.cache_path, s.cache);
        return settle_packages(worker, &s, code);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "helpers/imad-worker/adoption.h"
#include "helpers/imad-worker/file-batch.h"
#include "helpers/imad-worker/read-cost.h"
#include "helpers/imad-worker/signing-kit.h"
#include "system/label-cache-file.h"
#include "system/unrecorded-packages.h"

typedef struct Signing {
        SigningKit kit;
        SigningSettings settings;
        Adoption adoption; /* of --installed */
        bool installed;
        bool everything;   /* of what is installed */
        bool has_reason;   /* --reason= says why files that are named are signed */
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
        signing_kit_done(&s->kit);
}

static ExitCode read_settings(Worker *worker, Signing *s)
{
        HashAlgorithm algorithm;
        ExitCode code = signing_kit_read_hash(worker, &algorithm);

        if (code != EXIT_CODE_OK)
                return code;
        s->settings = (SigningSettings){
                .hash = algorithm, .with_evm = worker->evm, .dry_run = worker->dry_run
        };
        s->root_fd = worker->root_fd;
        if (worker_parse_label_output(worker, &s->settings.sidecar) < 0)
                return worker->code;
        s->has_reason = worker->options[WORKER_OPTION_REASON] != NULL;
        s->settings.with_verity = worker->fs_verity;
        if (worker->fs_verity && s->settings.sidecar)
                return worker_fail(worker, EXIT_CODE_USAGE, "leave one of the two out",
                                "--fs-verity is about files on a disk, not about sidecars");
        if (worker->fs_verity && algorithm != HASH_SHA256 && algorithm != HASH_SHA512)
                return worker_fail(worker, EXIT_CODE_USAGE, "use sha256 or sha512",
                                "fs-verity has no hash %s", hash_algorithm_to_string(algorithm));
        if (s->settings.sidecar && worker->evm)
                return worker_fail(worker, EXIT_CODE_USAGE, "leave one of the two out",
                                "--evm signs owner and mode, which a sidecar does not carry");
        return EXIT_CODE_OK;
}

/* Whose good signature made the last file of the thread one to keep; NULL: it is the key's own. */
static const Certificate *find_vendor(const Signing *s, size_t thread)
{
        const Certificate *certificate =
                        signature_verifier_get_certificate(s->kit.tools[thread].verifier);

        return certificate && EVP_PKEY_eq(certificate->key, s->kit.key.key) != 1 ? certificate
                                                                                 : NULL;
}

static FileOutcome describe(const Signing *s, const char *path, size_t thread, SigningResult result)
{
        const Certificate *vendor = result == SIGNING_KEPT ? find_vendor(s, thread) : NULL;

        return (FileOutcome){ .result = result == SIGNING_KEPT ? "kept" : "signed",
                .source = vendor          ? "vendor"
                          : s->installed  ? adoption_get_source(&s->adoption, path)
                          : s->has_reason ? "named"
                                          : NULL,
                .has_key_id = true,
                .key_id = vendor ? vendor->key_ids[0] : s->kit.key.key_id };
}

static void sign_file(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        const Signing *s = userdata;
        SigningResult result;
        int r;

        if (s->installed && adoption_passes_over(&s->adoption, path, path_fd, ret_outcome))
                return;
        r = signing_plan_file(&s->settings, &s->kit.tools[thread], s->root_fd, path, path_fd,
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

static int append_vendors(const CertificateList *vendors, Buffer *bytes)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < vendors->count; i++) {
                unsigned char *der = NULL;
                int size = i2d_PUBKEY(vendors->items[i].key, &der);
                Digest digest;

                r = size < 0 ? -ENOMEM : digest_compute(HASH_SHA256, der, (size_t) size, &digest);
                OPENSSL_free(der);
                for (size_t j = 0; r >= 0 && j < vendors->items[i].n_key_ids; j++)
                        r = buffer_append_format(
                                        bytes, " %08" PRIx32, vendors->items[i].key_ids[j]);
                if (r >= 0)
                        r = buffer_append(bytes, digest.bytes, digest.size);
        }
        return r;
}

/* What is good for one key, those besides it, hash and form of labels is not for another. */
static int compute_cache_owner(const Signing *s, Digest *ret_digest)
{
        _cleanup_buffer_ Buffer bytes = { 0 };
        unsigned char *der = NULL;
        int size = i2d_PUBKEY(s->kit.key.key, &der);
        int r = size < 0 ? -ENOMEM
                         : buffer_append_format(&bytes, "%d %d %d %08" PRIx32 " ", s->settings.hash,
                                           s->settings.with_evm, s->settings.with_verity,
                                           s->kit.key.key_id);

        if (r >= 0)
                r = buffer_append(&bytes, der, (size_t) size);
        if (r >= 0)
                r = append_vendors(&s->kit.vendors.certificates, &bytes);
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

/* What bundle create does, for those who sign in the other ways as well. */
static ExitCode sign_into_bundle(Worker *worker)
{
        if (worker->n_words != 1)
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "name the directory that holds them all",
                                "a bundle is of one directory or package");
        worker->output = NULL;
        return verb_bundle_create(worker);
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

        if (worker->output && string_equal(worker->output, "bundle"))
                return sign_into_bundle(worker);
        signing_kit_lift_limits();
        code = read_settings(worker, &s);
        if (code == EXIT_CODE_OK)
                code = signing_kit_open(worker, s.settings.hash, &s.kit);
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
        /* A cache does not say which key a label is by. */
        batch.cached = (FileOutcome){ .result = "kept",
                .has_key_id = s.kit.vendors.certificates.count == 0,
                .key_id = s.kit.key.key_id };
        code = file_batch_run(worker, &batch, s.installed ? EXIT_CODE_MISMATCH : EXIT_CODE_FAILURE);
        /* A cache that cannot be written costs time, the next time. */
        if (s.cache && !worker->dry_run)
                (void) label_cache_file_store(worker->root_fd, s.cache_path, s.cache);
        return settle_packages(worker, &s, code);
}

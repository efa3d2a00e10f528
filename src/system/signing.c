/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/signing.h"

#include "base/fs.h"
#include "base/strings.h"
#include "core/signature/evm.h"
#include "system/file-facts.h"
#include "system/label-file.h"

#define SIDECAR_SIZE_MAX ((size_t) 1 << 20)

typedef struct Value {
        uint8_t *bytes;
        size_t size;
} Value;

static void value_done(Value *value)
{
        free(value->bytes);
}

#define _cleanup_value_ _cleanup_(value_done)

/* The file at hand. */
typedef struct Job {
        const SigningSettings *settings;
        const SigningTools *tools;
        int root_fd;
        const char *path;
        LabelFile file;
} Job;

static int read_sidecar(int root_fd, const char *path, Value *ret_value)
{
        _cleanup_free_ char *name = NULL, *bytes = NULL;
        size_t size;
        int r;

        if (asprintf(&name, "%s" SIGNING_SIDECAR_SUFFIX, path) < 0)
                return -ENOMEM;
        r = fs_read_file(root_fd, name, SIDECAR_SIZE_MAX, &bytes, &size);
        if (r == -ENOENT)
                return 0;
        if (r >= 0)
                *ret_value = (Value){ (uint8_t *) TAKE_PTR(bytes), size };
        return r;
}

static int read_label(const LabelFile *file, bool sidecar, int root_fd, const char *path,
                Value *ret_value)
{
        if (sidecar)
                return read_sidecar(root_fd, path, ret_value);
        return label_file_get(file, "security.ima", &ret_value->bytes, &ret_value->size);
}

static int write_sidecar(const Job *job, const Value *value)
{
        _cleanup_free_ char *name = NULL;

        if (asprintf(&name, "%s" SIGNING_SIDECAR_SUFFIX, job->path) < 0)
                return -ENOMEM;
        return fs_replace_file(job->root_fd, name, value->bytes, value->size, 0644);
}

/* Whether it is what would be set again; ECDSA never gives the same bytes twice. */
static bool is_good(const Job *job, const Value *value, const Digest *digest)
{
        FileLabel label;

        return file_label_parse(FILE_LABEL_IMA, value->bytes, value->size, &label) >= 0 &&
               label.kind == FILE_LABEL_SIGNATURE &&
               label.signature.type == SIGNATURE_TYPE_DIGSIG &&
               signature_verifier_check(job->tools->verifier, &label.signature, digest) ==
                               SIGNATURE_VERDICT_GOOD;
}

static bool is_good_evm(const Job *job, const EvmFile *evm, const Value *value)
{
        FileLabel label;

        return file_label_parse(FILE_LABEL_EVM, value->bytes, value->size, &label) >= 0 &&
               label.kind == FILE_LABEL_SIGNATURE &&
               label.signature.type == SIGNATURE_TYPE_PORTABLE &&
               label.signature.hash == job->settings->hash &&
               evm_check(evm, value->bytes, value->size, job->tools->verifier) ==
                               SIGNATURE_VERDICT_GOOD;
}

static int sign_content(const Job *job, SigningResult *ret_result)
{
        _cleanup_value_ Value old = { 0 }, new = { 0 };
        Digest digest;
        int r = read_label(&job->file, job->settings->sidecar, job->root_fd, job->path, &old);

        if (r >= 0)
                r = file_facts_hash(job->file.fd, job->settings->hash, &digest);
        if (r >= 0)
                r = label_file_check(&job->file, true);
        if (r < 0)
                return r;
        *ret_result = is_good(job, &old, &digest) ? SIGNING_KEPT : SIGNING_SIGNED;
        if (*ret_result == SIGNING_KEPT || job->settings->dry_run)
                return 0;
        r = signer_sign(job->tools->signer, SIGNATURE_TYPE_DIGSIG, &digest, &new.bytes, &new.size);
        if (r < 0)
                return r;
        if (job->settings->sidecar)
                return write_sidecar(job, &new);
        return label_file_set(&job->file, "security.ima", new.bytes, new.size);
}

static int sign_metadata(const Job *job, SigningResult *ret_result)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        _cleanup_value_ Value old = { 0 }, new = { 0 };
        Digest digest;
        int r = label_file_get(&job->file, "security.evm", &old.bytes, &old.size);

        if (r >= 0)
                r = label_file_get_protected(&job->file, &protected_values);
        if (r < 0)
                return r;
        *ret_result = is_good_evm(job, &protected_values.evm, &old) ? SIGNING_KEPT : SIGNING_SIGNED;
        if (*ret_result == SIGNING_KEPT || job->settings->dry_run)
                return 0;
        r = evm_compute_digest(&protected_values.evm, SIGNATURE_TYPE_PORTABLE, job->settings->hash,
                        &digest);
        if (r >= 0)
                r = signer_sign(job->tools->signer, SIGNATURE_TYPE_PORTABLE, &digest, &new.bytes,
                                &new.size);
        return r < 0 ? r : label_file_set(&job->file, "security.evm", new.bytes, new.size);
}

int signing_sign_file(const SigningSettings *settings, const SigningTools *tools, int root_fd,
                const char *path, int path_fd, SigningResult *ret_result)
{
        SigningResult content = SIGNING_KEPT, metadata = SIGNING_KEPT;
        Job job = { settings, tools, root_fd, path, { .fd = -EBADF } };
        int r = label_file_open(path_fd, &job.file);

        if (r >= 0 && !settings->sidecar)
                r = label_file_hold(&job.file);
        if (r >= 0)
                r = sign_content(&job, &content);
        if (r >= 0 && settings->with_evm)
                r = sign_metadata(&job, &metadata);
        if (r >= 0)
                r = label_file_check(&job.file, false);
        label_file_done(&job.file);
        if (r >= 0)
                *ret_result = content == SIGNING_KEPT && metadata == SIGNING_KEPT ? SIGNING_KEPT
                                                                                  : SIGNING_SIGNED;
        return r;
}

static int check_content(const LabelFile *file, const Value *value, SignatureVerifier *verifier,
                SigningCheck *check)
{
        FileLabel label;
        Digest digest;
        int r;

        check->ima = value->size == 0 ? SIGNATURE_VERDICT_UNSIGNED : SIGNATURE_VERDICT_BAD;
        if (value->size == 0 ||
                        file_label_parse(FILE_LABEL_IMA, value->bytes, value->size, &label) < 0)
                return 0;
        check->is_hash = label.kind == FILE_LABEL_DIGEST || label.kind == FILE_LABEL_DIGEST_NG;
        check->has_key_id = label.kind == FILE_LABEL_SIGNATURE;
        check->key_id = label.signature.key_id;
        if (label.kind == FILE_LABEL_SIGNATURE_V1) {
                check->ima = SIGNATURE_VERDICT_UNCHECKED;
                return 0;
        }
        r = label.kind == FILE_LABEL_SIGNATURE && label.signature.type == SIGNATURE_TYPE_VERITY
                            ? file_facts_measure_verity(file->fd, &digest)
                            : file_facts_hash(file->fd,
                                              check->is_hash ? label.digest.algorithm
                                                             : label.signature.hash,
                                              &digest);
        if (r == -EOPNOTSUPP || r == -ENODATA || r == -ENOTTY)
                check->ima = SIGNATURE_VERDICT_UNCHECKED;
        else if (r < 0)
                return r;
        else if (check->is_hash)
                check->ima = digest_equal(&digest, &label.digest) ? SIGNATURE_VERDICT_GOOD
                                                                  : SIGNATURE_VERDICT_BAD;
        else
                check->ima = signature_verifier_check_file(verifier, &label.signature, &digest);
        return 0;
}

/* What is not portable needs generation and file system, and says nothing to another machine. */
static int check_metadata(const LabelFile *file, SignatureVerifier *verifier, SigningCheck *check)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        _cleanup_value_ Value value = { 0 };
        int r = label_file_get(file, "security.evm", &value.bytes, &value.size);

        if (r >= 0)
                r = label_file_get_protected(file, &protected_values);
        if (r < 0)
                return r;
        check->is_evm_portable = value.size > SIGNATURE_HEADER_SIZE &&
                                 value.bytes[0] == SIGNATURE_TYPE_PORTABLE;
        check->evm = value.size > 0 && value.bytes[0] == SIGNATURE_TYPE_DIGSIG
                                     ? SIGNATURE_VERDICT_UNCHECKED
                                     : evm_check(&protected_values.evm, value.bytes, value.size,
                                                       verifier);
        return 0;
}

int signing_check_file(bool sidecar, SignatureVerifier *verifier, int root_fd, const char *path,
                int path_fd, SigningCheck *ret_check)
{
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        _cleanup_value_ Value value = { 0 };
        SigningCheck check = { 0 };
        int r = label_file_open(path_fd, &file);

        if (r >= 0)
                r = read_label(&file, sidecar, root_fd, path, &value);
        if (r >= 0)
                r = check_content(&file, &value, verifier, &check);
        if (r >= 0 && !sidecar)
                r = check_metadata(&file, verifier, &check);
        if (r >= 0)
                r = label_file_check(&file, true);
        if (r >= 0)
                *ret_check = check;
        return r;
}

static int remove_sidecar(const SigningSettings *settings, int root_fd, const char *path)
{
        _cleanup_free_ char *name = NULL;
        _cleanup_close_ int dir_fd = -EBADF;
        const char *last;

        if (asprintf(&name, "%s" SIGNING_SIDECAR_SUFFIX, path) < 0)
                return -ENOMEM;
        if (settings->dry_run)
                return fs_exists(root_fd, name);
        dir_fd = fs_open_parent(root_fd, name, &last);
        if (dir_fd < 0)
                return dir_fd;
        if (unlinkat(dir_fd, last, 0) < 0)
                return errno == ENOENT ? 0 : -errno;
        return 1;
}

/* EVM refuses what has security.evm but no good security.ima, so that goes last. */
static int remove_labels(const LabelFile *file, bool dry_run)
{
        static const char *const names[] = { "security.evm", "security.ima" };
        int removed = 0, r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++) {
                _cleanup_value_ Value value = { 0 };

                r = dry_run ? label_file_get(file, names[i], &value.bytes, &value.size)
                            : label_file_remove(file, names[i]);
                removed |= dry_run ? value.size > 0 : r > 0;
        }
        return r < 0 ? r : removed;
}

int signing_remove(const SigningSettings *settings, int root_fd, const char *path, int path_fd)
{
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        int r = label_file_open(path_fd, &file);

        if (r >= 0 && settings->sidecar)
                return remove_sidecar(settings, root_fd, path);
        if (r >= 0)
                r = label_file_hold(&file);
        return r < 0 ? r : remove_labels(&file, settings->dry_run);
}

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

static SignatureType get_type(const Job *job)
{
        return job->settings->with_verity ? SIGNATURE_TYPE_VERITY : SIGNATURE_TYPE_DIGSIG;
}

/*
 * What the signature is made over. fs-verity is turned on for it, which no journal takes back; a
 * dry run of a file without it signs something else that is not good either.
 */
static int compute_digest(const Job *job, LabelFile *file, Digest *ret_digest)
{
        Digest verity;
        int r = 0;

        if (job->settings->with_verity && !job->settings->dry_run)
                r = label_file_enable_verity(file, job->settings->hash);
        if (r >= 0 && job->settings->with_verity)
                r = file_facts_measure_verity(file->fd, &verity);
        if (!job->settings->with_verity || (job->settings->dry_run && r < 0))
                return file_facts_hash(file->fd, job->settings->hash, ret_digest);
        if (r < 0)
                return r;
        if (verity.algorithm != job->settings->hash)
                return -EBADE;
        return signature_compute_file_id(&verity, ret_digest);
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

static int plan_content(const Job *job, LabelChange *change, SigningResult *ret_result)
{
        _cleanup_value_ Value old = { 0 }, new = { 0 };
        Digest digest;
        int r = read_label(&change->file, job->settings->sidecar, job->root_fd, job->path, &old);

        if (r >= 0)
                r = compute_digest(job, &change->file, &digest);
        if (r >= 0)
                r = label_file_check(&change->file, true);
        if (r < 0)
                return r;
        /* Whether it is what would be set again: ECDSA never gives the same bytes twice. */
        *ret_result = signature_verifier_accepts(job->tools->verifier, get_type(job), old.bytes,
                                      old.size, &digest)
                                      ? SIGNING_KEPT
                                      : SIGNING_SIGNED;
        if (*ret_result == SIGNING_SIGNED && job->settings->approve)
                r = job->settings->approve(
                                job->settings->approval, job->path, change->file.fd, &digest);
        if (r < 0 || *ret_result == SIGNING_KEPT || job->settings->dry_run)
                return r;
        r = signer_sign(job->tools->signer, get_type(job), &digest, &new.bytes, &new.size);
        if (r < 0)
                return r;
        if (job->settings->sidecar)
                return write_sidecar(job, &new);
        label_change_add(change, FILE_LABEL_IMA, TAKE_PTR(old.bytes), old.size, TAKE_PTR(new.bytes),
                        new.size);
        return 0;
}

/* The signature covers security.ima as it will be. */
static int plan_metadata(const Job *job, LabelChange *change, SigningResult *ret_result)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        const LabelChangeItem *ima = change->n_items > 0 ? &change->items[0] : NULL;
        _cleanup_value_ Value old = { 0 }, new = { 0 };
        Digest digest;
        int r = label_file_get(&change->file, "security.evm", &old.bytes, &old.size);

        if (r >= 0)
                r = label_file_get_protected(&change->file, ima ? ima->new : NULL,
                                ima ? ima->new_size : 0, &protected_values);
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
        if (r < 0)
                return r;
        label_change_add(change, FILE_LABEL_EVM, TAKE_PTR(old.bytes), old.size, TAKE_PTR(new.bytes),
                        new.size);
        return 0;
}

int signing_plan_file(const SigningSettings *settings, const SigningTools *tools, int root_fd,
                const char *path, int path_fd, LabelChange *ret_change, SigningResult *ret_result)
{
        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
        SigningResult content = SIGNING_KEPT, metadata = SIGNING_KEPT;
        const Job job = { settings, tools, root_fd, path };
        int r = label_file_open(path_fd, &change.file);

        if (r >= 0 && !settings->sidecar)
                r = label_file_hold(&change.file);
        if (r >= 0)
                r = plan_content(&job, &change, &content);
        if (r >= 0 && settings->with_evm)
                r = plan_metadata(&job, &change, &metadata);
        if (r >= 0)
                r = label_file_check(&change.file, false);
        if (r < 0)
                return r;
        *ret_result = content == SIGNING_KEPT && metadata == SIGNING_KEPT ? SIGNING_KEPT
                                                                          : SIGNING_SIGNED;
        if (change.n_items > 0) {
                *ret_change = change;
                change = LABEL_CHANGE_NONE;
        }
        return 0;
}

int signing_sign_file(const SigningSettings *settings, const SigningTools *tools, int root_fd,
                const char *path, int path_fd, SigningResult *ret_result)
{
        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
        SigningResult result;
        int r = signing_plan_file(settings, tools, root_fd, path, path_fd, &change, &result);

        if (r >= 0 && change.n_items > 0)
                r = label_change_make(&change);
        if (r >= 0)
                *ret_result = result;
        return r;
}

static int check_content(const LabelFile *file, const Value *value, SignatureVerifier *verifier,
                SigningCheck *check)
{
        FileLabel label;
        Digest digest;
        bool is_verity;
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
        is_verity = label.kind == FILE_LABEL_SIGNATURE &&
                    label.signature.type == SIGNATURE_TYPE_VERITY;
        r = is_verity ? file_facts_measure_verity(file->fd, &digest)
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
        if (r >= 0 && !is_verity)
                check->digest = digest;
        if (check->ima == SIGNATURE_VERDICT_GOOD && !check->is_hash)
                check->ima_certificate = signature_verifier_get_certificate(verifier);
        return 0;
}

static int check_metadata(const LabelFile *file, SignatureVerifier *verifier, SigningCheck *check)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        _cleanup_value_ Value value = { 0 };
        int r = label_file_get(file, "security.evm", &value.bytes, &value.size);

        if (r >= 0)
                r = label_file_get_protected(file, NULL, 0, &protected_values);
        if (r < 0)
                return r;
        check->is_evm_portable = value.size > SIGNATURE_HEADER_SIZE &&
                                 value.bytes[0] == SIGNATURE_TYPE_PORTABLE;
        check->evm = evm_check(&protected_values.evm, value.bytes, value.size, verifier);
        if (check->evm == SIGNATURE_VERDICT_GOOD)
                check->evm_certificate = signature_verifier_get_certificate(verifier);
        return 0;
}

/* Setting an attribute sets the time of change; so do other things, later. */
static int get_label_time(const LabelFile *file, bool sidecar, int root_fd, const char *path,
                int64_t *ret_time)
{
        _cleanup_free_ char *name = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st = file->stat;

        if (sidecar) {
                if (asprintf(&name, "%s" SIGNING_SIDECAR_SUFFIX, path) < 0)
                        return -ENOMEM;
                fd = fs_open(root_fd, name, O_PATH | O_NOFOLLOW, 0);
                if (fd >= 0 && fstat(fd, &st) < 0)
                        return -errno;
        }
        *ret_time = sidecar ? st.st_mtim.tv_sec : st.st_ctim.tv_sec;
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
                r = get_label_time(&file, sidecar, root_fd, path, &check.labelled);
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

/* EVM refuses what has security.evm but no good security.ima, so that goes last. */
static int plan_removal(LabelChange *change)
{
        static const FileLabelAttribute attributes[] = { FILE_LABEL_EVM, FILE_LABEL_IMA };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(attributes); i++) {
                _cleanup_value_ Value value = { 0 };

                r = label_file_get(&change->file, file_label_attribute_to_string(attributes[i]),
                                &value.bytes, &value.size);
                if (r >= 0 && value.size > 0)
                        label_change_add(change, attributes[i], TAKE_PTR(value.bytes), value.size,
                                        NULL, 0);
        }
        return r;
}

int signing_plan_removal(int path_fd, LabelChange *ret_change)
{
        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
        int r = label_file_open(path_fd, &change.file);

        if (r >= 0)
                r = label_file_hold(&change.file);
        if (r >= 0)
                r = plan_removal(&change);
        if (r < 0)
                return r;
        if (change.n_items == 0)
                return 0;
        *ret_change = change;
        change = LABEL_CHANGE_NONE;
        return 1;
}

int signing_remove_sidecar(bool dry_run, int root_fd, const char *path)
{
        _cleanup_free_ char *name = NULL;
        _cleanup_close_ int dir_fd = -EBADF;
        const char *last;

        if (asprintf(&name, "%s" SIGNING_SIDECAR_SUFFIX, path) < 0)
                return -ENOMEM;
        if (dry_run)
                return fs_exists(root_fd, name);
        dir_fd = fs_open_parent(root_fd, name, &last);
        if (dir_fd < 0)
                return dir_fd;
        if (unlinkat(dir_fd, last, 0) < 0)
                return errno == ENOENT ? 0 : -errno;
        return 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/bundle-label.h"

#include "base/strings.h"
#include "core/signature/evm.h"
#include "core/signature/file-label.h"
#include "system/file-facts.h"

static const char *const result_names[BUNDLE_LABEL_RESULT_MAX] = {
        [BUNDLE_LABEL_SIGNED] = "signed",
        [BUNDLE_LABEL_KEPT] = "kept",
        [BUNDLE_LABEL_OTHER_BYTES] = "other-bytes",
        [BUNDLE_LABEL_OTHER_METADATA] = "other-metadata",
        [BUNDLE_LABEL_BAD_SIGNATURE] = "bad-signature",
        [BUNDLE_LABEL_UNKNOWN_KEY] = "unknown-key",
};

const char *bundle_label_result_to_string(BundleLabelResult result)
{
        return result_names[result];
}

static int add_label(LabelChange *change, FileLabelAttribute attribute, uint8_t *old,
                size_t old_size, const ManifestLabel *label)
{
        _cleanup_free_ uint8_t *owned = old, *new = malloc(label->size);

        if (!new)
                return -ENOMEM;
        memcpy(new, label->value, label->size);
        label_change_add(change, attribute, TAKE_PTR(owned), old_size, TAKE_PTR(new), label->size);
        return 0;
}

static int plan_content(const ManifestEntry *entry, SignatureVerifier *verifier,
                LabelChange *change, BundleLabelResult *ret_result)
{
        _cleanup_free_ uint8_t *old = NULL;
        SignatureVerdict verdict;
        size_t old_size = 0;
        Digest digest;
        int r = file_facts_hash(change->file.fd, entry->digest.algorithm, &digest);

        if (r >= 0)
                r = label_file_check(&change->file, true);
        if (r >= 0)
                r = label_file_get(&change->file, "security.ima", &old, &old_size);
        if (r < 0)
                return r;
        *ret_result = BUNDLE_LABEL_OTHER_BYTES;
        if (!digest_equal(&digest, &entry->digest))
                return 0;
        verdict = bundle_check_file(entry, verifier);
        *ret_result = verdict == SIGNATURE_VERDICT_UNKNOWN_KEY ? BUNDLE_LABEL_UNKNOWN_KEY
                                                               : BUNDLE_LABEL_BAD_SIGNATURE;
        if (verdict != SIGNATURE_VERDICT_GOOD)
                return 0;
        *ret_result = BUNDLE_LABEL_KEPT;
        /* What a file has already stays when it verifies, as ECDSA never gives the same bytes
         * twice. But security.evm is made over the very value of security.ima that comes with it.
         */
        if (entry->evm.size > 0 ? old_size == entry->ima.size &&
                                                        memcmp(old, entry->ima.value, old_size) == 0
                                : signature_verifier_accepts(verifier, SIGNATURE_TYPE_DIGSIG, old,
                                                  old_size, &digest))
                return 0;
        *ret_result = BUNDLE_LABEL_SIGNED;
        return add_label(change, FILE_LABEL_IMA, TAKE_PTR(old), old_size, &entry->ima);
}

/* A signature over the security.ima before would deny the file. An HMAC the kernel makes again. */
static int check_stale(const LabelChange *change, BundleLabelResult *result)
{
        _cleanup_free_ uint8_t *old = NULL;
        size_t old_size = 0;
        FileLabel label;
        int r = label_file_get(&change->file, "security.evm", &old, &old_size);

        if (r < 0)
                return r;
        if (old_size > 0 && file_label_parse(FILE_LABEL_EVM, old, old_size, &label) >= 0 &&
                        label.kind == FILE_LABEL_SIGNATURE)
                *result = BUNDLE_LABEL_OTHER_METADATA;
        return 0;
}

static int plan_metadata(const ManifestEntry *entry, SignatureVerifier *verifier,
                LabelChange *change, BundleLabelResult *result)
{
        _cleanup_(label_file_protected_done) LabelFileProtected protected_values = { 0 };
        _cleanup_free_ uint8_t *old = NULL;
        size_t old_size = 0;
        int r = label_file_get_protected(
                        &change->file, entry->ima.value, entry->ima.size, &protected_values);

        if (r >= 0)
                r = label_file_get(&change->file, "security.evm", &old, &old_size);
        if (r < 0)
                return r;
        if (evm_check(&protected_values.evm, entry->evm.value, entry->evm.size, verifier) !=
                        SIGNATURE_VERDICT_GOOD) {
                *result = BUNDLE_LABEL_OTHER_METADATA;
                return 0;
        }
        if (evm_check(&protected_values.evm, old, old_size, verifier) == SIGNATURE_VERDICT_GOOD &&
                        old[0] == SIGNATURE_TYPE_PORTABLE)
                return 0;
        *result = BUNDLE_LABEL_SIGNED;
        return add_label(change, FILE_LABEL_EVM, TAKE_PTR(old), old_size, &entry->evm);
}

int bundle_label_plan_file(const ManifestEntry *entry, SignatureVerifier *verifier, int path_fd,
                LabelChange *ret_change, BundleLabelResult *ret_result)
{
        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
        BundleLabelResult result = BUNDLE_LABEL_OTHER_BYTES;
        int r = label_file_open(path_fd, &change.file);

        if (r >= 0)
                r = label_file_hold(&change.file);
        if (r >= 0)
                r = plan_content(entry, verifier, &change, &result);
        if (r >= 0 && result <= BUNDLE_LABEL_KEPT && entry->evm.size > 0)
                r = plan_metadata(entry, verifier, &change, &result);
        else if (r >= 0 && result == BUNDLE_LABEL_SIGNED)
                r = check_stale(&change, &result);
        if (r >= 0)
                r = label_file_check(&change.file, false);
        if (r < 0)
                return r;
        *ret_result = result;
        if (result == BUNDLE_LABEL_SIGNED) {
                *ret_change = change;
                change = LABEL_CHANGE_NONE;
        }
        return 0;
}

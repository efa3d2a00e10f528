/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/checker.h"

#include <errno.h>

#include "core/signature/evm.h"

struct MeasurementChecker {
        ReplayHasher *hasher;
        SignatureVerifier *verifier;
};

int measurement_checker_new(const Replay *replay, const CertificateList *certificates,
                MeasurementChecker **ret_checker)
{
        _cleanup_measurement_checker_ MeasurementChecker *checker = calloc(1, sizeof(*checker));
        size_t n_banks;
        const HashAlgorithm *banks = replay_get_banks(replay, &n_banks);
        int r;

        if (!checker)
                return -ENOMEM;
        r = replay_hasher_new(banks, n_banks, &checker->hasher);
        if (r >= 0)
                r = signature_verifier_new(certificates, &checker->verifier);
        if (r < 0)
                return r;
        *ret_checker = TAKE_PTR(checker);
        return 0;
}

MeasurementChecker *measurement_checker_free(MeasurementChecker *checker)
{
        if (checker) {
                replay_hasher_free(checker->hasher);
                signature_verifier_free(checker->verifier);
                free(checker);
        }
        return NULL;
}

/* What a type 3 or 6 signature in the field sig covers; false when the entry does not have it. */
static bool get_signed_digest(
                const Signature *signature, const MeasurementView *view, Digest *ret_digest)
{
        if (view->digest.size == 0 || view->digest.algorithm != signature->hash)
                return false;
        *ret_digest = view->digest;
        return signature->type != SIGNATURE_TYPE_VERITY ||
               signature_compute_file_id(&view->digest, ret_digest) >= 0;
}

/* The version that goes with each type in security.ima, and the digest that it is made over. */
static bool is_of_its_type(const Signature *signature, const MeasurementView *view)
{
        if (signature->type == SIGNATURE_TYPE_VERITY)
                return signature->version == 3 && view->digest_type != MEASUREMENT_DIGEST_IMA;
        return signature->version == 2 && view->digest_type != MEASUREMENT_DIGEST_VERITY;
}

static SignatureVerdict check_label(SignatureVerifier *verifier, const MeasurementView *view)
{
        Signature signature;
        Digest digest;
        int r;

        if (view->signature_size == 0)
                return SIGNATURE_VERDICT_UNSIGNED;
        r = signature_parse(view->signature, view->signature_size, &signature);
        if (r < 0)
                return r == -EOPNOTSUPP ? SIGNATURE_VERDICT_UNCHECKED : SIGNATURE_VERDICT_BAD;
        /* Of the file's metadata, which only the template evm-sig records. */
        if (signature.type == SIGNATURE_TYPE_PORTABLE)
                return SIGNATURE_VERDICT_UNCHECKED;
        if (!is_of_its_type(&signature, view))
                return SIGNATURE_VERDICT_BAD;
        if (!get_signed_digest(&signature, view, &digest))
                return SIGNATURE_VERDICT_UNCHECKED;
        return signature_verifier_check(verifier, &signature, &digest);
}

/* The list has the values of the protected attributes in a row, as they are hashed. */
static int compute_evm_digest(const MeasurementView *view, bool big_endian, HashAlgorithm algorithm,
                Digest *ret_digest)
{
        const EvmAttribute values = { "security.ima", view->xattr_values, view->xattr_values_size };
        const EvmFile file = {
                .attributes = &values,
                .n_attributes = 1,
                .uid = view->uid,
                .gid = view->gid,
                .mode = view->mode,
                .big_endian = big_endian,
        };

        return evm_compute_digest(&file, SIGNATURE_TYPE_PORTABLE, algorithm, ret_digest);
}

static SignatureVerdict check_evm(
                SignatureVerifier *verifier, const Measurement *m, const MeasurementView *view)
{
        Signature signature;
        Digest digest;

        if (view->evm_signature_size == 0)
                return SIGNATURE_VERDICT_UNSIGNED;
        if (signature_parse(view->evm_signature, view->evm_signature_size, &signature) < 0)
                return SIGNATURE_VERDICT_BAD;
        if (!measurement_view_has(view, MEASUREMENT_FIELD_XATTRVALUES) ||
                        !measurement_view_has(view, MEASUREMENT_FIELD_IMODE) ||
                        !measurement_view_has(view, MEASUREMENT_FIELD_IUID) ||
                        !measurement_view_has(view, MEASUREMENT_FIELD_IGID) ||
                        compute_evm_digest(view, m->big_endian, signature.hash, &digest) < 0)
                return SIGNATURE_VERDICT_UNCHECKED;
        return signature_verifier_check(verifier, &signature, &digest);
}

static SignatureVerdict check_appended(SignatureVerifier *verifier, const MeasurementView *view)
{
        if (view->modsig_size == 0)
                return SIGNATURE_VERDICT_UNSIGNED;
        if (view->modsig_digest.size == 0)
                return SIGNATURE_VERDICT_UNCHECKED;
        return signature_verifier_check_pkcs7(
                        verifier, view->modsig, view->modsig_size, &view->modsig_digest);
}

/* As appraisal does: the appended one counts when the label has none by a known key. */
static SignatureVerdict check_signature(
                SignatureVerifier *verifier, const Measurement *m, const MeasurementView *view)
{
        SignatureVerdict label = check_label(verifier, view), appended;

        if (m->violation)
                return label == SIGNATURE_VERDICT_UNSIGNED ? label : SIGNATURE_VERDICT_UNCHECKED;
        if (label != SIGNATURE_VERDICT_UNSIGNED && label != SIGNATURE_VERDICT_UNKNOWN_KEY)
                return label;
        appended = check_appended(verifier, view);
        if (appended != SIGNATURE_VERDICT_UNSIGNED)
                return appended;
        return label == SIGNATURE_VERDICT_UNSIGNED ? check_evm(verifier, m, view) : label;
}

int measurement_checker_check(
                MeasurementChecker *checker, const Measurement *m, MeasurementCheck *ret_check)
{
        int r = replay_hasher_hash(checker->hasher, m, &ret_check->digests);

        if (r < 0)
                return r;
        if (m->opaque || measurement_decode(m, &ret_check->view) < 0)
                ret_check->view = (MeasurementView){ 0 };
        ret_check->signature = check_signature(checker->verifier, m, &ret_check->view);
        return 0;
}

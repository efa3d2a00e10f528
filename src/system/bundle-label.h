/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts the labels of a bundle on a file whose bytes are those that were signed. A file gets all its
 * labels or none, and each is verified before.
 */
#pragma once

#include "core/bundle/bundle.h"
#include "system/label-change.h"

typedef enum BundleLabelResult {
        BUNDLE_LABEL_SIGNED, /* it has them once the change is made */
        BUNDLE_LABEL_KEPT,   /* its labels are good already */
        BUNDLE_LABEL_OTHER_BYTES,
        BUNDLE_LABEL_OTHER_METADATA, /* owner, mode or attributes are not those of security.evm, or
                                        one that the file has would not fit a new security.ima */
        BUNDLE_LABEL_BAD_SIGNATURE,  /* of the bundle's own label */
        BUNDLE_LABEL_UNKNOWN_KEY,
        BUNDLE_LABEL_RESULT_MAX,
} BundleLabelResult;

/* "signed", "kept", "other-bytes", "other-metadata", "bad-signature", "unknown-key". */
const char *bundle_label_result_to_string(BundleLabelResult result);

/*
 * Reads the file that path_fd is open on with O_PATH and plans its labels; *ret_change is written
 * only when there is one to make. Errors are those of label-file.h.
 */
int bundle_label_plan_file(const ManifestEntry *entry, SignatureVerifier *verifier, int path_fd,
                LabelChange *ret_change, BundleLabelResult *ret_result);

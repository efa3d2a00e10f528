/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether files that have the labels of a bundle, and no others, would pass a policy. */
#pragma once

#include "core/manifest/manifest.h"
#include "core/signature/verifier.h"
#include "helpers/imad-worker/simulation.h"

typedef struct BundleGate {
        Simulation simulation;
        SimulationOverride override;
} BundleGate;

/* Reads --policy= and what the options say of requests. On failure the worker's error is set. */
ExitCode bundle_gate_load(Worker *worker, BundleGate *ret_gate);
void bundle_gate_done(BundleGate *gate);

/*
 * How a file of that path, owner, mode and digest fares in its normal uses, with these labels;
 * `labels` NULL: it has none. For conditions of the policy it counts as root's, on ext4, where no
 * option says another thing: what is built by a user belongs to root on the host. *ret_cause is the
 * kernel's word for it, or NULL.
 */
AppraisalStatus bundle_gate_judge(const BundleGate *gate, const ManifestEntry *file,
                const ManifestEntry *labels, SignatureVerifier *verifier, const char **ret_cause);

#define _cleanup_bundle_gate_ _cleanup_(bundle_gate_done)

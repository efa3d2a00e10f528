/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be found out about one entry of a measurement list by itself, whatever came before: its
 * template digests, its fields, and whether the signature in it is good. Several checkers may work
 * on different entries at once.
 */
#pragma once

#include "core/measurements/replay.h"
#include "core/measurements/template.h"
#include "core/signature/verifier.h"

typedef struct MeasurementCheck {
        ReplayDigests digests;
        MeasurementView view; /* all zero for an unknown layout */
        SignatureVerdict signature;
} MeasurementCheck;

/* For one thread at a time. */
typedef struct MeasurementChecker MeasurementChecker;

/* Hashes for the banks of the replay; certificates must outlive the checker. */
int measurement_checker_new(const Replay *replay, const CertificateList *certificates,
                MeasurementChecker **ret_checker);
MeasurementChecker *measurement_checker_free(MeasurementChecker *checker);

/* The views in *ret_check are borrowed from the entry. */
int measurement_checker_check(
                MeasurementChecker *checker, const Measurement *m, MeasurementCheck *ret_check);

DEFINE_CLEANUP_FUNC(MeasurementChecker *, measurement_checker_free)
#define _cleanup_measurement_checker_ _cleanup_(measurement_checker_freep)

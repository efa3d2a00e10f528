/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * in-toto statements: what is said (the predicate) about which bytes (the subjects). Source:
 * in-toto/attestation, spec/v1/statement.md; versions 0.1 and 1 differ in nothing that is read
 * here.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define STATEMENT_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define STATEMENT_SLSA_1 "https://slsa.dev/provenance/v1"
#define STATEMENT_SLSA_0_2 "https://slsa.dev/provenance/v0.2"
#define STATEMENT_SUBJECTS_MAX 250000U

typedef struct Statement {
        json_t *json;
        const char *predicate_type; /* these borrow from it */
        const json_t *predicate;
        const json_t *subjects; /* an array of objects with a name and digests */
        size_t n_subjects;
} Statement;

void statement_done(Statement *statement);

/*
 * -EBADMSG with what is wrong in *ret_reason (half a sentence behind "the statement", static),
 * -ENOMEM.
 */
int statement_parse(
                const void *text, size_t size, Statement *ret_statement, const char **ret_reason);

/* The name of a subject; "" when it has none. */
const char *statement_get_name(const Statement *statement, size_t index);

/* The digest of a subject by one algorithm; -ENOENT without, -EBADMSG when it is malformed. */
int statement_find_digest(const Statement *statement, size_t index, HashAlgorithm algorithm,
                Digest *ret_digest);

/* {"sha256": HEX}, as a subject has it; NULL: no memory. */
json_t *statement_digest_to_json(const Digest *digest);

/*
 * Whether every one of these digests, which are of one algorithm, is that of a subject. -ENOMEM;
 * else the number of the first that is none, or `count`.
 */
int statement_find_missing(const Statement *statement, const Digest *digests, size_t count,
                size_t *ret_missing);

/* Whether it is SLSA provenance. */
bool statement_is_slsa(const Statement *statement);

/* The builder of SLSA provenance: runDetails.builder.id, or builder.id in 0.2; NULL: none. */
const char *statement_get_builder(const Statement *statement);

#define _cleanup_statement_ _cleanup_(statement_done)

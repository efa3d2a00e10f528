/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/statement.h"

#include <string.h>

#include "base/json.h"
#include "base/strings.h"

#define ALGORITHM_NAME_MAX 32U

void statement_done(Statement *statement)
{
        json_decref(statement->json);
        *statement = (Statement){ 0 };
}

static const char *find_fault(const json_t *json)
{
        const char *type = json_string_value(json_object_get(json, "_type"));
        const json_t *subjects = json_object_get(json, "subject"), *subject;
        size_t i;

        if (!string_equal(type, STATEMENT_TYPE) &&
                        !string_equal(type, "https://in-toto.io/Statement/v0.1"))
                return "is no in-toto statement of version 1";
        if (!json_is_string(json_object_get(json, "predicateType")))
                return "has no predicateType";
        if (!json_is_array(subjects) || json_array_size(subjects) == 0)
                return "has no subject";
        if (json_array_size(subjects) > STATEMENT_SUBJECTS_MAX)
                return "has too many subjects";
        json_array_foreach ((json_t *) subjects, i, subject)
                if (!json_is_object(json_object_get(subject, "digest")))
                        return "has a subject without digest";
        return NULL;
}

int statement_parse(
                const void *text, size_t size, Statement *ret_statement, const char **ret_reason)
{
        _cleanup_json_ json_t *json = NULL;
        int r = json_parse(text, size, &json);

        *ret_reason = r < 0 ? "is no JSON, or has a key twice" : find_fault(json);
        if (*ret_reason)
                return -EBADMSG;
        *ret_statement = (Statement){
                .predicate_type = json_string_value(json_object_get(json, "predicateType")),
                .predicate = json_object_get(json, "predicate"),
                .subjects = json_object_get(json, "subject"),
                .n_subjects = json_array_size(json_object_get(json, "subject")),
        };
        ret_statement->json = TAKE_PTR(json);
        return 0;
}

const char *statement_get_name(const Statement *statement, size_t index)
{
        const json_t *subject = json_array_get(statement->subjects, index);

        return json_string_value(json_object_get(subject, "name")) ?: "";
}

/* Names of a DigestSet are the kernel's, but for "sha3_256" and its kin. */
static void format_algorithm(HashAlgorithm algorithm, char name[static ALGORITHM_NAME_MAX])
{
        (void) snprintf(name, ALGORITHM_NAME_MAX, "%s", hash_algorithm_to_string(algorithm));
        for (char *c = name; *c; c++)
                if (*c == '-')
                        *c = '_';
}

int statement_find_digest(const Statement *statement, size_t index, HashAlgorithm algorithm,
                Digest *ret_digest)
{
        const json_t *subject = json_array_get(statement->subjects, index);
        Digest digest = { .algorithm = algorithm };
        char name[ALGORITHM_NAME_MAX];
        const json_t *text;

        format_algorithm(algorithm, name);
        text = json_object_get(json_object_get(subject, "digest"), name);
        if (!text)
                return -ENOENT;
        if (!json_is_string(text) ||
                        hex_decode(json_string_value(text), digest.bytes, sizeof(digest.bytes),
                                        &digest.size) < 0 ||
                        digest.size != hash_algorithm_size(algorithm))
                return -EBADMSG;
        *ret_digest = digest;
        return 0;
}

json_t *statement_digest_to_json(const Digest *digest)
{
        char name[ALGORITHM_NAME_MAX];

        format_algorithm(digest->algorithm, name);
        return json_pack("{s:o}", name, json_hex(digest->bytes, digest->size));
}

static int compare(const void *a, const void *b)
{
        return memcmp(((const Digest *) a)->bytes, ((const Digest *) b)->bytes, DIGEST_SIZE_MAX);
}

int statement_find_missing(const Statement *statement, const Digest *digests, size_t count,
                size_t *ret_missing)
{
        _cleanup_free_ Digest *known = calloc(statement->n_subjects, sizeof(*known));
        size_t n = 0;

        if (!known)
                return -ENOMEM;
        for (size_t i = 0; count > 0 && i < statement->n_subjects; i++)
                n += statement_find_digest(statement, i, digests[0].algorithm, &known[n]) >= 0;
        qsort(known, n, sizeof(*known), compare);
        *ret_missing = count;
        for (size_t i = 0; i < count && *ret_missing == count; i++)
                if (!bsearch(&digests[i], known, n, sizeof(*known), compare))
                        *ret_missing = i;
        return 0;
}

bool statement_is_slsa(const Statement *statement)
{
        return string_equal(statement->predicate_type, STATEMENT_SLSA_1) ||
               string_equal(statement->predicate_type, STATEMENT_SLSA_0_2);
}

const char *statement_get_builder(const Statement *statement)
{
        const json_t *details =
                        string_equal(statement->predicate_type, STATEMENT_SLSA_1)
                                        ? json_object_get(statement->predicate, "runDetails")
                                        : statement->predicate;

        return json_string_value(json_object_get(json_object_get(details, "builder"), "id"));
}

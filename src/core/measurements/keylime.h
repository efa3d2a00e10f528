/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runtime policies of Keylime (schema version 1): an inventory, the files that are excluded, the
 * keyrings that are ignored, and the keys that file signatures are checked with. Source: Keylime's
 * documentation, "Runtime IMA", and the schema in keylime/ima/ima.py.
 */
#pragma once

#include <jansson.h>

#include "core/measurements/inventory.h"
#include "core/signature/certificate.h"

#define KEYLIME_SIZE_MAX ((size_t) 256 << 20)

/* What an inventory does not hold; all but inventory may be empty. Zero-initialised: empty. */
typedef struct KeylimePolicy {
        Inventory inventory;
        json_t *excludes;         /* array of regular expressions, or NULL */
        json_t *ignored_keyrings; /* array of names, or NULL */
        char *verification_keys;  /* JSON in a string, or NULL */
        uint64_t release;
} KeylimePolicy;

void keylime_policy_done(KeylimePolicy *policy);

/* Adds what a policy says. -EBADMSG and an E471 when it is none, -E2BIG above KEYLIME_SIZE_MAX. */
int keylime_policy_parse(KeylimePolicy *policy, const char *text, size_t size, DiagList *diags,
                const char *source);

/* Makes these the keys. */
int keylime_policy_set_keys(KeylimePolicy *policy, const CertificateList *certificates);

/*
 * The policy as JSON. Sorts the inventory. JSON cannot hold names that are no UTF-8, and the schema
 * no MD5: they are left out, with a W470 in diags for each name.
 */
int keylime_policy_format(KeylimePolicy *policy, DiagList *diags, json_t **ret_json);

#define _cleanup_keylime_policy_ _cleanup_(keylime_policy_done)

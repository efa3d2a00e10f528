/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as state.json, and any JSON text with the checksum that fits it: what is taken stays
 * within its limits, and is taken again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/strings.h"
#include "system/generation-state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* malloc()ed text with its checksum. */
static char *seal(json_t *json)
{
        _cleanup_free_ char *text = NULL;
        char hex[2 * DIGEST_SIZE_MAX + 1], *sealed = NULL;
        Digest digest;

        if (!json_is_object(json))
                return NULL;
        (void) json_object_del(json, "sha256");
        if (json_format(json, &text) < 0 ||
                        digest_compute(HASH_SHA256, text, strlen(text), &digest) < 0)
                return NULL;
        hex_encode(digest.bytes, digest.size, hex);
        (void) json_object_set_new(json, "sha256", json_string(hex));
        return json_format(json, &sealed) < 0 ? NULL : sealed;
}

static bool check(const char *text, size_t size, GenerationState *ret_state)
{
        const char *why = NULL;
        int r = generation_state_parse(text, size, ret_state, &why);

        if (r < 0 && (!why || *why == '\0'))
                abort();
        if (r < 0)
                return false;
        if (ret_state->n_entries > GENERATION_ENTRIES_MAX || ret_state->n_tries > BOOT_TRIES_MAX ||
                        ret_state->intended >= ret_state->next ||
                        strnlen(ret_state->alarm, sizeof(ret_state->alarm)) ==
                                        sizeof(ret_state->alarm))
                abort();
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *sealed = NULL, *again = NULL;
        _cleanup_json_ json_t *json = NULL, *second_json = NULL;
        GenerationState state, second;

        (void) check((const char *) data, size, &state);
        if (json_parse((const char *) data, size, &json) < 0)
                return 0;
        sealed = seal(json);
        if (!sealed || !check(sealed, strlen(sealed), &state))
                return 0;
        second_json = generation_state_to_json(&state);
        again = seal(second_json);
        if (!again || !check(again, strlen(again), &second) ||
                        second.n_entries != state.n_entries || second.n_tries != state.n_tries ||
                        second.intended != state.intended)
                abort();
        return 0;
}

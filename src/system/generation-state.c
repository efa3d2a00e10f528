/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/generation-state.h"

#include "base/diag-code.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/strings.h"

#define STATE_SIZE_MAX 131072U
#define STATE_VERSION 2
#define CHECKSUM_TEXT_SIZE 65

static const char apply_hint[] = "run imactl policy apply, which writes it anew";

static const char *const phase_names[GENERATION_PHASE_MAX] = {
        [GENERATION_PHASE_CANDIDATE] = "candidate",
        [GENERATION_PHASE_OBSERVED] = "observed",
        [GENERATION_PHASE_TRIAL] = "trial",
        [GENERATION_PHASE_GOOD] = "good",
        [GENERATION_PHASE_RETIRED] = "retired",
        [GENERATION_PHASE_FAILED] = "failed",
};

static const char *const result_names[BOOT_TRY_RESULT_MAX] = {
        [BOOT_TRY_RESULT_OPEN] = "open",
        [BOOT_TRY_RESULT_WAITING] = "waiting",
        [BOOT_TRY_RESULT_BLESSED] = "blessed",
        [BOOT_TRY_RESULT_SHUTDOWN] = "shutdown",
        [BOOT_TRY_RESULT_FAILED] = "failed",
};

const char *generation_phase_to_string(GenerationPhase phase)
{
        return phase_names[phase];
}

const char *boot_try_result_to_string(BootTryResult result)
{
        return result_names[result];
}

static int find_name(const char *const *names, size_t n_names, const char *name)
{
        for (size_t i = 0; i < n_names; i++)
                if (string_equal(names[i], name))
                        return (int) i;
        return -EINVAL;
}

GenerationEntry *generation_state_find(GenerationState *state, uint64_t number)
{
        for (size_t i = 0; i < state->n_entries; i++)
                if (state->entries[i].number == number)
                        return &state->entries[i];
        return NULL;
}

static json_t *entry_to_json(const GenerationEntry *entry)
{
        _cleanup_json_ json_t *json = json_pack("{s:I, s:s, s:b, s:b, s:s}", "number",
                        (json_int_t) entry->number, "state", phase_names[entry->phase], "proved",
                        entry->proved, "same_rules", entry->same_rules, "reason", entry->reason);

        if (!json || json_set_time(json, "since_usec", entry->since_usec) < 0)
                return NULL;
        return TAKE_PTR(json);
}

static json_t *try_to_json(const BootTry *try)
{
        _cleanup_json_ json_t *json = json_pack("{s:I, s:s, s:s, s:s}", "generation",
                        (json_int_t) try->generation, "mode", try->trial ? "trial" : "good",
                        "boot_id", try->boot_id, "result", result_names[try->result]);

        if (!json || json_set_time(json, "started_usec", try->started_usec) < 0)
                return NULL;
        return TAKE_PTR(json);
}

json_t *generation_state_to_json(const GenerationState *state)
{
        json_t *entries = json_array(), *tries = json_array();
        _cleanup_json_ json_t *json = json_pack("{s:i, s:o, s:I, s:I, s:s, s:o, s:o}", "version",
                        STATE_VERSION, "intended",
                        state->intended == 0 ? json_null()
                                             : json_integer((json_int_t) state->intended),
                        "next", (json_int_t) state->next, "confirm_within_usec",
                        (json_int_t) state->confirm_within_usec, "alarm_reason", state->alarm,
                        "generations", entries, "boots", tries);

        if (!json || json_set_time(json, "alarm_usec", state->alarm_usec) < 0)
                return NULL;
        for (size_t i = 0; i < state->n_entries; i++)
                if (json_array_append_new(entries, entry_to_json(&state->entries[i])) < 0)
                        return NULL;
        for (size_t i = 0; i < state->n_tries; i++)
                if (json_array_append_new(tries, try_to_json(&state->tries[i])) < 0)
                        return NULL;
        return TAKE_PTR(json);
}

/* Of the compact text with sorted keys, which json_format() makes. */
static int compute_checksum(const json_t *json, char hex[static CHECKSUM_TEXT_SIZE])
{
        _cleanup_free_ char *text = NULL;
        Digest digest;
        int r = json_format(json, &text);

        if (r >= 0)
                r = digest_compute(HASH_SHA256, text, strlen(text), &digest);
        if (r >= 0)
                hex_encode(digest.bytes, digest.size, hex);
        return r;
}

/* Removes the checksum. */
static int check_checksum(json_t *json, const char **ret_why)
{
        char expected[CHECKSUM_TEXT_SIZE], found[CHECKSUM_TEXT_SIZE];
        const char *text = json_string_value(json_object_get(json, "sha256"));
        int r;

        *ret_why = "its checksum is missing";
        if (!text || strlen(text) >= sizeof(found))
                return -EBADMSG;
        (void) strcpy(found, text);
        (void) json_object_del(json, "sha256");
        r = compute_checksum(json, expected);
        if (r < 0)
                return r;
        *ret_why = "its checksum does not fit";
        return string_equal(expected, found) ? 0 : -EBADMSG;
}

static bool copy_text(const json_t *json, char *target, size_t size)
{
        const char *text = json_string_value(json);

        if (!text || strlen(text) >= size)
                return false;
        (void) strcpy(target, text);
        return true;
}

static int parse_entry(const json_t *json, GenerationEntry *entry)
{
        json_int_t number, since;
        const char *phase;
        int proved, p;

        if (json_unpack((json_t *) json, "{s:I, s:s, s:b, s:I}", "number", &number, "state", &phase,
                            "proved", &proved, "since_usec", &since) < 0)
                return -EBADMSG;
        p = find_name(phase_names, ELEMENTSOF(phase_names), phase);
        if (p < 0 || number < 1 || since < 0 ||
                        !copy_text(json_object_get(json, "reason"), entry->reason,
                                        sizeof(entry->reason)))
                return -EBADMSG;
        entry->number = (uint64_t) number;
        entry->phase = (GenerationPhase) p;
        entry->proved = proved;
        entry->same_rules = json_is_true(json_object_get(json, "same_rules"));
        entry->since_usec = (usec_t) since;
        return 0;
}

static int parse_try(const json_t *json, BootTry *try)
{
        const char *mode, *result;
        json_int_t generation, started;
        int r;

        if (json_unpack((json_t *) json, "{s:I, s:s, s:s, s:I}", "generation", &generation, "mode",
                            &mode, "result", &result, "started_usec", &started) < 0)
                return -EBADMSG;
        r = find_name(result_names, ELEMENTSOF(result_names), result);
        if (r < 0 || generation < 1 || started < 0 ||
                        !copy_text(json_object_get(json, "boot_id"), try->boot_id,
                                        sizeof(try->boot_id)))
                return -EBADMSG;
        try->generation = (uint64_t) generation;
        try->trial = string_equal(mode, "trial");
        try->started_usec = (usec_t) started;
        try->result = (BootTryResult) r;
        return 0;
}

static int parse_history(const json_t *json, GenerationState *state)
{
        const json_t *entries = json_object_get(json, "generations");
        const json_t *tries = json_object_get(json, "boots"), *item;
        json_int_t confirm, alarm;
        size_t i;

        if (json_unpack((json_t *) json, "{s:I, s:I}", "confirm_within_usec", &confirm,
                            "alarm_usec", &alarm) < 0 ||
                        confirm < 0 || alarm < 0 || !json_is_array(entries) ||
                        !json_is_array(tries) ||
                        json_array_size(entries) > GENERATION_ENTRIES_MAX ||
                        json_array_size(tries) > BOOT_TRIES_MAX ||
                        !copy_text(json_object_get(json, "alarm_reason"), state->alarm,
                                        sizeof(state->alarm)))
                return -EBADMSG;
        state->confirm_within_usec = (usec_t) confirm;
        state->alarm_usec = (usec_t) alarm;
        json_array_foreach (entries, i, item)
                if (parse_entry(item, &state->entries[state->n_entries++]) < 0)
                        return -EBADMSG;
        json_array_foreach (tries, i, item)
                if (parse_try(item, &state->tries[state->n_tries++]) < 0)
                        return -EBADMSG;
        return 0;
}

/* What version 1 knew. */
static int parse_numbers(const json_t *json, json_int_t *ret_version, GenerationState *state,
                const char **ret_why)
{
        json_int_t intended = 0, next;
        json_t *intended_json;

        *ret_why = "version, intended or next is missing";
        if (json_unpack((json_t *) json, "{s:I, s:o, s:I}", "version", ret_version, "intended",
                            &intended_json, "next", &next) < 0)
                return -EBADMSG;
        *ret_why = "it was written by another version of imad";
        if (*ret_version < 1 || *ret_version > STATE_VERSION)
                return -EBADMSG;
        *ret_why = "intended is neither a number nor null";
        if (json_is_integer(intended_json))
                intended = json_integer_value(intended_json);
        else if (!json_is_null(intended_json))
                return -EBADMSG;
        *ret_why = "its numbers contradict each other";
        if (intended < 0 || next < 1 || intended >= next)
                return -EBADMSG;
        state->intended = (uint64_t) intended;
        state->next = (uint64_t) next;
        return 0;
}

int generation_state_parse(
                const char *text, size_t size, GenerationState *ret_state, const char **ret_why)
{
        _cleanup_json_ json_t *json = NULL;
        GenerationState state = { 0 };
        json_int_t version;
        int r;

        *ret_why = size == 0 ? "it is empty" : "it is no JSON text";
        if (json_parse(text, size, &json) < 0)
                return -EBADMSG;
        r = parse_numbers(json, &version, &state, ret_why);
        if (r < 0)
                return r;
        if (version == 1) {
                if (state.intended > 0)
                        state.entries[state.n_entries++] = (GenerationEntry){ state.intended,
                                GENERATION_PHASE_GOOD, true, 0, "applied", false };
                *ret_state = state;
                return 0;
        }
        r = check_checksum(json, ret_why);
        if (r < 0)
                return r;
        *ret_why = "a generation or boot in it is malformed";
        r = parse_history(json, &state);
        if (r >= 0)
                *ret_state = state;
        return r;
}

/* -ENOENT, -EBADMSG with the cause, -ENOMEM. */
static int load_file(
                int root_fd, const char *path, GenerationState *ret_state, const char **ret_why)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, path, STATE_SIZE_MAX, &text, &size);

        if (r == -ENOENT || r == -ENOMEM)
                return r;
        if (r < 0) {
                *ret_why = strerror(-r);
                return -EBADMSG;
        }
        return generation_state_parse(text, size, ret_state, ret_why);
}

int generation_state_load(int root_fd, GenerationState *ret_state, DiagList *diags)
{
        const DiagPlace place = { .source = GENERATION_STATE_PATH };
        const char *why, *previous_why;
        int r = load_file(root_fd, GENERATION_STATE_PATH, ret_state, &why), p;

        if (r == -ENOENT) {
                *ret_state = (GenerationState){ .next = 1 };
                return 0;
        }
        if (r != -EBADMSG)
                return r;
        p = load_file(root_fd, GENERATION_STATE_PREVIOUS_PATH, ret_state, &previous_why);
        if (p == -ENOMEM)
                return p;
        if (p < 0)
                return diag_error(diags, DIAG_CODE_STATE_DAMAGED, place, apply_hint,
                                "state file is damaged: %s", why);
        ret_state->restored = true;
        return diag_warning(diags, DIAG_CODE_STORE_REPLACED, place,
                        "see imactl policy log for what is known",
                        "state file is damaged: %s; its previous copy is used", why);
}

/* A damaged text is not worth keeping; the copy stays as it was then. */
static int keep_previous(int root_fd)
{
        _cleanup_free_ char *text = NULL;
        GenerationState state;
        const char *why;
        size_t size;
        int r = fs_read_file(root_fd, GENERATION_STATE_PATH, STATE_SIZE_MAX, &text, &size);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r == -EFBIG ? 0 : r;
        if (generation_state_parse(text, size, &state, &why) < 0)
                return 0;
        return fs_replace_file(root_fd, GENERATION_STATE_PREVIOUS_PATH, text, size, 0644);
}

int generation_state_store(int root_fd, const GenerationState *state)
{
        _cleanup_json_ json_t *json = generation_state_to_json(state);
        char checksum[CHECKSUM_TEXT_SIZE];
        int r = json ? compute_checksum(json, checksum) : -ENOMEM;

        if (r < 0)
                return r;
        if (json_object_set_new(json, "sha256", json_string(checksum)) < 0)
                return -ENOMEM;
        r = keep_previous(root_fd);
        if (r < 0)
                return r;
        return json_store(root_fd, GENERATION_STORE_PATH, GENERATION_STATE_PATH, json);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/boot-record.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/strings.h"

#define RECORD_SIZE_MAX 65536U
#define RECORD_VERSION 1

static const struct {
        const char *name;
        bool failure;
} outcomes[BOOT_OUTCOME_MAX] = {
        [BOOT_OUTCOME_LOADED] = {"loaded",                false},
        [BOOT_OUTCOME_NONE_INTENDED] = { "none-intended",        false},
        [BOOT_OUTCOME_DISABLED] = { "disabled",             false},
        [BOOT_OUTCOME_NO_IMA] = { "no-ima",               false},
        [BOOT_OUTCOME_NO_SECURITYFS] = { "no-securityfs",        false},
        [BOOT_OUTCOME_READ_ONLY] = { "read-only",            true },
        [BOOT_OUTCOME_ALREADY_LOADED] = { "already-loaded",       false},
        [BOOT_OUTCOME_BUSY] = { "busy",                 true },
        [BOOT_OUTCOME_REFUSED] = { "refused",              true },
        [BOOT_OUTCOME_NO_POLICY_FOR_KERNEL] = { "no-policy-for-kernel", true },
        [BOOT_OUTCOME_CORRUPT_GENERATION] = { "corrupt-generation",   true },
        [BOOT_OUTCOME_LAST_BOOT_FAILED] = { "last-boot-failed",     true },
        [BOOT_OUTCOME_UNGUARDED] = { "unguarded",            true },
        [BOOT_OUTCOME_KEYS_REFUSED] = { "keys-refused",         true },
        [BOOT_OUTCOME_NO_TRIGGER] = { "no-trigger",           true },
        [BOOT_OUTCOME_DEFERRED] = { "deferred",             false},
        [BOOT_OUTCOME_UNPROVED] = { "unproved",             true },
};

void boot_record_done(BootRecord *record)
{
        free(record->release);
        free(record->message);
        free(record->hint);
        free(record->initrd);
        *record = (BootRecord){ 0 };
}

const char *boot_outcome_to_string(BootOutcome outcome)
{
        return outcome >= 0 && outcome < BOOT_OUTCOME_MAX ? outcomes[outcome].name : NULL;
}

BootOutcome boot_outcome_from_string(const char *string)
{
        for (BootOutcome i = 0; i < BOOT_OUTCOME_MAX; i++)
                if (string_equal(outcomes[i].name, string))
                        return i;
        return BOOT_OUTCOME_INVALID;
}

bool boot_outcome_is_failure(BootOutcome outcome)
{
        return outcome < 0 || outcome >= BOOT_OUTCOME_MAX || outcomes[outcome].failure;
}

json_t *boot_record_to_json(const BootRecord *record)
{
        _cleanup_json_ json_t *json = json_pack(
                        "{s:i, s:s, s:o, s:s?, s:I, s:s?, s:s?, s:s?, s:I, s:s, s:s?}", "version",
                        RECORD_VERSION, "outcome", boot_outcome_to_string(record->outcome),
                        "generation",
                        record->generation == 0 ? json_null()
                                                : json_integer((json_int_t) record->generation),
                        "release", record->release, "rules", (json_int_t) record->rules, "errno",
                        record->error == 0 ? NULL : strerrorname_np(record->error), "message",
                        record->message, "hint", record->hint, "duration_usec",
                        (json_int_t) record->duration_usec, "placement",
                        record->in_initrd ? "initrd" : "root", "initrd", record->initrd);

        if (!json || json_set_time(json, "loaded_usec", record->loaded_usec) < 0)
                return NULL;
        return TAKE_PTR(json);
}

static int error_from_name(const char *name)
{
        for (int error = 1; error < 256; error++)
                if (string_equal(strerrorname_np(error), name))
                        return error;
        return 0;
}

/* Absent and null are the same. */
static int copy_field(const json_t *json, const char *key, char **ret_copy)
{
        const char *string = json_string_value(json_object_get(json, key));

        if (!string)
                return 0;
        *ret_copy = strdup(string);
        return *ret_copy ? 0 : -ENOMEM;
}

static uint64_t get_number(const json_t *json, const char *key)
{
        json_int_t value = json_integer_value(json_object_get(json, key));

        return value < 0 ? 0 : (uint64_t) value;
}

static int parse_record(const json_t *json, BootRecord *record)
{
        const char *error = json_string_value(json_object_get(json, "errno"));

        if (get_number(json, "version") != RECORD_VERSION)
                return -EBADMSG;
        record->outcome = boot_outcome_from_string(
                        json_string_value(json_object_get(json, "outcome")));
        if (record->outcome < 0)
                return -EBADMSG;
        record->generation = get_number(json, "generation");
        record->rules = get_number(json, "rules");
        record->loaded_usec = get_number(json, "loaded_usec");
        record->duration_usec = get_number(json, "duration_usec");
        record->in_initrd = string_equal(
                        json_string_value(json_object_get(json, "placement")), "initrd");
        record->error = error ? error_from_name(error) : 0;
        if (copy_field(json, "release", &record->release) < 0 ||
                        copy_field(json, "message", &record->message) < 0 ||
                        copy_field(json, "hint", &record->hint) < 0 ||
                        copy_field(json, "initrd", &record->initrd) < 0)
                return -ENOMEM;
        return 0;
}

int boot_record_load(int root_fd, BootRecord *ret_record)
{
        _cleanup_boot_record_ BootRecord record = { 0 };
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        size_t size;
        int r = fs_read_file(root_fd, BOOT_RECORD_PATH, RECORD_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = json_parse(text, size, &json);
        if (r >= 0)
                r = parse_record(json, &record);
        if (r < 0)
                return r;
        *ret_record = TAKE_STRUCT(record);
        return 0;
}

int boot_record_store(int root_fd, const BootRecord *record)
{
        _cleanup_json_ json_t *json = boot_record_to_json(record);
        int r = json_store(root_fd, BOOT_RECORD_DIRECTORY, BOOT_RECORD_PATH, json);

        if (r < 0)
                return r;
        if (record->outcome == BOOT_OUTCOME_LOADED)
                return fs_replace_file(root_fd, BOOT_RECORD_LOADED_PATH, "", 0, 0644);
        r = fs_remove_tree(root_fd, BOOT_RECORD_LOADED_PATH);
        return r == -ENOENT ? 0 : r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/audit.h"

#include <auparse.h>
#include <libaudit.h>

#include "base/strings.h"

static const char timestamp[] = "audit(";

void audit_integrity_done(AuditIntegrity *record)
{
        free(record->operation);
        free(record->cause);
        free(record->file);
        free(record->device);
        free(record->process);
        free(record->executable);
        free(record->hash);
        free(record->rule);
        *record = (AuditIntegrity){ 0 };
}

bool audit_integrity_is_denial(const AuditIntegrity *record)
{
        return !record->success &&
               (record->type == AUDIT_TYPE_DATA || record->type == AUDIT_TYPE_METADATA);
}

/* How a value is written (kernel/audit.c, audit_log_untrustedstring). */
typedef enum FieldForm {
        FIELD_FORM_NUMBER,
        FIELD_FORM_WORD,   /* as it is, quotes removed */
        FIELD_FORM_STRING, /* quoted, or hexadecimal when it has special bytes */
        FIELD_FORM_RESULT, /* 1: success; in 1806 0: success */
        FIELD_FORM_MAX,
} FieldForm;

/* clang-format off */
static const struct {
        const char *name;
        FieldForm form;
        size_t offset;
} fields[] = {
        { "pid",   FIELD_FORM_NUMBER, offsetof(AuditIntegrity, pid) },
        { "uid",   FIELD_FORM_NUMBER, offsetof(AuditIntegrity, uid) },
        { "auid",  FIELD_FORM_NUMBER, offsetof(AuditIntegrity, login_uid) },
        { "ino",   FIELD_FORM_NUMBER, offsetof(AuditIntegrity, inode) },
        { "errno", FIELD_FORM_NUMBER, offsetof(AuditIntegrity, error) },
        { "op",    FIELD_FORM_WORD,   offsetof(AuditIntegrity, operation) },
        { "hash",  FIELD_FORM_WORD,   offsetof(AuditIntegrity, hash) },
        { "name",  FIELD_FORM_STRING, offsetof(AuditIntegrity, file) },
        { "file",  FIELD_FORM_STRING, offsetof(AuditIntegrity, file) },
        { "xattr", FIELD_FORM_STRING, offsetof(AuditIntegrity, file) },
        { "dev",   FIELD_FORM_STRING, offsetof(AuditIntegrity, device) },
        { "comm",  FIELD_FORM_STRING, offsetof(AuditIntegrity, process) },
        { "exe",   FIELD_FORM_STRING, offsetof(AuditIntegrity, executable) },
        { "res",   FIELD_FORM_RESULT, offsetof(AuditIntegrity, success) },
};
/* clang-format on */

static int take_string(const char *value, size_t size, char **target)
{
        /* What comes first is the kernel's own; a second field of the name is left out. */
        if (*target)
                return 0;
        *target = strndup(value, size);
        return *target ? 0 : -ENOMEM;
}

static int take_word(const char *value, char **target)
{
        size_t size = strlen(value);

        if (size >= 2 && value[0] == '"' && value[size - 1] == '"')
                return take_string(value + 1, size - 2, target);
        return take_string(value, size, target);
}

/* Neither quoted nor hexadecimal: a fixed word of the kernel, like (null). */
static int take_untrusted(const char *value, char **target)
{
        size_t size = strlen(value), decoded;
        _cleanup_free_ char *bytes = NULL;

        if (value[0] == '"')
                return take_word(value, target);
        bytes = calloc(1, size / 2 + 1);
        if (!bytes)
                return -ENOMEM;
        if (hex_decode(value, bytes, size / 2, &decoded) < 0)
                return take_string(value, size, target);
        return take_string(bytes, decoded, target);
}

/* Unset ids stand there as 4294967295. */
static void take_number(const char *value, size_t offset, AuditIntegrity *record)
{
        char *target = (char *) record + offset;
        bool negative = value[0] == '-';
        uint64_t number;

        if (parse_u64(value + negative, INT64_MAX, &number) < 0)
                return;
        if (offset == offsetof(AuditIntegrity, pid))
                *(pid_t *) target = (pid_t) number;
        else if (offset == offsetof(AuditIntegrity, error))
                *(int *) target = negative ? -(int) number : (int) number;
        else if (offset == offsetof(AuditIntegrity, inode))
                *(uint64_t *) target = number;
        else
                *(int64_t *) target = number == UINT32_MAX ? -1 : (int64_t) number;
}

static int take_field(const char *name, const char *value, AuditIntegrity *record)
{
        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                char *target = (char *) record + fields[i].offset;

                if (!string_equal(fields[i].name, name))
                        continue;
                switch (fields[i].form) {
                case FIELD_FORM_NUMBER:
                        take_number(value, fields[i].offset, record);
                        return 0;
                case FIELD_FORM_WORD:
                        return take_word(value, (char **) target);
                case FIELD_FORM_STRING:
                        return take_untrusted(value, (char **) target);
                default:
                        record->success = string_equal(
                                        value, record->type == AUDIT_TYPE_EVM_XATTR ? "0" : "1");
                        return 0;
                }
        }
        return 0;
}

static int take_fields(auparse_state_t *parser, AuditIntegrity *record)
{
        int r = auparse_first_field(parser);

        while (r > 0) {
                const char *name = auparse_get_field_name(parser);
                const char *value = auparse_get_field_str(parser);

                r = name && value ? take_field(name, value, record) : 0;
                if (r < 0)
                        return r;
                r = auparse_next_field(parser);
        }
        return 0;
}

/* Causes have blanks, which end a field for libauparse; comm= always follows. */
static int take_cause(const char *text, AuditIntegrity *record)
{
        static const char key[] = " cause=";
        const char *cause = strstr(text, key), *end;

        if (!cause)
                return 0;
        cause += strlen(key);
        end = strstr(cause, " comm=");
        if (!end)
                end = cause + strcspn(cause, " ");
        return take_string(cause, (size_t) (end - cause), &record->cause);
}

/* "action=measure func=… res=1": the values are raw, so that only the last res= is the kernel's. */
static int take_rule(const char *text, AuditIntegrity *record)
{
        static const char key[] = " res=";
        const char *action = strstr(text, "action="), *end = NULL;

        if (!action)
                return -EBADMSG;
        for (const char *p = action; (p = strstr(p, key)); p += strlen(key))
                end = p;
        if (!end)
                return -EBADMSG;
        record->success = end[strlen(key)] == '1';
        return take_string(action, (size_t) (end - action), &record->rule);
}

static int parse_record(int type, const char *text, AuditIntegrity *record)
{
        _cleanup_free_ char *line = NULL;
        const au_event_t *event;
        auparse_state_t *parser;
        int r = -EBADMSG;

        if (asprintf(&line, "type=%d msg=%s\n", type, text) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        parser = auparse_init(AUSOURCE_BUFFER, line);
        if (!parser)
                return -ENOMEM;
        if (auparse_next_event(parser) > 0 && auparse_first_record(parser) > 0) {
                event = auparse_get_timestamp(parser);
                if (event) {
                        record->serial = event->serial;
                        record->time_usec = (usec_t) event->sec * USEC_PER_SEC +
                                            (usec_t) event->milli * 1000;
                        r = take_fields(parser, record);
                }
        }
        auparse_destroy(parser);
        return r;
}

int audit_decode_typed(int type, const char *text, size_t size, AuditIntegrity *ret_record)
{
        _cleanup_audit_ AuditIntegrity record = { .type = (AuditType) type };
        _cleanup_free_ char *copy = NULL;
        int r;

        if (type < AUDIT_TYPE_DATA || type > AUDIT_TYPE_POLICY_RULE)
                return 0;
        if (size > MAX_AUDIT_MESSAGE_LENGTH)
                return -E2BIG;
        copy = strndup(text, size);
        if (!copy)
                return -ENOMEM;
        copy[strcspn(copy, "\n")] = '\0';
        if (!string_after(copy, timestamp))
                return -EBADMSG;
        r = parse_record(type, copy, &record);
        if (r >= 0 && type == AUDIT_TYPE_POLICY_RULE)
                r = take_rule(copy, &record);
        else if (r >= 0)
                r = take_cause(copy, &record);
        if (r < 0)
                return r;
        if (type == AUDIT_TYPE_RULE)
                record.success = true;
        *ret_record = TAKE_STRUCT(record);
        return 1;
}

int audit_decode(const char *line, size_t size, AuditIntegrity *ret_record)
{
        static const char key[] = "type=";
        _cleanup_free_ char *copy = NULL;
        const char *type, *text;
        char name[64];
        size_t length;
        int number;

        if (size > MAX_AUDIT_MESSAGE_LENGTH)
                return -E2BIG;
        copy = strndup(line, size);
        if (!copy)
                return -ENOMEM;
        type = strstr(copy, key);
        text = type ? strstr(type, timestamp) : NULL;
        if (!text)
                return -EBADMSG;
        type += strlen(key);
        length = strcspn(type, " ");
        if (length >= sizeof(name))
                return -EBADMSG;
        *((char *) mempcpy(name, type, length)) = '\0';
        number = audit_name_to_msg_type(name);
        return number < 0 ? 0 : audit_decode_typed(number, text, strlen(text), ret_record);
}

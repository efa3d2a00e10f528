/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/escape.h"
#include "base/strings.h"

static const char *const severity_names[DIAG_SEVERITY_MAX] = {
        [DIAG_ERROR] = "error",
        [DIAG_WARNING] = "warning",
        [DIAG_NOTE] = "note",
};

static const char *const severity_colors[DIAG_SEVERITY_MAX] = {
        [DIAG_ERROR] = "\033[1;31m",
        [DIAG_WARNING] = "\033[1;35m",
        [DIAG_NOTE] = "\033[1;36m",
};

const char *diag_severity_to_string(DiagSeverity severity)
{
        return severity < DIAG_SEVERITY_MAX ? severity_names[severity] : "error";
}

static void diag_done(Diag *d)
{
        free(d->source);
        free(d->message);
        free(d->hint);
        *d = (Diag){ 0 };
}

void diag_list_done(DiagList *list)
{
        for (size_t i = 0; i < list->count; i++)
                diag_done(&list->items[i]);
        free(list->items);
        *list = (DiagList){ 0 };
}

static int diag_list_push(DiagList *list, Diag *d)
{
        if (d->severity == DIAG_ERROR)
                list->errors++;
        if (list->count >= DIAG_LIST_MAX) {
                list->dropped++;
                diag_done(d);
                return 0;
        }
        if ((list->count & (list->count - 1)) == 0) {
                size_t allocated = list->count == 0 ? 1 : list->count * 2;
                Diag *items = reallocarray(list->items, allocated, sizeof(Diag));

                if (!items)
                        return -ENOMEM;
                list->items = items;
        }
        list->items[list->count++] = *d;
        *d = (Diag){ 0 };
        return 0;
}

static int copy_string(const char *string, char **ret_copy)
{
        char *copy = NULL;

        if (string) {
                copy = strdup(string);
                if (!copy)
                        return -ENOMEM;
                string_make_utf8(copy);
        }
        *ret_copy = copy;
        return 0;
}

int diag_add(DiagList *list, DiagSeverity severity, const char *code, DiagPlace place,
                const char *hint, const char *format, ...)
{
        _cleanup_(diag_done) Diag d = {
                .severity = severity,
                .line = place.line,
                .column = place.column,
        };
        va_list args;
        int r;

        (void) snprintf(d.code, sizeof(d.code), "%s", code);
        if (copy_string(place.source, &d.source) < 0 || copy_string(hint, &d.hint) < 0)
                return -ENOMEM;
        va_start(args, format);
        r = vasprintf(&d.message, format, args);
        va_end(args);
        if (r < 0) {
                d.message = NULL;
                return -ENOMEM;
        }
        string_make_utf8(d.message);
        r = diag_list_push(list, &d);
        if (r < 0)
                return r;
        return severity == DIAG_ERROR ? -EBADMSG : 0;
}

int diag_list_merge(DiagList *list, DiagList *from)
{
        for (size_t i = 0; i < from->count; i++) {
                int r = diag_list_push(list, &from->items[i]);

                if (r < 0)
                        return r;
        }
        list->dropped += from->dropped;
        diag_list_done(from);
        return 0;
}

static bool diag_equal(const Diag *a, const Diag *b)
{
        return a->line == b->line && a->column == b->column && strcmp(a->code, b->code) == 0 &&
               string_equal(a->source, b->source) && string_equal(a->message, b->message);
}

static bool diag_list_contains(const DiagList *list, const Diag *d)
{
        for (size_t i = 0; i < list->count; i++)
                if (diag_equal(&list->items[i], d))
                        return true;
        return false;
}

int diag_list_merge_unique(DiagList *list, DiagList *from)
{
        for (size_t i = 0; i < from->count; i++) {
                int r;

                if (diag_list_contains(list, &from->items[i]))
                        continue;
                r = diag_list_push(list, &from->items[i]);
                if (r < 0)
                        return r;
        }
        list->dropped += from->dropped;
        diag_list_done(from);
        return 0;
}

json_t *diag_list_to_json(const DiagList *list)
{
        json_t *array = json_array();

        for (size_t i = 0; array && i < list->count; i++) {
                const Diag *d = &list->items[i];
                json_t *item = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:s, s:s?}", "severity",
                                diag_severity_to_string(d->severity), "code", d->code, "source",
                                d->source, "line", (json_int_t) d->line, "column",
                                (json_int_t) d->column, "message", d->message, "hint", d->hint);

                if (!item || json_array_append_new(array, item) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return array;
}

static DiagSeverity diag_severity_from_string(const char *name)
{
        for (DiagSeverity i = 0; i < DIAG_SEVERITY_MAX; i++)
                if (strcmp(severity_names[i], name) == 0)
                        return i;
        return DIAG_ERROR;
}

static int diag_from_json(const json_t *json, DiagList *list)
{
        const char *severity = json_string_value(json_object_get(json, "severity"));
        const char *code = json_string_value(json_object_get(json, "code"));
        const char *message = json_string_value(json_object_get(json, "message"));
        DiagPlace place = {
                .source = json_string_value(json_object_get(json, "source")),
                .line = (uint32_t) json_integer_value(json_object_get(json, "line")),
                .column = (uint32_t) json_integer_value(json_object_get(json, "column")),
        };
        int r;

        if (!severity || !code || !message)
                return -EBADMSG;
        r = diag_add(list, diag_severity_from_string(severity), code, place,
                        json_string_value(json_object_get(json, "hint")), "%s", message);
        return r == -EBADMSG ? 0 : r;
}

int diag_list_from_json(const json_t *json, DiagList *ret_list)
{
        _cleanup_diags_ DiagList list = { 0 };
        const json_t *item;
        size_t i;

        if (!json_is_array(json))
                return -EBADMSG;
        json_array_foreach (json, i, item) {
                int r = diag_from_json(item, &list);

                if (r < 0)
                        return r;
        }
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

/* Fragments and lists bring their own characters into messages; a terminal must not obey them. */
static void print_clean(const char *text, FILE *file)
{
        _cleanup_free_ char *clean = escape_text(text, strlen(text), ESCAPE_KEEP_BACKSLASH);

        fputs(clean ?: "?", file);
}

static void diag_print(const Diag *d, FILE *file, bool color)
{
        if (d->source) {
                print_clean(d->source, file);
                fputc(':', file);
        }
        if (d->source && d->line > 0)
                fprintf(file, "%u:", d->line);
        if (d->source && d->line > 0 && d->column > 0)
                fprintf(file, "%u:", d->column);
        fprintf(file, "%s%s%s:%s ", d->source ? " " : "", color ? severity_colors[d->severity] : "",
                        diag_severity_to_string(d->severity), color ? "\033[0m" : "");
        print_clean(d->message, file);
        fprintf(file, " [%s]\n", d->code);
        if (d->hint) {
                fputs("  hint: ", file);
                print_clean(d->hint, file);
                fputc('\n', file);
        }
}

void diag_list_print(const DiagList *list, FILE *file, bool color)
{
        for (size_t i = 0; i < list->count; i++)
                diag_print(&list->items[i], file, color);
        if (list->dropped > 0)
                fprintf(file, "… and %zu more diagnostics\n", list->dropped);
}

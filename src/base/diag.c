/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/strings.h"

static const char *const severity_names[DIAG_SEVERITY_MAX] = {
        [DIAG_ERROR] = "error",
        [DIAG_WARNING] = "warning",
        [DIAG_NOTE] = "note",
};

const char *diag_severity_to_string(DiagSeverity severity)
{
        return severity < DIAG_SEVERITY_MAX ? severity_names[severity] : "error";
}

DiagSeverity diag_severity_from_string(const char *name)
{
        for (DiagSeverity i = 0; i < DIAG_SEVERITY_MAX; i++)
                if (strcmp(severity_names[i], name) == 0)
                        return i;
        return DIAG_ERROR;
}

static void related_done(DiagRelated *related)
{
        free((char *) related->place.source);
        free(related->excerpt.text);
        free(related->message);
        *related = (DiagRelated){ 0 };
}

static void edit_done(DiagEdit *edit)
{
        free(edit->text);
        free(edit->old);
        *edit = (DiagEdit){ 0 };
}

static void give_up_fix(Diag *d)
{
        for (size_t i = 0; i < d->n_edits; i++)
                edit_done(&d->edits[i]);
        free(TAKE_PTR(d->edits));
        d->n_edits = 0;
        d->unfixable = true;
}

static void diag_done(Diag *d)
{
        for (size_t i = 0; i < d->n_related; i++)
                related_done(&d->related[i]);
        free(d->related);
        give_up_fix(d);
        free(d->source);
        free(d->excerpt.text);
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
                .end_line = place.end_line,
                .end_column = place.end_column,
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

/* NULL when it was dropped: a list that is full stays full. */
static Diag *last_diag(DiagList *list)
{
        return list->count > 0 && list->dropped == 0 ? &list->items[list->count - 1] : NULL;
}

void diag_relate(DiagList *list, DiagPlace place, const char *format, ...)
{
        _cleanup_(related_done) DiagRelated related = { .place = place };
        Diag *d = last_diag(list);
        DiagRelated *all;
        char *source = NULL;
        va_list args;
        int r;

        related.place.source = NULL;
        if (!d || d->n_related >= DIAG_RELATED_MAX || copy_string(place.source, &source) < 0)
                return;
        related.place.source = source;
        va_start(args, format);
        r = vasprintf(&related.message, format, args);
        va_end(args);
        if (r < 0) {
                related.message = NULL;
                return;
        }
        string_make_utf8(related.message);
        all = reallocarray(d->related, d->n_related + 1, sizeof(DiagRelated));
        if (!all)
                return;
        d->related = all;
        all[d->n_related++] = TAKE_STRUCT(related);
}

void diag_suggest(DiagList *list, DiagPlace place, const char *text)
{
        _cleanup_(edit_done) DiagEdit edit = { .place = place };
        Diag *d = last_diag(list);
        DiagEdit *edits;

        if (!d || d->unfixable || place.line == 0 || place.end_line == 0)
                return;
        edit.place.source = NULL;
        if (d->n_edits >= DIAG_EDITS_MAX || copy_string(text, &edit.text) < 0) {
                give_up_fix(d);
                return;
        }
        edits = reallocarray(d->edits, d->n_edits + 1, sizeof(DiagEdit));
        if (!edits) {
                give_up_fix(d);
                return;
        }
        d->edits = edits;
        edits[d->n_edits++] = TAKE_STRUCT(edit);
}

DiagPlace diag_place_behind(DiagPlace place)
{
        place.line = place.end_line;
        place.column = place.end_column;
        return place;
}

DiagPlace diag_place_before(DiagPlace place)
{
        place.end_line = place.line;
        place.end_column = place.column;
        return place;
}

/* Columns count characters: the further bytes of one do not. */
static DiagPlace advance(DiagPlace place, const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                place.line += text[i] == '\n';
                place.column = text[i] == '\n'            ? 1
                               : (text[i] & 0xc0) == 0x80 ? place.column
                                                          : place.column + 1;
        }
        return place;
}

DiagPlace diag_place_in(DiagPlace start, const char *text, size_t offset, size_t size)
{
        DiagPlace place = advance(start, text, offset), end = advance(place, text + offset, size);

        place.end_line = end.line;
        place.end_column = end.column;
        return place;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/diag.h"
#include "base/json.h"

static int set(json_t *object, const char *key, json_t *value)
{
        return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

static int set_text(json_t *object, const char *key, const char *text)
{
        return set(object, key, text ? json_string(text) : json_null());
}

static int set_place(json_t *object, const DiagPlace *place)
{
        int r = set(object, "line", json_integer(place->line));

        if (r >= 0)
                r = set(object, "column", json_integer(place->column));
        if (r >= 0)
                r = set(object, "end_line", json_integer(place->end_line));
        return r < 0 ? r : set(object, "end_column", json_integer(place->end_column));
}

static int set_excerpt(json_t *object, const DiagExcerpt *excerpt)
{
        int r = set_text(object, "excerpt", excerpt->text);

        return r < 0 ? r
                     : set(object, "excerpt_column",
                                       excerpt->text ? json_integer(excerpt->column) : json_null());
}

static json_t *related_to_json(const DiagRelated *related)
{
        _cleanup_json_ json_t *object = json_object();

        if (!object || set_text(object, "source", related->place.source) < 0 ||
                        set_place(object, &related->place) < 0 ||
                        set_excerpt(object, &related->excerpt) < 0 ||
                        set_text(object, "message", related->message) < 0)
                return NULL;
        return TAKE_PTR(object);
}

static json_t *edit_to_json(const DiagEdit *edit)
{
        _cleanup_json_ json_t *object = json_object();

        if (!object || set_place(object, &edit->place) < 0 ||
                        set_text(object, "text", edit->text) < 0 ||
                        set_text(object, "old", edit->old) < 0)
                return NULL;
        return TAKE_PTR(object);
}

static int set_related(json_t *object, const Diag *d)
{
        json_t *list = d->n_related > 0 ? json_array() : json_null();
        int r = set(object, "related", list);

        for (size_t i = 0; r >= 0 && i < d->n_related; i++)
                if (json_array_append_new(list, related_to_json(&d->related[i])) < 0)
                        r = -ENOMEM;
        return r;
}

static int set_fix(json_t *object, const Diag *d)
{
        json_t *list = d->n_edits > 0 ? json_array() : json_null();
        int r = set(object, "fix", list);

        for (size_t i = 0; r >= 0 && i < d->n_edits; i++)
                if (json_array_append_new(list, edit_to_json(&d->edits[i])) < 0)
                        r = -ENOMEM;
        return r;
}

static json_t *diag_to_json(const Diag *d)
{
        DiagPlace place = { NULL, d->line, d->column, d->end_line, d->end_column };
        _cleanup_json_ json_t *object = json_pack("{s:s, s:s, s:s?}", "severity",
                        diag_severity_to_string(d->severity), "code", d->code, "source", d->source);

        if (!object || set_place(object, &place) < 0 ||
                        set_text(object, "message", d->message) < 0 ||
                        set_text(object, "hint", d->hint) < 0 ||
                        set_excerpt(object, &d->excerpt) < 0 || set_related(object, d) < 0 ||
                        set_fix(object, d) < 0)
                return NULL;
        return TAKE_PTR(object);
}

json_t *diag_list_to_json(const DiagList *list)
{
        _cleanup_json_ json_t *array = json_array();

        for (size_t i = 0; array && i < list->count; i++)
                if (json_array_append_new(array, diag_to_json(&list->items[i])) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

static const char *get_text(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

static uint32_t get_number(const json_t *object, const char *key)
{
        json_int_t value = json_integer_value(json_object_get(object, key));

        return value > 0 && value <= UINT32_MAX ? (uint32_t) value : 0;
}

static DiagPlace get_place(const json_t *object)
{
        return (DiagPlace){
                .source = get_text(object, "source"),
                .line = get_number(object, "line"),
                .column = get_number(object, "column"),
                .end_line = get_number(object, "end_line"),
                .end_column = get_number(object, "end_column"),
        };
}

static void get_excerpt(const json_t *object, DiagExcerpt *excerpt)
{
        const char *text = get_text(object, "excerpt");

        excerpt->text = text ? strdup(text) : NULL;
        excerpt->column = get_number(object, "excerpt_column");
}

static void read_related(const json_t *list, DiagList *diags, size_t index)
{
        const json_t *item;
        size_t i;

        json_array_foreach (list, i, item) {
                size_t before = diags->items[index].n_related;

                diag_relate(diags, get_place(item), "%s", get_text(item, "message") ?: "");
                if (diags->items[index].n_related > before)
                        get_excerpt(item, &diags->items[index].related[before].excerpt);
        }
}

static void read_fix(const json_t *list, DiagList *diags, size_t index)
{
        const json_t *item;
        size_t i;

        json_array_foreach (list, i, item) {
                size_t before = diags->items[index].n_edits;
                const char *old = get_text(item, "old");

                diag_suggest(diags, get_place(item), get_text(item, "text") ?: "");
                if (old && diags->items[index].n_edits > before)
                        diags->items[index].edits[before].old = strdup(old);
        }
}

static int diag_from_json(const json_t *json, DiagList *list)
{
        const char *severity = get_text(json, "severity"), *code = get_text(json, "code");
        const char *message = get_text(json, "message");
        size_t index = list->count;
        int r;

        if (!severity || !code || !message)
                return -EBADMSG;
        r = diag_add(list, diag_severity_from_string(severity), code, get_place(json),
                        get_text(json, "hint"), "%s", message);
        if (r < 0 && r != -EBADMSG)
                return r;
        if (list->count > index) {
                get_excerpt(json, &list->items[index].excerpt);
                read_related(json_object_get(json, "related"), list, index);
                read_fix(json_object_get(json, "fix"), list, index);
        }
        return 0;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics: what a parser, a check or an operation has to say about its input. They collect in a
 * list, so that one run reports everything, and the same list becomes terminal text, JSON or a
 * D-Bus dictionary.
 *
 * Codes are stable (E… errors, W… warnings, N… notes); each names one kind of mistake and is never
 * used for another. They stand in base/diag-code.h and core/policy/code.h.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

/* Further diagnostics are counted in DiagList.dropped only: bad input must not use up memory. */
#define DIAG_LIST_MAX 1000

typedef enum DiagSeverity {
        DIAG_ERROR,
        DIAG_WARNING,
        DIAG_NOTE,
        DIAG_SEVERITY_MAX,
} DiagSeverity;

/*
 * Where something stands. Lines and columns count from 1, columns in characters; 0 means unknown.
 * The end is the place behind the last character. Borrows `source`.
 */
typedef struct DiagPlace {
        const char *source;
        uint32_t line;
        uint32_t column;
        uint32_t end_line;
        uint32_t end_column;
} DiagPlace;

/* A line of the source, or the part of a long one around the place; text NULL: none. */
typedef struct DiagExcerpt {
        char *text;
        uint32_t column; /* of its first character */
} DiagExcerpt;

/* Another place that has to do with it: where the same name was used first. */
typedef struct DiagRelated {
        DiagPlace place; /* owns its source */
        DiagExcerpt excerpt;
        char *message;
} DiagRelated;

/* A piece of a fix: what stands between the ends of the place is replaced by text. */
typedef struct DiagEdit {
        DiagPlace place; /* in the diagnostic's own source; its `source` is NULL */
        char *text;
        char *old; /* what stands there now; NULL: not known */
} DiagEdit;

typedef struct Diag {
        DiagSeverity severity;
        char code[8];
        char *source;
        uint32_t line;
        uint32_t column;
        uint32_t end_line;
        uint32_t end_column;
        DiagExcerpt excerpt;
        char *message; /* one sentence without full stop: object and cause */
        char *hint;    /* what to do next, or NULL */
        DiagRelated *related;
        size_t n_related;
        DiagEdit *edits; /* of the suggested fix, in the order of their places */
        size_t n_edits;
        bool unfixable; /* the fix would be too long */
} Diag;

typedef struct DiagList {
        Diag *items;
        size_t count;
        size_t errors; /* how many errors there were, dropped ones included */
        size_t dropped;
} DiagList;

void diag_list_done(DiagList *list);

/*
 * Adds one diagnostic; everything is copied, with '?' for bytes that are no UTF-8. `hint` may be
 * NULL. Returns -EBADMSG for an error, so
 * that a parser can `return diag_error(…)`, else 0; -ENOMEM when memory is short.
 */
int diag_add(DiagList *list, DiagSeverity severity, const char *code, DiagPlace place,
                const char *hint, const char *format, ...) _printf_(6, 7);

#define diag_error(list, code, place, hint, ...)                                                   \
        diag_add(list, DIAG_ERROR, code, place, hint, __VA_ARGS__)
#define diag_warning(list, code, place, hint, ...)                                                 \
        diag_add(list, DIAG_WARNING, code, place, hint, __VA_ARGS__)

/*
 * What belongs to the diagnostic that was added last. Everything is copied; a want of memory, and
 * what is above the limits, leaves it out. diag_suggest() adds a piece to the fix of it: a machine
 * may apply all pieces together, so they must not overlap and come in the order of their places; a
 * piece above the limit takes the whole fix back.
 */
#define DIAG_RELATED_MAX 8
#define DIAG_EDITS_MAX 1000
void diag_relate(DiagList *list, DiagPlace place, const char *format, ...) _printf_(3, 4);
void diag_suggest(DiagList *list, DiagPlace place, const char *text);

/* The empty place behind, and before, another one: where text can be inserted. */
DiagPlace diag_place_behind(DiagPlace place);
DiagPlace diag_place_before(DiagPlace place);

/* The place of `size` bytes behind `offset` ones of text, which begins at start. */
DiagPlace diag_place_in(DiagPlace start, const char *text, size_t offset, size_t size);

/*
 * Shows the lines of all diagnostics from `first` on that stand in source, whose text this is. A
 * diagnostic keeps a copy of its line, so that the source can go.
 */
void diag_list_add_excerpts(
                DiagList *list, size_t first, const char *source, const char *text, size_t size);

/* Moves all of `from` to the end of `list`; `from` is empty afterwards. */
int diag_list_merge(DiagList *list, DiagList *from);

/* The same, less what list already says of the same place in the same words. */
int diag_list_merge_unique(DiagList *list, DiagList *from);

/*
 * [{severity, code, source, line, column, end_line, end_column, message, hint, excerpt,
 * excerpt_column, related: [{source, line, …, message}], fix: [{line, column, end_line,
 * end_column, text, old}]}]; absent parts are null. NULL: no memory.
 */
json_t *diag_list_to_json(const DiagList *list);

/* The inverse; unknown keys are ignored, a malformed item is -EBADMSG. */
int diag_list_from_json(const json_t *json, DiagList *ret_list);

/*
 * "source:line:column: error: message [code]", and below it the line with what is meant underlined,
 * the hint, the fix and the related places.
 */
void diag_list_print(const DiagList *list, FILE *file, bool color);

const char *diag_severity_to_string(DiagSeverity severity);
DiagSeverity diag_severity_from_string(const char *name); /* DIAG_ERROR when it is none */

#define _cleanup_diags_ _cleanup_(diag_list_done)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics: what a parser, a check or an operation has to say about its input. They collect in a
 * list, so that one run reports everything, and the same list becomes terminal text, JSON or a
 * D-Bus dictionary.
 *
 * Codes are stable ("E001" … errors, "W001" … warnings); each names one kind of mistake and is
 * never used for another.
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

/* Where something stands. Lines and columns count from 1; 0 means unknown. Borrows `source`. */
typedef struct DiagPlace {
        const char *source;
        uint32_t line;
        uint32_t column;
} DiagPlace;

typedef struct Diag {
        DiagSeverity severity;
        char code[8];
        char *source;
        uint32_t line;
        uint32_t column;
        char *message; /* one sentence without full stop: object and cause */
        char *hint;    /* what to do next, or NULL */
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

/* Moves all of `from` to the end of `list`; `from` is empty afterwards. */
int diag_list_merge(DiagList *list, DiagList *from);

/* The same, less what list already says of the same place in the same words. */
int diag_list_merge_unique(DiagList *list, DiagList *from);

/* [{severity, code, source, line, column, message, hint}]; absent parts are null. NULL: no memory.
 */
json_t *diag_list_to_json(const DiagList *list);

/* The inverse; unknown keys are ignored, a malformed item is -EBADMSG. */
int diag_list_from_json(const json_t *json, DiagList *ret_list);

/* "source:line:column: error: message [code]", the hint on a line of its own. */
void diag_list_print(const DiagList *list, FILE *file, bool color);

const char *diag_severity_to_string(DiagSeverity severity);

#define _cleanup_diags_ _cleanup_(diag_list_done)

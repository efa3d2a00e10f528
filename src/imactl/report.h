/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a verb ends: with a result (a JSON object, rendered as text or printed as it is) or with an
 * error (a message on stderr, or a JSON object). With --json one JSON object is all that reaches
 * stdout.
 */
#pragma once

#include "base/exit-code.h"
#include "imactl/arguments.h"
#include "imactl/terminal.h"

/* Writes a result as text. */
typedef void (*Renderer)(const json_t *result, const Arguments *args, FILE *file, Style style);

/* An error before it is reported. Borrows everything. */
typedef struct Failure {
        ExitCode code;
        const char *name;          /* D-Bus error name; NULL: the one that fits the code */
        const char *message;       /* one sentence without full stop */
        const char *hint;          /* or NULL */
        const json_t *diagnostics; /* or NULL */
} Failure;

/* Reports and returns failure->code. */
ExitCode report_failure(const Arguments *args, const Failure *failure);

/* The same for the usual case, with a formatted message. */
ExitCode report_error(const Arguments *args, ExitCode code, const char *hint, const char *format,
                ...) _printf_(4, 5);

/*
 * Ends a verb whose result came from imad-worker or a job: diagnostics go to stderr, the rest
 * through renderer to stdout. A result with a member "error", or a failing code that is not the
 * verb's answer (VERB_VERDICT), is an error. Returns the exit code.
 */
ExitCode report_result(
                const Arguments *args, const json_t *result, ExitCode code, Renderer renderer);

/* Members of results, which may be absent or of another type. */
const char *result_get_string(const json_t *object, const char *key); /* NULL: none */
uint64_t result_get_number(const json_t *object, const char *key);    /* 0: none */
bool result_get_bool(const json_t *object, const char *key);          /* false: none */

/* Escapes for the stream's locale; "" when text is NULL. The caller frees. */
char *result_escape(const char *text, Style style);

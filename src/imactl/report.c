/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/report.h"

#include <stdarg.h>

#include "base/diag.h"
#include "base/escape.h"
#include "bus/error.h"
#include "imactl/pager.h"
#include "imactl/verbs.h"

const char *result_get_string(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

uint64_t result_get_number(const json_t *object, const char *key)
{
        json_int_t value = json_integer_value(json_object_get(object, key));

        return value > 0 ? (uint64_t) value : 0;
}

bool result_get_bool(const json_t *object, const char *key)
{
        return json_is_true(json_object_get(object, key));
}

char *result_escape(const char *text, Style style)
{
        text = text ?: "";
        return escape_text(text, strlen(text), style.utf8 ? 0 : ESCAPE_ASCII);
}

static void print_diagnostics(const Arguments *args, const json_t *json)
{
        _cleanup_diags_ DiagList diags = { 0 };

        if (!json || diag_list_from_json(json, &diags) < 0)
                return;
        if (!arguments_have(args, OPTION_QUIET) || diags.errors > 0)
                diag_list_print(&diags, stderr, style_get(stderr).color);
}

static ExitCode print_failure_json(const Arguments *args, const Failure *f)
{
        _cleanup_json_ json_t *json = json_pack("{s:{s:s, s:s, s:s?, s:O}}", "error", "name",
                        f->name ?: bus_error_from_exit_code(f->code), "message", f->message, "hint",
                        f->hint, "diagnostics", f->diagnostics);

        if (!json || json_print(json, args->json, stdout) < 0)
                return EXIT_CODE_FAILURE;
        return f->code;
}

ExitCode report_failure(const Arguments *args, const Failure *failure)
{
        Style style = style_get(stderr);

        if (args->json != JSON_OFF) {
                _cleanup_json_ json_t *none = json_array();
                Failure f = *failure;

                f.diagnostics = f.diagnostics ?: none;
                return print_failure_json(args, &f);
        }
        pager_close();
        print_diagnostics(args, failure->diagnostics);
        fprintf(stderr, "%simactl:%s %s\n", style_begin(style, TONE_BAD),
                        style_end(style, TONE_BAD), failure->message);
        if (failure->hint)
                fprintf(stderr, "  hint: %s\n", failure->hint);
        return failure->code;
}

ExitCode report_error(
                const Arguments *args, ExitCode code, const char *hint, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list list;
        int r;

        va_start(list, format);
        r = vasprintf(&message, format, list);
        va_end(list);
        if (r < 0)
                message = NULL;
        return report_failure(args, &(Failure){ .code = code,
                                                    .hint = hint,
                                                    .message = message ?: "no memory" });
}

static ExitCode report_result_error(const Arguments *args, const json_t *result, ExitCode code)
{
        const json_t *error = json_object_get(result, "error");
        const char *name = result_get_string(error, "name");
        const json_t *diagnostics = json_object_get(result, "diagnostics")
                                                    ?: json_object_get(error, "diagnostics");

        if (code == EXIT_CODE_OK)
                code = bus_error_to_exit_code(name ?: "");
        return report_failure(args,
                        &(Failure){
                                        .code = code,
                                        .name = name,
                                        .message = result_get_string(error, "message")
                                                                   ?: exit_code_describe(code),
                                        .hint = result_get_string(error, "hint"),
                                        .diagnostics = diagnostics,
                        });
}

ExitCode report_result(
                const Arguments *args, const json_t *result, ExitCode code, Renderer renderer)
{
        bool answer = code == EXIT_CODE_OK || (args->verb->flags & VERB_VERDICT);
        const json_t *diagnostics = json_object_get(result, "diagnostics");

        if (!answer || json_is_object(json_object_get(result, "error")))
                return report_result_error(args, result, code);
        if (args->json != JSON_OFF) {
                if (json_print(result, args->json, stdout) < 0)
                        return EXIT_CODE_FAILURE;
        } else {
                bool page = (args->verb->flags & VERB_PAGER) && json_array_size(diagnostics) == 0;
                Style style = style_get(stdout);

                print_diagnostics(args, diagnostics);
                if (page)
                        pager_open(args);
                renderer(result, args, stdout, style);
                pager_close();
                if ((fflush(stdout) == EOF || ferror(stdout)) && code == EXIT_CODE_OK)
                        code = EXIT_CODE_FAILURE;
        }
        if (code == EXIT_CODE_OK && arguments_have(args, OPTION_DETAILED_EXITCODE) &&
                        result_get_bool(result, "changed"))
                return EXIT_CODE_CHANGED;
        return code;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of imad-worker ($IMAD_WORKER) over a temporary root directory. */
#pragma once

#include <criterion/criterion.h>
#include <sys/wait.h>

#include "base/exit-code.h"
#include "base/json.h"
#include "fixture-root.h"

typedef struct Run {
        ExitCode code;
        json_t *json;
} Run;

static inline void run_done(Run *run)
{
        json_decref(run->json);
}

#define _cleanup_run_ _cleanup_(run_done)

/* prefix is put before the command, as a shell takes it. */
static inline Run run_with(const FixtureRoot *root, const char *prefix, const char *arguments)
{
        _cleanup_free_ char *command = NULL, *text = NULL;
        Run result = { 0 };
        size_t size;
        FILE *pipe;
        int status;

        cr_assert_geq(asprintf(&command, "%s \"$IMAD_WORKER\" --root=%s %s", prefix, root->path,
                                      arguments),
                        0);
        pipe = popen(command, "re"); /* NOLINT(cert-env33-c): the command is our own */
        cr_assert_not_null(pipe);
        cr_assert_eq(fs_read_fd(fileno(pipe), 1U << 20, &text, &size), 0);
        status = pclose(pipe);
        cr_assert(WIFEXITED(status), "%s crashed", arguments);
        result.code = (ExitCode) WEXITSTATUS(status);
        if (size > 0)
                cr_assert_eq(json_parse(text, size, &result.json), 0, "%s: %s", arguments, text);
        return result;
}

static inline Run run(const FixtureRoot *root, const char *arguments)
{
        return run_with(root, "", arguments);
}

/* No file can grow. */
static inline Run run_limited(const FixtureRoot *root, const char *arguments)
{
        return run_with(root, "ulimit -f 0;", arguments);
}

static inline ExitCode run_code(const FixtureRoot *root, const char *arguments)
{
        _cleanup_run_ Run result = run(root, arguments);

        return result.code;
}

static inline const char *get_string(const json_t *json, const char *key)
{
        return json_string_value(json_object_get(json, key));
}

static inline json_int_t get_number(const Run *run, const char *key)
{
        return json_integer_value(json_object_get(run->json, key));
}

static inline bool get_bool(const Run *run, const char *key)
{
        return json_is_true(json_object_get(run->json, key));
}

static inline const json_t *get_item(const Run *run, const char *key, size_t i)
{
        return json_array_get(json_object_get(run->json, key), i);
}

static inline bool has_code(const Run *run, const char *code)
{
        const json_t *item;
        size_t i;

        json_array_foreach (json_object_get(run->json, "diagnostics"), i, item)
                if (string_equal(get_string(item, "code"), code))
                        return true;
        return false;
}

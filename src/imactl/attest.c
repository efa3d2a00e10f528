/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/verbs.h"
#include "imactl/worker.h"

static const struct {
        const char *result;
        Tone tone;
} results[] = {
        {"passed",   TONE_GOOD },
        { "failed",  TONE_BAD  },
        { "skipped", TONE_FAINT},
};

/* What each check is about; the order is the worker's. */
static const struct {
        const char *check;
        const char *text;
} checks[] = {
        {"key",              "the key is one that a TPM attests with, and the expected one"},
        { "signature",       "the quote is signed with that key"                           },
        { "nonce",           "the quote answers this nonce"                                },
        { "pcrs",            "the PCR values are the quoted ones"                          },
        { "event-log",       "the event log gives the firmware's PCRs"                     },
        { "list",            "the measurement list gives PCR 10 in every quoted bank"      },
        { "boot-aggregate",  "the measurement list is of the boot that was quoted"         },
        { "entries",         "every attested entry can be read and fits its digest"        },
        { "file-signatures", "every signature of a file is good"                           },
        { "allow-list",      "every file is on the allow list, or signed"                  },
};

static const struct {
        const char *status;
        Tone tone;
        const char *text;
} statuses[] = {
        {"verified",    TONE_GOOD, "verified"                                       },
        { "consistent", TONE_WARN, "consistent, but nobody says whose key signed it"},
        { "refuted",    TONE_BAD,  "REFUTED"                                        },
        { "malformed",  TONE_BAD,  "malformed: it cannot be checked"                },
};

static const char *find_check_text(const char *check)
{
        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                if (string_equal(checks[i].check, check))
                        return checks[i].text;
        return check;
}

static void render_checks(const json_t *result, FILE *file, Style style)
{
        const json_t *array = json_object_get(result, "checks"), *check;
        size_t i;

        json_array_foreach (array, i, check) {
                const char *state = result_get_string(check, "result");
                size_t j = 0;

                while (j < ELEMENTSOF(results) - 1 && !string_equal(results[j].result, state))
                        j++;
                fprintf(file, "%s%s%s %s%s\n", style_begin(style, results[j].tone),
                                style_mark(style, results[j].tone),
                                style_end(style, results[j].tone),
                                string_equal(state, "skipped") ? "not checked: " : "",
                                find_check_text(result_get_string(check, "check")) ?: "");
        }
}

static void render_verify(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const char *status = result_get_string(result, "status");
        const json_t *key = json_object_get(result, "key");
        const char *failed = result_get_string(result, "failed");
        size_t i = 0;

        if (arguments_have(args, OPTION_QUIET))
                return;
        while (i < ELEMENTSOF(statuses) - 1 && !string_equal(statuses[i].status, status))
                i++;
        render_checks(result, file, style);
        if (key)
                fprintf(file,
                                "%" PRIu64 " of %" PRIu64 " entries attested, %" PRIu64
                                " violation%s; key %s %s\n",
                                result_get_number(result, "attested"),
                                result_get_number(result, "entries"),
                                result_get_number(result, "violations"),
                                plural(result_get_number(result, "violations")),
                                result_get_string(key, "type") ?: "?",
                                result_get_string(key, "fingerprint") ?: "?");
        fprintf(file, "%sThe evidence is %s.%s", style_begin(style, statuses[i].tone),
                        statuses[i].text, style_end(style, statuses[i].tone));
        if (failed)
                fprintf(file, " The first thing wrong: %s.", failed);
        fputc('\n', file);
}

static void render_quote(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(result, "path"), style);
        const json_t *key = json_object_get(result, "key");

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(file, "Evidence written to %s.\nKey: %s %s\n", path ?: "",
                        result_get_string(key, "type") ?: "?",
                        result_get_string(key, "fingerprint") ?: "?");
        if (!result_get_bool(result, "event_log"))
                fputs("The firmware shows no event log; PCR 0 to 9 stand there unexplained.\n",
                                file);
}

static ExitCode require_nonce(const Arguments *args)
{
        if (arguments_have(args, OPTION_NONCE))
                return EXIT_CODE_OK;
        return report_error(args, EXIT_CODE_USAGE,
                        "the verifier chooses it anew each time: openssl rand -hex 20",
                        "--nonce= is missing");
}

ExitCode verb_attest_quote(const Arguments *args)
{
        ExitCode code = require_nonce(args);

        return code == EXIT_CODE_OK ? worker_run_verb(args, "attest-quote", render_quote) : code;
}

ExitCode verb_attest_verify(const Arguments *args)
{
        ExitCode code = require_nonce(args);

        return code == EXIT_CODE_OK ? worker_run_verb(args, "attest-verify", render_verify) : code;
}

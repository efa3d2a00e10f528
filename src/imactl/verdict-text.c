/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/verdict-text.h"

#include <inttypes.h>

#define ABBREVIATED_DIGITS 8
#define DEFAULT_PCR 10

/* The last row is also that of tokens this version does not know. */
static const VerdictText texts[] = {
        {"match",             TONE_GOOD,  "matches the measurement list",
         "the measurement list matches the TPM",                   EXIT_CODE_OK,            false},
        { "list-ahead",       TONE_WARN,  "stands at an earlier entry of the measurement list",
         "the TPM lacks the last entries of the measurement list", EXIT_CODE_MISMATCH,      true },
        { "pcr-ahead",        TONE_WARN,  "holds more than the measurement list shows so far",
         "the TPM is ahead of the measurement list",               EXIT_CODE_MISMATCH,      true },
        { "diverged",         TONE_BAD,   "does NOT match the measurement list",
         "the measurement list does NOT match the TPM",            EXIT_CODE_MISMATCH,      false},
        { "other-boot",       TONE_BAD,   "is of another boot than the measurement list",
         "the measurement list is of another boot than the TPM",   EXIT_CODE_MISMATCH,
         false                                                                                   },
        { "no-tpm",           TONE_WARN,  "cannot be read: there is no TPM",
         "without a TPM nothing vouches for the measurement list", EXIT_CODE_NOT_SUPPORTED, false},
        { "bank-unsupported", TONE_WARN,  "cannot be replayed: its hash is not available",
         "a TPM bank cannot be replayed",                          EXIT_CODE_NOT_SUPPORTED, false},
        { "unknown",          TONE_FAINT, "was not verified yet",
         "the measurement list was not verified yet",              EXIT_CODE_FAILURE,       false},
};

const VerdictText *verdict_text_find(const char *verdict)
{
        size_t i = 0;

        while (i < ELEMENTSOF(texts) - 1 && !string_equal(texts[i].verdict, verdict))
                i++;
        return &texts[i];
}

static void print_value(const char *value, FILE *file, Style style)
{
        size_t length = strlen(value);

        if (length > 2 * ABBREVIATED_DIGITS)
                fprintf(file, " (%.*s%s%s)", ABBREVIATED_DIGITS, value,
                                style_choose(style, "…", "..."),
                                value + length - ABBREVIATED_DIGITS);
}

static void print_difference(const json_t *bank, int indent, FILE *file, Style style)
{
        _cleanup_free_ char *value = result_escape(result_get_string(bank, "value"), style);
        _cleanup_free_ char *replayed = result_escape(result_get_string(bank, "replayed"), style);

        if (value && *value)
                fprintf(file, "%*s  TPM:  %s\n", indent, "", value);
        if (replayed && *replayed)
                fprintf(file, "%*s  list: %s\n", indent, "", replayed);
        /* Where they parted is behind it; one value alone cannot tell the place. */
        if (json_integer_value(json_object_get(bank, "confirmed")) > 0)
                fprintf(file, "%*s  both agreed at entry %" PRIu64 "\n", indent, "",
                                result_get_number(bank, "confirmed"));
}

static void print_bank(const json_t *bank, int indent, FILE *file, Style style)
{
        const VerdictText *text = verdict_text_find(result_get_string(bank, "verdict"));
        _cleanup_free_ char *algorithm = result_escape(result_get_string(bank, "algorithm"), style);
        _cleanup_free_ char *value = result_escape(result_get_string(bank, "value"), style);
        uint64_t pcr = result_get_number(bank, "pcr");

        fprintf(file, "%s%s%s %-6s ", style_begin(style, text->tone), style_mark(style, text->tone),
                        style_end(style, text->tone), algorithm ?: "");
        /* The other PCRs are for those who asked for them, by pcr= in a rule. */
        if (pcr != DEFAULT_PCR)
                fprintf(file, "PCR %" PRIu64 " ", pcr);
        fputs(text->text, file);
        if (text->tone == TONE_GOOD && value)
                print_value(value, file, style);
        fputc('\n', file);
        if (text->code == EXIT_CODE_MISMATCH || text->tone == TONE_FAINT)
                print_difference(bank, indent, file, style);
}

void verdict_text_print_banks(const json_t *banks, int indent, FILE *file, Style style)
{
        const json_t *bank;
        size_t i;

        json_array_foreach (banks, i, bank) {
                if (i > 0)
                        fprintf(file, "%*s", indent, "");
                print_bank(bank, indent, file, style);
        }
}

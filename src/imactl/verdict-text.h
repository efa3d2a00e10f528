/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdicts of a replay (core/measurements/verdict.h) in words, and the lines of its banks. */
#pragma once

#include "imactl/report.h"

typedef struct VerdictText {
        const char *verdict; /* token of D-Bus and JSON */
        Tone tone;
        const char *text; /* what a bank does: "matches the measurement list" */
        const char *summary;
        ExitCode code; /* of `measurements verify` */
        bool passing;  /* may be different a moment later, as the list grows */
} VerdictText;

/* Never NULL; unknown tokens and NULL are "unknown". */
const VerdictText *verdict_text_find(const char *verdict);

/*
 * One line per bank of [{algorithm, pcr, value, replayed, verdict}], each behind `indent` blanks
 * but the first; values in full where they differ.
 */
void verdict_text_print_banks(const json_t *banks, int indent, FILE *file, Style style);

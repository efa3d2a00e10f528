/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the terminal can show: colours, characters beyond ASCII, text from outside made harmless. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

typedef struct Style {
        bool color;
        bool utf8;
} Style;

/* Good, doubtful, bad, of no weight. */
typedef enum Tone {
        TONE_PLAIN,
        TONE_GOOD,
        TONE_WARN,
        TONE_BAD,
        TONE_FAINT,
        TONE_STRONG,
        TONE_MAX,
} Tone;

/* The style for a stream: colours on terminals only, not with NO_COLOR or TERM=dumb. */
Style style_get(FILE *file);

/* Escape sequences, or "" when there are no colours. */
const char *style_begin(Style style, Tone tone);
const char *style_end(Style style, Tone tone);

/* A mark that stands for the tone without colour, too. */
const char *style_mark(Style style, Tone tone);

/* Returns the first in UTF-8 locales, else the second. */
static inline const char *style_choose(Style style, const char *utf8, const char *ascii)
{
        return style.utf8 ? utf8 : ascii;
}

/*
 * Microseconds since the epoch as local time with zone; "never" for 0. Returns buffer.
 */
#define TERMINAL_TIME_MAX 64
const char *terminal_format_time(uint64_t usec, char buffer[static TERMINAL_TIME_MAX]);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/terminal.h"

#include <langinfo.h>
#include <time.h>

#include "base/strings.h"
#include "base/time.h"

static const struct {
        const char *sequence;
        const char *mark_utf8;
        const char *mark_ascii;
} tones[TONE_MAX] = {
        [TONE_PLAIN] = {"",            "○", "-"},
        [TONE_GOOD] = { "\033[1;32m", "✓", "+"},
        [TONE_WARN] = { "\033[1;33m", "!",   "!"},
        [TONE_BAD] = { "\033[1;31m", "✗", "x"},
        [TONE_FAINT] = { "\033[2m",    "○", "-"},
        [TONE_STRONG] = { "\033[1m",    "●", "*"},
};

static bool colors_wanted(void)
{
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        return !(no_color && *no_color) && !string_equal(term, "dumb");
}

Style style_get(FILE *file)
{
        return (Style){
                .color = isatty(fileno(file)) && colors_wanted(),
                .utf8 = string_equal(nl_langinfo(CODESET), "UTF-8"),
        };
}

const char *style_begin(Style style, Tone tone)
{
        return style.color ? tones[tone].sequence : "";
}

const char *style_end(Style style, Tone tone)
{
        return style.color && *tones[tone].sequence ? "\033[0m" : "";
}

const char *style_mark(Style style, Tone tone)
{
        return style_choose(style, tones[tone].mark_utf8, tones[tone].mark_ascii);
}

const char *terminal_format_time(uint64_t usec, char buffer[static TERMINAL_TIME_MAX])
{
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm;

        if (usec == 0 || !localtime_r(&seconds, &tm) ||
                        strftime(buffer, TERMINAL_TIME_MAX, "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                (void) snprintf(buffer, TERMINAL_TIME_MAX, "never");
        return buffer;
}

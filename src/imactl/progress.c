/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/progress.h"

#include "imactl/report.h"

#define BAR_WIDTH 24

Progress progress_new(const Arguments *args)
{
        return (Progress){
                .shown = isatty(STDERR_FILENO) && args->json == JSON_OFF &&
                         !arguments_have(args, OPTION_QUIET) &&
                         !string_equal(getenv("TERM"), "dumb"),
        };
}

void progress_update(Progress *progress, double fraction, const char *text)
{
        Style style = style_get(stderr);
        _cleanup_free_ char *clean = NULL;
        int filled;

        if (!progress->shown)
                return;
        clean = result_escape(text, style);
        filled = fraction < 0 ? 0 : (int) (fraction * BAR_WIDTH + 0.5);
        fputs("\r\033[K", stderr);
        for (int i = 0; i < BAR_WIDTH; i++)
                fputs(i < filled ? style_choose(style, "█", "#") : style_choose(style, "░", "."),
                                stderr);
        if (fraction >= 0)
                fprintf(stderr, " %3d %%", (int) (fraction * 100 + 0.5));
        fprintf(stderr, " %s", clean ?: "");
        (void) fflush(stderr);
        progress->visible = true;
}

void progress_done(Progress *progress)
{
        if (progress->visible)
                fputs("\r\033[K", stderr);
        progress->visible = false;
}

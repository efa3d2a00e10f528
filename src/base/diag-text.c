/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/diag.h"
#include "base/escape.h"
#include "base/strings.h"
#include "base/utf8.h"

#define TAB_CELLS 8
#define EDITS_SHOWN_MAX 3
#define EDIT_SHOWN_MAX 120 /* bytes of one text of a fix */

static const char *const severity_colors[DIAG_SEVERITY_MAX] = {
        [DIAG_ERROR] = "\033[1;31m",
        [DIAG_WARNING] = "\033[1;35m",
        [DIAG_NOTE] = "\033[1;36m",
};

/* Fragments and lists bring their own characters into messages; a terminal must not obey them. */
static void print_clean(const char *text, FILE *file)
{
        _cleanup_free_ char *clean = escape_text(text, strlen(text), ESCAPE_KEEP_BACKSLASH);

        fputs(clean ?: "?", file);
}

static void print_place(const DiagPlace *place, FILE *file)
{
        if (!place->source)
                return;
        print_clean(place->source, file);
        fputc(':', file);
        if (place->line > 0)
                fprintf(file, "%u:", place->line);
        if (place->line > 0 && place->column > 0)
                fprintf(file, "%u:", place->column);
        fputc(' ', file);
}

/* Prints one character as a terminal may see it; returns how many cells that takes. */
static size_t print_character(const char *text, size_t length, size_t cell, FILE *file)
{
        char shown[ESCAPE_MAX];
        uint32_t character = '?';

        if (*text == '\t') {
                size_t cells = TAB_CELLS - cell % TAB_CELLS;

                fprintf(file, "%*s", (int) cells, "");
                return cells;
        }
        (void) escape_character(text, length, ESCAPE_KEEP_BACKSLASH, shown);
        fputs(shown, file);
        (void) utf8_decode(text, length, &character);
        return strncmp(shown, text, length) == 0 ? utf8_cells(character) : strlen(shown);
}

typedef struct Underline {
        size_t start, end; /* cells */
} Underline;

/* Prints the line and measures where in it the place begins and ends. */
static Underline print_line(const DiagExcerpt *excerpt, const DiagPlace *place, FILE *file)
{
        uint32_t column = excerpt->column, character;
        Underline underline = { SIZE_MAX, SIZE_MAX };
        size_t cell = 0;

        for (const char *p = excerpt->text; *p; column++) {
                size_t length = utf8_decode(p, strlen(p), &character) ?: 1;

                if (column == place->column)
                        underline.start = cell;
                if (column == place->end_column && place->end_line == place->line)
                        underline.end = cell;
                cell += print_character(p, length, cell, file);
                p += length;
        }
        if (underline.start == SIZE_MAX)
                underline.start = cell;
        if (underline.end == SIZE_MAX)
                underline.end = place->end_line > 0 ? cell : 0;
        return underline;
}

static void print_excerpt(
                const DiagExcerpt *excerpt, const DiagPlace *place, const char *color, FILE *file)
{
        Underline underline;

        if (!excerpt->text)
                return;
        fprintf(file, "%5u |%s", place->line, *excerpt->text ? " " : "");
        underline = print_line(excerpt, place, file);
        fprintf(file, "\n      | %*s%s^", (int) underline.start, "", color ?: "");
        for (size_t i = underline.start + 1; i < underline.end; i++)
                fputc('~', file);
        fprintf(file, "%s\n", color ? "\033[0m" : "");
}

/* What joins the text to its neighbours is left out, a line end in it is a sign. */
static void print_edit_text(const char *text, FILE *file)
{
        size_t size;

        text += strspn(text, "\n ,");
        size = strlen(text) < EDIT_SHOWN_MAX ? strlen(text) : EDIT_SHOWN_MAX;
        while (size > 0 && strchr("\n ,", text[size - 1]))
                size--;
        for (const char *p = text; p < text + size;) {
                char shown[ESCAPE_MAX];

                if (*p == '\n') {
                        size_t blanks = strspn(p, "\n ");

                        fputs("⏎ ", file);
                        p += blanks;
                        continue;
                }
                p += escape_character(p, (size_t) (text + size - p), ESCAPE_KEEP_BACKSLASH, shown);
                fputs(shown, file);
        }
        if (text[size] && strspn(text + size, "\n ,") != strlen(text + size))
                fputs("…", file);
}

/* Indentation is counted, the rest is shown. */
static void print_piece(const char *text, FILE *file)
{
        size_t blanks = strspn(text, " ");

        if (text[blanks] == '\0')
                fprintf(file, "%zu blank%s", blanks, plural(blanks));
        else
                print_edit_text(text, file);
}

static void print_edit(const DiagEdit *edit, FILE *file)
{
        bool insertion = edit->place.line == edit->place.end_line &&
                         edit->place.column == edit->place.end_column;
        bool removal = *edit->text == '\0';

        if (insertion && *edit->text == '\n')
                fprintf(file, "add below line %u: ", edit->place.line);
        else if (insertion)
                fputs("insert ", file);
        else
                fputs(removal ? "remove " : "replace ", file);
        if (!insertion && edit->old)
                print_piece(edit->old, file);
        else if (!insertion)
                fputs("the text", file);
        if (!insertion && !removal)
                fputs(" by ", file);
        if (!removal)
                print_piece(edit->text, file);
}

static void print_fix(const Diag *d, FILE *file)
{
        if (d->n_edits == 0)
                return;
        fputs("  fix: ", file);
        for (size_t i = 0; i < d->n_edits && i < EDITS_SHOWN_MAX; i++) {
                fputs(i > 0 ? "; " : "", file);
                if (d->edits[i].place.line != d->line)
                        fprintf(file, "on line %u ", d->edits[i].place.line);
                print_edit(&d->edits[i], file);
        }
        if (d->n_edits > EDITS_SHOWN_MAX)
                fprintf(file, "; and the same %zu more times", d->n_edits - EDITS_SHOWN_MAX);
        fputc('\n', file);
}

static void print_related(const DiagRelated *related, bool color, FILE *file)
{
        fputs("  ", file);
        print_place(&related->place, file);
        fprintf(file, "%snote:%s ", color ? severity_colors[DIAG_NOTE] : "",
                        color ? "\033[0m" : "");
        print_clean(related->message, file);
        fputc('\n', file);
        print_excerpt(&related->excerpt, &related->place, color ? severity_colors[DIAG_NOTE] : NULL,
                        file);
}

static void diag_print(const Diag *d, FILE *file, bool color)
{
        DiagPlace place = { d->source, d->line, d->column, d->end_line, d->end_column };

        print_place(&place, file);
        fprintf(file, "%s%s:%s ", color ? severity_colors[d->severity] : "",
                        diag_severity_to_string(d->severity), color ? "\033[0m" : "");
        print_clean(d->message, file);
        fprintf(file, " [%s]\n", d->code);
        print_excerpt(&d->excerpt, &place, color ? severity_colors[d->severity] : NULL, file);
        if (d->hint) {
                fputs("  hint: ", file);
                print_clean(d->hint, file);
                fputc('\n', file);
        }
        print_fix(d, file);
        for (size_t i = 0; i < d->n_related; i++)
                print_related(&d->related[i], color, file);
}

void diag_list_print(const DiagList *list, FILE *file, bool color)
{
        for (size_t i = 0; i < list->count; i++)
                diag_print(&list->items[i], file, color);
        if (list->dropped > 0)
                fprintf(file, "… and %zu more diagnostics\n", list->dropped);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/yaml-syntax.h"

#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "base/utf8.h"
#include "core/policy/code.h"

/* One line of the text, and what libyaml says of it. */
typedef struct Line {
        const char *start;
        size_t size;
        uint32_t number;
} Line;

typedef struct Report {
        const yaml_parser_t *parser;
        const char *text;
        size_t size;
        const char *source;
        DiagList *diags;
} Report;

typedef void FixFunction(const Report *r);

static bool find_line(const char *text, size_t size, size_t line, Line *ret_line)
{
        const char *end;

        for (size_t i = 0; i < line; i++) {
                end = memchr(text, '\n', size);
                if (!end)
                        return false;
                size -= (size_t) (end - text) + 1;
                text = end + 1;
        }
        end = memchr(text, '\n', size);
        *ret_line = (Line){ text, end ? (size_t) (end - text) : size, (uint32_t) line + 1 };
        return true;
}

/* Bytes of the first n characters of a line. */
static size_t skip_characters(const Line *line, size_t n)
{
        size_t i = 0;

        for (uint32_t character; n > 0 && i < line->size; n--)
                i += utf8_decode(line->start + i, line->size - i, &character) ?: 1;
        return i;
}

/* Characters in the first bytes of a line, counted from 1. */
static uint32_t get_column(const Line *line, size_t bytes)
{
        uint32_t column = 1, character;

        for (size_t i = 0; i < bytes; column++)
                i += utf8_decode(line->start + i, line->size - i, &character) ?: 1;
        return column;
}

/* Where what is written on the line ends, from byte `from` on: before blanks and a comment. */
static size_t find_end(const Line *line, size_t from)
{
        size_t end = from;

        for (size_t i = from; i < line->size; i++) {
                if (line->start[i] == '#' && i > from && line->start[i - 1] == ' ')
                        break;
                if (line->start[i] != ' ')
                        end = i + 1;
        }
        return end;
}

static size_t count_indentation(const Line *line)
{
        size_t n = 0;

        while (n < line->size && line->start[n] == ' ')
                n++;
        return n;
}

static DiagPlace make_place(const Report *r, const Line *line, size_t from, size_t to)
{
        return (DiagPlace){ r->source, line->number, get_column(line, from), line->number,
                get_column(line, to) };
}

static void insert(const Report *r, const Line *line, size_t at, const char *text)
{
        diag_suggest(r->diags, make_place(r, line, at, at), text);
}

static void quote(const Report *r, const Line *line, size_t start, size_t end)
{
        _cleanup_free_ char *text = NULL;

        if (memchr(line->start + start, '"', end - start) ||
                        memchr(line->start + start, '\\', end - start) ||
                        asprintf(&text, "\"%.*s\"", (int) (end - start), line->start + start) < 0)
                return;
        diag_suggest(r->diags, make_place(r, line, start, end), text);
}

static void quote_from(const Report *r, const yaml_mark_t *mark)
{
        Line line;
        size_t start, end;

        if (!find_line(r->text, r->size, mark->line, &line))
                return;
        start = skip_characters(&line, mark->column);
        end = find_end(&line, start);
        for (size_t i = start; r->parser->flow_level > 0 && i < end; i++)
                if (strchr(",]}", line.start[i]))
                        end = i;
        if (end > start + 1)
                quote(r, &line, start, end);
}

static void quote_context(const Report *r)
{
        quote_from(r, &r->parser->context_mark);
}

static void quote_problem(const Report *r)
{
        quote_from(r, &r->parser->problem_mark);
}

/* Closes what was opened in the line where it was opened. */
static void close_line(const Report *r, const char *text)
{
        Line line;

        if (find_line(r->text, r->size, r->parser->context_mark.line, &line))
                insert(r, &line, find_end(&line, 0), text);
}

static void close_list(const Report *r)
{
        close_line(r, "]");
}

static void close_mapping(const Report *r)
{
        close_line(r, "}");
}

static void close_quotes(const Report *r)
{
        const yaml_mark_t *mark = &r->parser->context_mark;
        char text[2] = "";
        Line line;

        if (r->parser->flow_level > 0 || !find_line(r->text, r->size, mark->line, &line))
                return;
        text[0] = line.start[skip_characters(&line, mark->column)];
        insert(r, &line, find_end(&line, 0), text);
}

static void indent(const Report *r, const Line *line, size_t indentation)
{
        size_t now = count_indentation(line);
        char blanks[64];

        if (now == indentation || indentation >= sizeof(blanks))
                return;
        memset(blanks, ' ', indentation);
        blanks[indentation] = '\0';
        diag_suggest(r->diags, make_place(r, line, 0, now), blanks);
}

/* A key that stands a little beside the others of its mapping. */
static void indent_key(const Report *r, size_t indentation)
{
        const yaml_mark_t *mark = &r->parser->problem_mark;
        Line line;

        if (find_line(r->text, r->size, mark->line, &line) &&
                        count_indentation(&line) == mark->column)
                indent(r, &line, indentation);
}

static void indent_in_mapping(const Report *r)
{
        indent_key(r, r->parser->context_mark.column);
}

/* The keys of an item stand behind its "- ". */
static void indent_in_item(const Report *r)
{
        if (r->parser->problem_mark.column > r->parser->context_mark.column)
                indent_key(r, r->parser->context_mark.column + 2);
}

/* Either a value has a colon in it, or a key is indented as if it went on with the value above. */
static void mend_colon(const Report *r)
{
        const yaml_mark_t *mark = &r->parser->problem_mark;
        const char *colon;
        Line line, before;
        size_t end, column;

        if (mark->line == 0 || !find_line(r->text, r->size, mark->line, &line) ||
                        !find_line(r->text, r->size, mark->line - 1, &before))
                return;
        end = skip_characters(&line, mark->column);
        colon = memmem(line.start, end, ": ", 2);
        if (colon) {
                quote(r, &line, (size_t) (colon - line.start) + 2, find_end(&line, 0));
                return;
        }
        column = count_indentation(&before);
        while (column + 1 < before.size && memcmp(before.start + column, "- ", 2) == 0)
                column += 2;
        indent(r, &line, column);
}

typedef struct Problem {
        const char *context; /* words of libyaml; "" fits any */
        const char *problem;
        bool at_context; /* the place where it began says more than that where libyaml stopped */
        const char *message;
        const char *hint;
        FixFunction *fix;
} Problem;

/* clang-format off */
static const Problem problems[] = {
        { "block scalar", "", true, "the value begins with > or |, which begin a text of several lines in YAML",
          "put the value into quotes, as in \">999\"", quote_context },
        { "alias", "", true, "the value begins with *, which stands for a repeated value in YAML",
          "a value that begins with * needs quotes", quote_context },
        { "anchor", "", true, "the value begins with &, which marks a repeated value in YAML",
          "a value that begins with & needs quotes", quote_context },
        { "tag", "", true, "the value begins with !, which names a type in YAML",
          "a value that begins with ! needs quotes", quote_context },
        { "quoted scalar", "", true, "a quote is opened and never closed",
          "add the closing quote", close_quotes },
        { "flow sequence", "", true, "a list is opened with [ and never closed",
          "add the closing ], or a comma between two values", close_list },
        { "flow mapping", "", true, "a mapping is opened with { and never closed",
          "add the closing }, or a comma between two keys", close_mapping },
        { "block mapping", "", false, "the line does not begin in the column of the keys before it",
          "keys of one mapping begin in the same column", indent_in_mapping },
        { "block collection", "", false, "the line is neither an item of the list nor a key of the item before it",
          "items of one list begin in the same column with a dash, and the keys of an item behind its dash", indent_in_item },
        { "simple key", "", false, "the line is neither a key with a value nor an item of a list",
          "a key is followed by a colon and a blank: func: BPRM_CHECK", NULL },
        { "", "mapping values are not allowed", false, "there is a colon where no key can stand",
          "a value with a colon and a blank in it needs quotes; keys of one mapping begin in the same column", mend_colon },
        { "", "cannot start any token", false, "no value can begin with this character",
          "a value that begins with >, |, @, ` or % needs quotes", quote_problem },
};
/* clang-format on */

static const Problem *find_problem(const yaml_parser_t *parser)
{
        const char *context = parser->context ?: "", *problem = parser->problem ?: "";

        for (size_t i = 0; i < ELEMENTSOF(problems); i++)
                if (strstr(context, problems[i].context) && strstr(problem, problems[i].problem))
                        return &problems[i];
        return NULL;
}

static DiagPlace place_of(const Report *r, const yaml_mark_t *mark)
{
        Line line;
        size_t start;

        if (!find_line(r->text, r->size, mark->line, &line))
                return (DiagPlace){ r->source, (uint32_t) mark->line + 1,
                        (uint32_t) mark->column + 1 };
        start = skip_characters(&line, mark->column);
        return make_place(r, &line, start, find_end(&line, start));
}

int yaml_syntax_report(const yaml_parser_t *parser, const char *text, size_t size,
                const char *source, DiagList *diags)
{
        const Report r = { parser, text, size, source, diags };
        const Problem *problem = find_problem(parser);
        int result;

        if (parser->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        if (!problem)
                return diag_error(diags, POLICY_CODE_YAML_SYNTAX,
                                place_of(&r, &parser->problem_mark),
                                "compare the indentation and the quotes with the lines before",
                                "not well-formed YAML: %s%s%s", parser->context ?: "",
                                parser->context ? ": " : "", parser->problem ?: "unknown problem");
        result = diag_error(diags, POLICY_CODE_YAML_SYNTAX,
                        place_of(&r, problem->at_context ? &parser->context_mark
                                                         : &parser->problem_mark),
                        problem->hint, "%s", problem->message);
        if (problem->fix)
                problem->fix(&r);
        return result;
}

void yaml_syntax_suggest_untagged(
                DiagList *diags, const char *text, size_t size, const yaml_mark_t *mark)
{
        const Report r = { .text = text, .size = size, .diags = diags };
        size_t start, end;
        Line line;

        if (!find_line(text, size, mark->line, &line))
                return;
        start = end = skip_characters(&line, mark->column);
        while (end < line.size && line.start[end] != ' ')
                end++;
        while (end < line.size && line.start[end] == ' ')
                end++;
        if (end < line.size)
                diag_suggest(diags, make_place(&r, &line, start, end), "");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/deb822.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"

struct Deb822Reader {
        Deb822Visitor *visit;
        void *userdata;
        Buffer text;    /* from the start of a paragraph on */
        size_t scanned; /* whole lines of it that were looked at */
        uint32_t line;
        uint32_t first; /* line of the paragraph; 0: it has none yet */
        Deb822Paragraph paragraph;
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r';
}

static bool is_same_name(const char *a, const char *b)
{
        return (a[0] | 0x20) == (b[0] | 0x20) && strcasecmp(a, b) == 0;
}

const char *deb822_get(const Deb822Paragraph *paragraph, const char *name)
{
        for (size_t i = 0; i < paragraph->n_fields; i++)
                if (is_same_name(paragraph->fields[i].name, name))
                        return paragraph->fields[i].value;
        return NULL;
}

bool deb822_is_word(const char *value)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789";
        static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789+-.~:";

        return value && *value && strchr(letters, *value) && value[strspn(value, all)] == '\0' &&
               strlen(value) <= DEB822_WORD_MAX;
}

const char *deb822_next_word(const char **position, size_t *ret_size)
{
        const char *word = *position + strspn(*position, " \t\r\n");

        *ret_size = strcspn(word, " \t\r\n");
        *position = word + *ret_size;
        return *ret_size > 0 ? word : NULL;
}

int deb822_reader_new(Deb822Visitor *visit, void *userdata, Deb822Reader **ret_reader)
{
        Deb822Reader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        reader->visit = visit;
        reader->userdata = userdata;
        *ret_reader = reader;
        return 0;
}

Deb822Reader *deb822_reader_free(Deb822Reader *reader)
{
        if (reader) {
                buffer_done(&reader->text);
                free(reader);
        }
        return NULL;
}

/* Ends a value at `end` less the blanks before it. */
static void end_value(const char *value, char *end)
{
        while (end > value && (is_blank(end[-1]) || end[-1] == '\n'))
                end--;
        *end = '\0';
}

/* "Name: value" between line and end, which is its newline. */
static int start_field(Deb822Paragraph *paragraph, char *line, char *end)
{
        char *colon = memchr(line, ':', (size_t) (end - line)), *value;

        if (!colon || colon == line)
                return -EBADMSG;
        for (const char *c = line; c < colon; c++)
                if (*c <= ' ' || *c > '~')
                        return -EBADMSG;
        *colon = '\0';
        if (deb822_get(paragraph, line))
                return -EBADMSG;
        if (paragraph->n_fields == DEB822_FIELDS_MAX)
                return -E2BIG;
        for (value = colon + 1; value < end && is_blank(*value); value++)
                ;
        paragraph->fields[paragraph->n_fields++] = (Deb822Field){ line, value };
        return 0;
}

/* All lines of text, in place; each ends with a newline. */
static int parse_fields(Deb822Paragraph *paragraph, char *text, size_t size)
{
        char *end = text + size;
        int r = 0;

        paragraph->n_fields = 0;
        for (char *line = text, *next; r >= 0 && line < end; line = next) {
                char *newline = memchr(line, '\n', (size_t) (end - line));

                next = newline + 1;
                /* A comment may stand within a value. */
                if (line[0] == '#') {
                        memset(line, ' ', (size_t) (newline - line));
                        continue;
                }
                if (is_blank(line[0])) {
                        if (paragraph->n_fields == 0)
                                return -EBADMSG;
                        continue;
                }
                if (paragraph->n_fields > 0)
                        end_value(paragraph->fields[paragraph->n_fields - 1].value, line);
                r = start_field(paragraph, line, newline);
        }
        if (r >= 0 && paragraph->n_fields > 0)
                end_value(paragraph->fields[paragraph->n_fields - 1].value, end - 1);
        return r;
}

static int end_paragraph(Deb822Reader *reader, char *text, size_t size)
{
        int r;

        if (memchr(text, '\0', size))
                return -EBADMSG;
        reader->paragraph.line = reader->first;
        r = parse_fields(&reader->paragraph, text, size);
        /* Nothing but comments is no paragraph. */
        if (r >= 0 && reader->paragraph.n_fields > 0)
                r = reader->visit(reader->userdata, &reader->paragraph);
        return r < 0 ? r : 0;
}

static bool line_is_empty(const char *line, const char *newline)
{
        while (line < newline && is_blank(*line))
                line++;
        return line == newline;
}

int deb822_reader_feed(Deb822Reader *reader, const void *bytes, size_t size)
{
        size_t start = 0;
        char *newline;
        int r = buffer_append(&reader->text, bytes, size);

        while (r >= 0 && (newline = memchr(reader->text.data + reader->scanned, '\n',
                                          reader->text.size - reader->scanned))) {
                char *line = reader->text.data + reader->scanned;

                reader->line++;
                reader->scanned = (size_t) (newline + 1 - reader->text.data);
                if (!line_is_empty(line, newline)) {
                        reader->first = reader->first ?: reader->line;
                        continue;
                }
                if (reader->first)
                        r = end_paragraph(reader, reader->text.data + start,
                                        (size_t) (line - reader->text.data) - start);
                reader->first = 0;
                start = reader->scanned;
        }
        if (r < 0)
                return r;
        buffer_consume(&reader->text, start);
        reader->scanned -= start;
        return reader->text.size > DEB822_PARAGRAPH_MAX ? -E2BIG : 0;
}

int deb822_reader_end(Deb822Reader *reader)
{
        return deb822_reader_feed(reader, "\n\n", 2);
}

uint32_t deb822_reader_get_line(const Deb822Reader *reader)
{
        return reader->line;
}

int deb822_parse(const char *text, size_t size, Deb822Visitor *visit, void *userdata)
{
        _cleanup_deb822_ Deb822Reader *reader = NULL;
        int r = deb822_reader_new(visit, userdata, &reader);

        if (r >= 0)
                r = deb822_reader_feed(reader, text, size);
        return r < 0 ? r : deb822_reader_end(reader);
}

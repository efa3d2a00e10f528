/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/strings.h"
#include "base/utf8.h"

/* Characters of a line that are shown; of a longer one the part around the place. */
#define EXCERPT_MAX 160
#define EXCERPT_BEFORE 60
#define OLD_SIZE_MAX 4096

/* Reads forward; a place before the last one makes it begin anew. */
typedef struct Reader {
        const char *text;
        size_t size;
        size_t position; /* of the start of `line` */
        uint32_t line;
} Reader;

/* A byte that is no UTF-8 counts as one character. */
static size_t character_length(const char *bytes, size_t size)
{
        uint32_t character;
        size_t length = utf8_decode(bytes, size, &character);

        return length > 0 ? length : 1;
}

static bool go_to_line(Reader *reader, uint32_t line)
{
        if (line < reader->line) {
                reader->line = 1;
                reader->position = 0;
        }
        while (reader->line < line) {
                const char *start = reader->text + reader->position;
                const char *end = memchr(start, '\n', reader->size - reader->position);

                if (!end)
                        return false;
                reader->position += (size_t) (end - start) + 1;
                reader->line++;
        }
        return true;
}

static size_t line_size(const Reader *reader)
{
        const char *start = reader->text + reader->position;
        const char *end = memchr(start, '\n', reader->size - reader->position);

        return end ? (size_t) (end - start) : reader->size - reader->position;
}

/* Bytes of the first n characters. */
static size_t skip_characters(const char *bytes, size_t size, size_t n)
{
        size_t i = 0;

        while (n-- > 0 && i < size)
                i += character_length(bytes + i, size - i);
        return i;
}

/* NUL cannot be part of a string; everything else is left to whoever shows the line. */
static int append_bytes(Buffer *buffer, const char *bytes, size_t size)
{
        int r = 0;

        while (r >= 0 && size > 0) {
                size_t length = strnlen(bytes, size);

                r = length > 0 ? buffer_append(buffer, bytes, length)
                               : buffer_append_string(buffer, "␀");
                length += length == 0;
                bytes += length;
                size -= length;
        }
        return r;
}

static void make_excerpt(const char *line, size_t size, uint32_t column, DiagExcerpt *excerpt)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        bool long_line = skip_characters(line, size, EXCERPT_MAX) < size;
        uint32_t first = long_line && column > EXCERPT_BEFORE ? column - EXCERPT_BEFORE : 1;
        size_t start = skip_characters(line, size, first - 1), length;
        int r = 0;

        if (first > 1) {
                r = buffer_append_string(&buffer, "…");
                start += start < size ? character_length(line + start, size - start) : 0;
        }
        length = skip_characters(line + start, size - start, EXCERPT_MAX);
        if (r >= 0)
                r = append_bytes(&buffer, line + start, length);
        if (r >= 0 && start + length < size)
                r = buffer_append_string(&buffer, "…");
        if (r < 0 || buffer_take(&buffer, &excerpt->text, NULL) < 0)
                return;
        string_make_utf8(excerpt->text);
        excerpt->column = first;
}

static void add_excerpt(Reader *reader, const DiagPlace *place, DiagExcerpt *excerpt)
{
        if (place->line > 0 && !excerpt->text && go_to_line(reader, place->line))
                make_excerpt(reader->text + reader->position, line_size(reader), place->column,
                                excerpt);
}

static size_t find_offset(Reader *reader, uint32_t line, uint32_t column)
{
        if (column == 0 || !go_to_line(reader, line))
                return reader->size;
        return reader->position +
               skip_characters(reader->text + reader->position, line_size(reader), column - 1);
}

static void add_old(Reader *reader, DiagEdit *edit)
{
        size_t start = find_offset(reader, edit->place.line, edit->place.column);
        size_t end = find_offset(reader, edit->place.end_line, edit->place.end_column);

        if (edit->old || end < start || end - start > OLD_SIZE_MAX ||
                        memchr(reader->text + start, '\0', end - start))
                return;
        edit->old = strndup(reader->text + start, end - start);
        if (edit->old)
                string_make_utf8(edit->old);
}

void diag_list_add_excerpts(
                DiagList *list, size_t first, const char *source, const char *text, size_t size)
{
        Reader reader = { text, size, 0, 1 };

        for (size_t i = first; i < list->count; i++) {
                Diag *d = &list->items[i];
                DiagPlace place = { NULL, d->line, d->column };
                bool here = string_equal(d->source, source);

                if (here)
                        add_excerpt(&reader, &place, &d->excerpt);
                for (size_t j = 0; here && j < d->n_edits; j++)
                        add_old(&reader, &d->edits[j]);
                for (size_t j = 0; j < d->n_related; j++)
                        if (string_equal(d->related[j].place.source, source))
                                add_excerpt(&reader, &d->related[j].place, &d->related[j].excerpt);
        }
}

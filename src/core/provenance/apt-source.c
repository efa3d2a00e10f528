/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/apt-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/diag-code.h"
#include "core/provenance/deb822.h"

/* What of a source both styles say, before URIs and suites are taken apart. */
typedef struct Options {
        char *signed_by; /* malloc()ed */
        bool is_trusted;
        bool ignores_end;
} Options;

typedef struct Parsing {
        AptSourceList *list;
        const char *file;
        DiagList *diags;
} Parsing;

static void source_done(AptSource *source)
{
        free(source->uri);
        free(source->suite);
        free(source->signed_by);
        free(source->file);
}

void apt_source_list_done(AptSourceList *list)
{
        for (size_t i = 0; i < list->count; i++)
                source_done(&list->items[i]);
        free(list->items);
        *list = (AptSourceList){ 0 };
}

static void options_done(Options *options)
{
        free(options->signed_by);
}

static int warn(const Parsing *parsing, uint32_t line, const char *what)
{
        return diag_warning(parsing->diags, DIAG_CODE_APT_SOURCE,
                        ((DiagPlace){ .source = parsing->file, .line = line }),
                        "see sources.list(5); packages from there are vouched for by nobody", "%s",
                        what);
}

/* strutl.cc, StringToBool(); what is neither is no. */
static bool is_yes(const char *text)
{
        static const char *const words[] = { "yes", "true", "with", "on", "enable", "1" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(text, words[i]) == 0)
                        return true;
        return false;
}

static bool is_no(const char *text)
{
        static const char *const words[] = { "no", "false", "without", "off", "disable", "0" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(text, words[i]) == 0)
                        return true;
        return false;
}

/* With the "/" at its end. */
static char *copy_uri(const char *uri, size_t size)
{
        char *copy = malloc(size + 2);

        if (!copy)
                return NULL;
        memcpy(copy, uri, size);
        if (size == 0 || uri[size - 1] != '/')
                copy[size++] = '/';
        copy[size] = '\0';
        return copy;
}

static int add_source(Parsing *parsing, const Options *options, const char *uri, size_t uri_size,
                const char *suite, size_t suite_size)
{
        AptSourceList *list = parsing->list;
        AptSource source = { .is_trusted = options->is_trusted,
                .ignores_end = options->ignores_end },
                  *items;

        if (list->count >= APT_SOURCES_MAX)
                return -E2BIG;
        items = reallocarray(list->items, list->count + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        list->items = items;
        source.uri = copy_uri(uri, uri_size);
        source.suite = strndup(suite, suite_size);
        source.signed_by = options->signed_by ? strdup(options->signed_by) : NULL;
        source.file = strdup(parsing->file);
        if (!source.uri || !source.suite || !source.file ||
                        (options->signed_by && !source.signed_by)) {
                source_done(&source);
                return -ENOMEM;
        }
        items[list->count++] = source;
        return 0;
}

static int set_option(Options *options, const char *name, const char *value)
{
        if (strcasecmp(name, "signed-by") == 0) {
                free(options->signed_by);
                options->signed_by = strdup(value);
                return options->signed_by ? 0 : -ENOMEM;
        }
        /* Which of its two values it has makes no difference: apt does not look at signatures. */
        if (strcasecmp(name, "trusted") == 0)
                options->is_trusted = true;
        if (strcasecmp(name, "check-valid-until") == 0)
                options->ignores_end = is_no(value);
        return 0;
}

/* "[name=value name=value]"; *text moves behind it. */
static int parse_options(char **text, Options *options)
{
        char *end, *state = NULL;
        int r = 0;

        if (**text != '[')
                return 0;
        end = strchr(*text, ']');
        if (!end)
                return -EBADMSG;
        *end = '\0';
        for (char *word = strtok_r(*text + 1, " \t", &state); r >= 0 && word;
                        word = strtok_r(NULL, " \t", &state)) {
                char *value = strchr(word, '=');

                if (!value || value == word)
                        return -EBADMSG;
                /* "name+=value" and "name-=value" */
                value[strchr("+-", value[-1]) ? -1 : 0] = '\0';
                r = set_option(options, word, value + 1);
        }
        *text = end + 1;
        return r;
}

static int parse_line(Parsing *parsing, char *line, uint32_t number)
{
        _cleanup_(options_done) Options options = { 0 };
        char *text = string_strip(line), *comment = strchr(text, '#');
        const char *uri, *suite, *position;
        size_t uri_size, suite_size, size;
        int r;

        if (comment)
                *comment = '\0';
        position = text;
        suite = deb822_next_word(&position, &size);
        if (!suite)
                return 0;
        if (size != 3 || strncmp(suite, "deb", 3) != 0)
                return size == 7 && strncmp(suite, "deb-src", 7) == 0
                                       ? 0
                                       : warn(parsing, number,
                                                         "a source begins with neither deb nor "
                                                         "deb-src");
        text = (char *) position + strspn(position, " \t");
        r = parse_options(&text, &options);
        if (r == -ENOMEM)
                return r;
        position = text;
        uri = r < 0 ? NULL : deb822_next_word(&position, &uri_size);
        suite = uri ? deb822_next_word(&position, &suite_size) : NULL;
        return suite ? add_source(parsing, &options, uri, uri_size, suite, suite_size)
                     : warn(parsing, number, "a source has no URI, no suite or malformed options");
}

int apt_source_list_parse_lines(AptSourceList *list, const char *text, size_t size,
                const char *file, DiagList *diags)
{
        _cleanup_free_ char *copy = strndup(text, size);
        Parsing parsing = { list, file, diags };
        uint32_t number = 1;
        int r = copy ? 0 : -ENOMEM;

        for (char *line = copy, *next; r >= 0 && line; line = next, number++) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                r = parse_line(&parsing, line, number);
        }
        return r;
}

static bool has_word(const char *value, const char *word)
{
        const char *position = value, *found;
        size_t size;

        while ((found = deb822_next_word(&position, &size)))
                if (size == strlen(word) && strncmp(found, word, size) == 0)
                        return true;
        return false;
}

/* Each URI with each suite. */
static int add_sources(
                Parsing *parsing, const Options *options, const char *uris, const char *suites)
{
        const char *uri, *suite, *uri_position = uris;
        size_t uri_size, suite_size;
        int r = 0;

        while (r >= 0 && (uri = deb822_next_word(&uri_position, &uri_size))) {
                const char *position = suites;

                while (r >= 0 && (suite = deb822_next_word(&position, &suite_size)))
                        r = add_source(parsing, options, uri, uri_size, suite, suite_size);
        }
        return r;
}

static int visit(void *userdata, const Deb822Paragraph *paragraph)
{
        static const char *const names[] = { "Signed-By", "Trusted", "Check-Valid-Until" };
        _cleanup_(options_done) Options options = { 0 };
        Parsing *parsing = userdata;
        const char *types = deb822_get(paragraph, "Types"), *uris = deb822_get(paragraph, "URIs");
        const char *suites = deb822_get(paragraph, "Suites");
        const char *enabled = deb822_get(paragraph, "Enabled");
        int r = 0;

        if (enabled && !is_yes(enabled))
                return 0;
        if (!types || !uris || !suites)
                return warn(parsing, paragraph->line, "a source lacks Types, URIs or Suites");
        if (!has_word(types, "deb"))
                return 0;
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++)
                if (deb822_get(paragraph, names[i]))
                        r = set_option(&options, names[i], deb822_get(paragraph, names[i]));
        return r < 0 ? r : add_sources(parsing, &options, uris, suites);
}

int apt_source_list_parse_deb822(AptSourceList *list, const char *text, size_t size,
                const char *file, DiagList *diags)
{
        Parsing parsing = { list, file, diags };
        int r = deb822_parse(text, size, visit, &parsing);

        return r == -EBADMSG ? warn(&parsing, 0, "the rest of the file is malformed") : r;
}

/* strutl.cc, QuoteString(). */
static int append_quoted(Buffer *name, const char *text)
{
        static const char bad[] = "\\|{}[]<>\"^~_=!@#$%^&*";
        int r = 0;

        for (; r >= 0 && *text; text++) {
                unsigned char c = (unsigned char) *text;

                if (c <= ' ' || c >= 0x7f || strchr(bad, c))
                        r = buffer_append_format(name, "%%%02x", c);
                else
                        r = buffer_append(name, c == '/' ? "_" : text, 1);
        }
        return r;
}

/* "//host" behind the scheme, without user and password, or nothing of it for a bare path. */
static const char *skip_scheme(const char *uri)
{
        const char *colon = strchr(uri, ':'), *host, *at;

        if (!colon)
                return uri;
        if (strncmp(colon, "://", 3) != 0)
                return colon + 1;
        host = colon + 3;
        at = memchr(host, '@', strcspn(host, "/"));
        return at ? at + 1 : host;
}

char *apt_source_format_list_name(const AptSource *source, const char *path)
{
        bool is_flat = string_ends_with(source->suite, "/");
        const char *suite = string_equal(source->suite, "/") ? "" : source->suite;
        _cleanup_buffer_ Buffer name = { 0 };
        char *text;

        if (append_quoted(&name, skip_scheme(source->uri)) < 0 ||
                        (!is_flat && buffer_append_string(&name, "dists_") < 0) ||
                        append_quoted(&name, suite) < 0 ||
                        (!is_flat && buffer_append_string(&name, "_") < 0) ||
                        append_quoted(&name, path) < 0 || buffer_take(&name, &text, NULL) < 0)
                return NULL;
        return text;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/command-line.h"

#include <ctype.h>

/* The end of the parameter that starts here; blanks inside double quotes belong to it. */
static const char *parameter_end(const char *p)
{
        bool quoted = false;

        for (; *p && (quoted || !isspace((unsigned char) *p)); p++)
                if (*p == '"')
                        quoted = !quoted;
        return p;
}

static char *copy_unquoted(const char *text, size_t size)
{
        char *copy = malloc(size + 1), *p = copy;

        if (!copy)
                return NULL;
        for (size_t i = 0; i < size; i++)
                if (text[i] != '"')
                        *p++ = text[i];
        *p = '\0';
        return copy;
}

int command_line_next(const char **rest, char **ret_name, char **ret_value)
{
        _cleanup_free_ char *parameter = NULL, *value = NULL;
        const char *start = *rest, *end;
        char *equals;

        while (isspace((unsigned char) *start))
                start++;
        if (*start == '\0')
                return 0;
        end = parameter_end(start);
        parameter = copy_unquoted(start, (size_t) (end - start));
        if (!parameter)
                return -ENOMEM;
        equals = strchrnul(parameter, '=');
        value = strdup(*equals ? equals + 1 : "");
        if (!value)
                return -ENOMEM;
        *equals = '\0';
        *rest = end;
        *ret_name = TAKE_PTR(parameter);
        *ret_value = TAKE_PTR(value);
        return 1;
}

bool command_line_name_equal(const char *a, const char *b)
{
        for (; *a && *b; a++, b++)
                if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
                        return false;
        return *a == *b;
}

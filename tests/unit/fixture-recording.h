/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels said to lines of policy, kept as tables with C escapes (tests/data/kernel-verdicts).
 */
#pragma once

#include "fixture-policy.h"

static inline int fixture_hex_value(char c)
{
        return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Undoes \n, \t, \r, \\ and \xHH; bytes has room for as much as text. Returns how many there are.
 */
static inline size_t fixture_unescape(const char *text, char *bytes)
{
        char *p = bytes;

        while (*text) {
                if (*text != '\\') {
                        *p++ = *text++;
                        continue;
                }
                if (text[1] == 'x') {
                        *p++ = (char) (fixture_hex_value(text[2]) << 4 |
                                        fixture_hex_value(text[3]));
                        text += 4;
                        continue;
                }
                *p++ = text[1] == 'n' ? '\n' : text[1] == 't' ? '\t' : text[1] == 'r' ? '\r' : '\\';
                text += 2;
        }
        return (size_t) (p - bytes);
}

/* Calls back for each row that is no comment; the row may be changed. */
static inline void fixture_for_each_row(
                const char *name, void (*call)(char *row, void *userdata), void *userdata)
{
        _cleanup_free_ char *path = fixture_path(
                                            "%s/kernel-verdicts/%s", getenv("TEST_DATA"), name),
                            *text = NULL;
        size_t size;
        char *state;

        text = fixture_read(path, &size);
        for (char *row = strtok_r(text, "\n", &state); row; row = strtok_r(NULL, "\n", &state))
                if (row[0] != '#')
                        call(row, userdata);
}

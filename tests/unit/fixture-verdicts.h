/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For programs that compare imad's verdicts with recorded ones of several kernels: rows of text, a
 * column of results for each kernel. TARGETS is the folder of target files.
 */
#pragma once

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "core/policy/target/target-file.h"

#define VERDICTS_SIZE_MAX ((size_t) 256 << 20)

/* How many rows a kernel has, and in how many imad says the same. */
typedef struct VerdictCount {
        size_t rows;
        size_t agree;
} VerdictCount;

/* The recording that the variable of the environment names, else the usual one. */
static inline int verdicts_read(int root, const char *variable, const char *usual, char **ret_text)
{
        const char *other = getenv(variable);
        _cleanup_free_ char *path = realpath(other && *other ? other : usual, NULL);
        size_t size;
        int r = path ? fs_read_file(root, path, VERDICTS_SIZE_MAX, ret_text, &size) : -errno;

        if (r < 0)
                printf("%s cannot be read: %s\n", other ?: usual, strerror(-r));
        return r;
}

static inline int verdicts_load_target(int root, const char *name, Target **ret_target)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        int r;

        if (asprintf(&path, "%s/%s%s", TARGETS, name, TARGET_FILE_SUFFIX) < 0)
                return -ENOMEM;
        r = fs_read_file(root, path, TARGET_FILE_SIZE_MAX, &text, NULL);
        if (r >= 0)
                r = target_file_parse(text, path, ret_target, &diags);
        if (r < 0)
                printf("%s cannot be used: %s\n", path, strerror(-r));
        return r;
}

/* Calls back for each line, which may be changed; the first failure ends it. */
static inline int verdicts_for_each_line(
                char *text, int (*call)(void *userdata, char *line, size_t number), void *userdata)
{
        char *line;
        size_t number = 0;
        int r = 0;

        while (r >= 0 && (line = strsep(&text, "\n")))
                r = call(userdata, line, ++number);
        return r;
}

/* Tells of one kernel; false when something disagrees or nothing was compared. */
static inline bool verdicts_report(const VerdictCount *count, const char *name)
{
        printf("%zu rows, %zu agree (%s)\n", count->rows, count->agree, name);
        return count->rows > 0 && count->rows == count->agree;
}

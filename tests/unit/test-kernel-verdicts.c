/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares imad's verdicts with recorded ones of three kernels: a payload with C escapes and three
 * results of write(), separated by tabs, in each row. IMAD_KERNEL_VERDICTS names another recording.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "core/policy/rule/policy-write.h"
#include "core/policy/target/target-file.h"
#include "fixture-escape.h"

#define RECORDING_SIZE_MAX ((size_t) 256 << 20)
#define COLUMNS 3

/* The machines that were recorded. */
static const char *const target_names[COLUMNS] = {
        "debian-12-without-modules",
        "debian-12-backports-without-modules",
        "all-options",
};

typedef struct Column {
        Target *target;
        size_t rows;
        size_t agree;
} Column;

/* Cuts the results off the row's end; what is left is the payload. */
static bool split_row(char *row, long results[static COLUMNS])
{
        for (size_t i = COLUMNS; i-- > 0;) {
                char *tab = strrchr(row, '\t'), *end;

                if (!tab)
                        return false;
                results[i] = strtol(tab + 1, &end, 10);
                if (end == tab + 1 || *end != '\0')
                        return false;
                *tab = '\0';
        }
        return true;
}

static int check_row(char *row, size_t line, Column columns[static COLUMNS])
{
        _cleanup_free_ char *bytes = malloc(strlen(row) + 1);
        bool comment = row[0] == '#' || row[0] == '\0';
        long recorded[COLUMNS];
        ssize_t size;

        if (!split_row(row, recorded)) {
                if (!comment)
                        printf("line %zu is no row of this format\n", line);
                return comment ? 0 : -EBADMSG;
        }
        size = bytes ? fixture_unescape(row, bytes) : -1;
        if (size < 0) {
                printf("line %zu has an unknown escape\n", line);
                return -EBADMSG;
        }
        for (size_t i = 0; i < COLUMNS; i++) {
                ssize_t got = policy_write_judge(bytes, (size_t) size, columns[i].target);

                columns[i].rows++;
                columns[i].agree += got == recorded[i];
                if (got != recorded[i])
                        printf("%s: line %zu: expected %ld, got %zd: %s\n", target_names[i], line,
                                        recorded[i], got, row);
        }
        return 0;
}

static int load_target(int root, const char *name, Target **ret_target)
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

static int compare(char *text, Column columns[static COLUMNS])
{
        char *row;
        size_t line = 0;
        int r = 0;

        while (r >= 0 && (row = strsep(&text, "\n")))
                r = check_row(row, ++line, columns);
        return r;
}

int main(void)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *path = NULL, *text = NULL;
        const char *other = getenv("IMAD_KERNEL_VERDICTS");
        Column columns[COLUMNS] = { 0 };
        bool agree = true;
        size_t size;
        int r = 0;

        path = realpath(other && *other ? other : RECORDING, NULL);
        r = path ? fs_read_file(root, path, RECORDING_SIZE_MAX, &text, &size) : -errno;
        if (r < 0)
                printf("%s cannot be read: %s\n", other ?: RECORDING, strerror(-r));
        for (size_t i = 0; r >= 0 && i < COLUMNS; i++)
                r = load_target(root, target_names[i], &columns[i].target);
        if (r >= 0)
                r = compare(text, columns);
        for (size_t i = 0; i < COLUMNS; i++) {
                if (r >= 0)
                        printf("%zu rows, %zu agree (%s)\n", columns[i].rows, columns[i].agree,
                                        target_names[i]);
                agree = agree && columns[i].rows > 0 && columns[i].rows == columns[i].agree;
                target_free(columns[i].target);
        }
        return r < 0 || !agree ? EXIT_FAILURE : EXIT_SUCCESS;
}

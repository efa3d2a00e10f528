/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares imad's verdicts with recorded ones of three kernels: a payload with C escapes and three
 * results of write(), separated by tabs, in each row. IMAD_KERNEL_VERDICTS names another recording.
 */
#include "core/policy/rule/policy-write.h"
#include "fixture-escape.h"
#include "fixture-verdicts.h"

#define COLUMNS 3

/* The machines that were recorded. */
static const char *const target_names[COLUMNS] = {
        "debian-12-without-modules",
        "debian-12-backports-without-modules",
        "all-options",
};

typedef struct Column {
        Target *target;
        VerdictCount count;
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

static int check_row(void *userdata, char *row, size_t line)
{
        Column *columns = userdata;
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

                columns[i].count.rows++;
                columns[i].count.agree += got == recorded[i];
                if (got != recorded[i])
                        printf("%s: line %zu: expected %ld, got %zd: %s\n", target_names[i], line,
                                        recorded[i], got, row);
        }
        return 0;
}

int main(void)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        Column columns[COLUMNS] = { 0 };
        bool agree = true;
        int r = verdicts_read(root, "IMAD_KERNEL_VERDICTS", RECORDING, &text);

        for (size_t i = 0; r >= 0 && i < COLUMNS; i++)
                r = verdicts_load_target(root, target_names[i], &columns[i].target);
        if (r >= 0)
                r = verdicts_for_each_line(text, check_row, columns);
        for (size_t i = 0; i < COLUMNS; i++) {
                agree &= r >= 0 && verdicts_report(&columns[i].count, target_names[i]);
                target_free(columns[i].target);
        }
        return agree ? EXIT_SUCCESS : EXIT_FAILURE;
}

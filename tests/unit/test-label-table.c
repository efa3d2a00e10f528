/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <sys/wait.h>

#include "helpers/imad-gate/label-table.h"

static const uint8_t digest_a[LABEL_DIGEST_SIZE] = { 1 }, digest_b[LABEL_DIGEST_SIZE] = { 2 };

static LabelTable *make_table(size_t capacity)
{
        LabelTable *table;

        cr_assert_eq(label_table_new(capacity, &table), 0);
        return table;
}

static LabelNumber add(LabelTable *table, uint64_t size, const uint8_t *digest, const char *path)
{
        LabelNumber number;

        cr_assert_eq(label_table_add(table, size, digest, path, &number), 0);
        return number;
}

Test(label_table, finds_by_size_and_digest)
{
        _cleanup_label_table_ LabelTable *table = make_table(65536);
        LabelNumber a = add(table, 10, digest_a, "/a"), b = add(table, 10, digest_b, "/b");

        cr_assert_eq(label_table_find(table, 10, digest_a), a);
        cr_assert_eq(label_table_find(table, 10, digest_b), b);
        cr_assert_eq(label_table_find(table, 11, digest_a), LABEL_NONE);
        cr_assert(label_table_has_size(table, 10));
        cr_assert_not(label_table_has_size(table, 11));
}

Test(label_table, the_same_bytes_at_several_paths_are_one_entry)
{
        _cleanup_label_table_ LabelTable *table = make_table(65536);
        LabelNumber number = add(table, 10, digest_a, "/a");
        const char *path;

        cr_assert_eq(add(table, 10, digest_a, "/b"), number);
        cr_assert_eq(add(table, 10, digest_a, "/b"), number);
        cr_assert_eq(label_table_get_count(table), 1);
        path = label_table_next_path(table, number, NULL);
        cr_assert_str_eq(path, "/b");
        path = label_table_next_path(table, number, path);
        cr_assert_str_eq(path, "/a");
        cr_assert_null(label_table_next_path(table, number, path));
}

Test(label_table, refuses_what_does_not_fit)
{
        _cleanup_label_table_ LabelTable *table = make_table(4096);
        uint8_t digest[LABEL_DIGEST_SIZE] = { 0 };
        LabelNumber number;
        int r = 0;

        for (uint8_t i = 1; r >= 0 && i < 255; i++) {
                digest[0] = i;
                r = label_table_add(table, 10, digest, "/a/path", &number);
        }
        cr_assert_eq(r, -ENOSPC);
        cr_assert_gt(label_table_get_count(table), 0);
        cr_assert_eq(label_table_find(table, 10, digest), LABEL_NONE);
}

Test(label_table, empty_files_need_no_label)
{
        _cleanup_label_table_ LabelTable *table = make_table(4096);
        LabelNumber number;

        cr_assert_eq(label_table_add(table, 0, digest_a, "/a", &number), -EINVAL);
}

Test(label_table, has_a_signature_when_it_is_set)
{
        _cleanup_label_table_ LabelTable *table = make_table(65536);
        LabelNumber number = add(table, 10, digest_a, "/a");
        const uint8_t *value;
        size_t size;

        cr_assert_eq(label_table_get_signature(table, number, &value, &size), -ENODATA);
        label_table_want(table, number);
        cr_assert_eq(label_table_get_state(table, number), LABEL_STATE_WANTED);
        cr_assert_eq(label_table_set_signature(table, number, digest_b, sizeof(digest_b)), 0);
        cr_assert_eq(label_table_get_signature(table, number, &value, &size), 0);
        cr_assert_eq(size, sizeof(digest_b));
        cr_assert_arr_eq(value, digest_b, size);
        label_table_want(table, number);
        cr_assert_eq(label_table_get_state(table, number), LABEL_STATE_SIGNED);
}

Test(label_table, other_processes_see_what_is_added)
{
        _cleanup_label_table_ LabelTable *table = make_table(65536);
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                label_table_unmap(table);
                _exit(label_table_map(table) < 0 || add(table, 10, digest_a, "/a") != 1);
        }
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_assert_eq(status, 0);
        cr_assert_eq(label_table_find(table, 10, digest_a), 1);
}

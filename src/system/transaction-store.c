/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/transaction-store.h"

#include <inttypes.h>

#include "base/fs.h"
#include "base/json.h"

#define SUFFIX ".json"
#define REPORT_SIZE_MAX ((size_t) 64 << 20)

static int compare_numbers(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

/* False for other names, which are left alone. */
static bool parse_name(char *name, uint64_t *ret_number)
{
        size_t length = strlen(name);

        if (!string_ends_with(name, SUFFIX))
                return false;
        name[length - strlen(SUFFIX)] = '\0';
        return parse_u64(name, UINT32_MAX, ret_number) >= 0;
}

int transaction_store_list(int root_fd, uint64_t **ret_numbers, size_t *ret_count)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ uint64_t *numbers = NULL;
        size_t count = 0;
        int r = fs_list_directory(
                        root_fd, TRANSACTION_STORE_DIRECTORY, TRANSACTION_STORE_MAX, &names);

        if (r < 0 && r != -ENOENT)
                return r;
        numbers = calloc(names.count + 1, sizeof(*numbers));
        if (!numbers)
                return -ENOMEM;
        for (size_t i = 0; i < names.count; i++)
                count += parse_name(names.items[i], &numbers[count]);
        qsort(numbers, count, sizeof(*numbers), compare_numbers);
        *ret_numbers = TAKE_PTR(numbers);
        *ret_count = count;
        return 0;
}

static int make_path(uint64_t number, char **ret_path)
{
        return asprintf(ret_path, TRANSACTION_STORE_DIRECTORY "/%" PRIu64 SUFFIX, number) < 0
                               ? -ENOMEM
                               : 0;
}

int transaction_store_load(int root_fd, uint64_t number, json_t **ret_report)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_json_ json_t *report = NULL;
        size_t size;
        int r = make_path(number, &path);

        if (r >= 0)
                r = fs_read_file(root_fd, path, REPORT_SIZE_MAX, &text, &size);
        if (r >= 0)
                r = json_parse(text, size, &report);
        if (r < 0)
                return r;
        if (!json_is_object(report))
                return -EBADMSG;
        *ret_report = TAKE_PTR(report);
        return 0;
}

int transaction_store_add(int root_fd, const json_t *report, uint64_t *ret_number)
{
        _cleanup_free_ uint64_t *numbers = NULL;
        _cleanup_free_ char *path = NULL;
        uint64_t number;
        size_t count;
        int r = transaction_store_list(root_fd, &numbers, &count);

        if (r < 0)
                return r;
        number = count > 0 ? numbers[count - 1] + 1 : 1;
        r = make_path(number, &path);
        if (r >= 0)
                r = json_store(root_fd, TRANSACTION_STORE_DIRECTORY, path, report);
        if (r >= 0)
                *ret_number = number;
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/unrecorded-packages.h"

#include "base/fs.h"
#include "base/json.h"
#include "system/package.h"

#define LISTS_MAX 1000000U
#define SETTLED_SIZE_MAX ((size_t) 4096)

/* 0 when that never was. */
static usec_t load_settled(int root_fd)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        json_int_t usec;
        size_t size;

        if (fs_read_file(root_fd, UNRECORDED_SETTLED_PATH, SETTLED_SIZE_MAX, &text, &size) < 0 ||
                        json_parse(text, size, &json) < 0)
                return 0;
        usec = json_integer_value(json_object_get(json, "settled_usec"));
        return usec > 0 ? (usec_t) usec : 0;
}

int unrecorded_packages_settle(int root_fd, usec_t now_usec)
{
        _cleanup_json_ json_t *json = json_object();
        int r = json ? json_set_time(json, "settled_usec", now_usec) : -ENOMEM;

        return r < 0 ? r : json_store(root_fd, "/var/lib/imad", UNRECORDED_SETTLED_PATH, json);
}

/* When dpkg has unpacked the package; 0: not known. */
static usec_t get_unpacked(int directory_fd, const char *name)
{
        _cleanup_close_ int fd = fs_open(directory_fd, name, O_PATH | O_NOFOLLOW, 0);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mtim.tv_sec < 0)
                return 0;
        return (usec_t) st.st_mtim.tv_sec * USEC_PER_SEC + (usec_t) st.st_mtim.tv_nsec / 1000;
}

static bool is_recorded(const RecordedSpans *spans, usec_t usec)
{
        for (size_t i = 0; i < spans->count; i++)
                if (usec >= spans->items[i].begin_usec && usec <= spans->items[i].end_usec)
                        return true;
        return false;
}

/* PACKAGE.list or PACKAGE:ARCH.list; a name stands once for all architectures. */
static int add_name(StringList *names, const char *file)
{
        _cleanup_free_ char *name =
                        strndup(file, strcspn(file, ":") < strlen(file) - strlen(PACKAGE_SUFFIX)
                                                        ? strcspn(file, ":")
                                                        : strlen(file) - strlen(PACKAGE_SUFFIX));

        if (!name)
                return -ENOMEM;
        return string_list_contains(names, name) ? 0 : string_list_add(names, name);
}

/* Of what is known; 0: nothing is. */
static usec_t get_begin(int root_fd, const RecordedSpans *spans)
{
        usec_t settled = load_settled(root_fd), begin = 0;

        for (size_t i = 0; i < spans->count; i++)
                if (begin == 0 || spans->items[i].begin_usec < begin)
                        begin = spans->items[i].begin_usec;
        if (settled == 0 || (spans->has_older && settled < begin))
                return begin;
        return settled;
}

int unrecorded_packages_find(int root_fd, const RecordedSpans *spans, StringList *ret_names)
{
        _cleanup_strings_ StringList files = { 0 }, names = { 0 };
        _cleanup_close_ int directory_fd =
                        fs_open(root_fd, PACKAGE_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);
        usec_t since = get_begin(root_fd, spans);
        int r = directory_fd < 0 ? 0 : fs_list_directory(directory_fd, ".", LISTS_MAX, &files);

        for (size_t i = 0; r >= 0 && since > 0 && i < files.count; i++) {
                usec_t usec = string_ends_with(files.items[i], PACKAGE_SUFFIX)
                                              ? get_unpacked(directory_fd, files.items[i])
                                              : 0;

                if (usec > since && !is_recorded(spans, usec))
                        r = add_name(&names, files.items[i]);
        }
        if (r >= 0)
                *ret_names = TAKE_STRUCT(names);
        return r;
}

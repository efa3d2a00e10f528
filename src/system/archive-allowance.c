/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/archive-allowance.h"

#include "base/fs.h"
#include "base/json.h"

#define SUFFIX ".json"
#define FILE_SIZE_MAX ((size_t) 64 * 1024)

/* malloc()ed; NULL: no memory. */
static char *make_path(const Digest *digest)
{
        char hex[2 * DIGEST_SIZE_MAX + 1], *path = NULL;

        hex_encode(digest->bytes, digest->size, hex);
        return asprintf(&path, ARCHIVE_ALLOWANCE_DIRECTORY "/%s" SUFFIX, hex) < 0 ? NULL : path;
}

/* 1 when it holds at that time; one from the future was written by another clock. */
static int check_file(int root_fd, const char *path, usec_t now_usec)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        json_int_t begin, end;
        size_t size;
        int r = fs_read_file(root_fd, path, FILE_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = json_parse(text, size, &json);
        if (r < 0)
                return r;
        if (json_unpack(json, "{s:I, s:I}", "allowed_usec", &begin, "until_usec", &end) < 0 ||
                        begin < 0 || end < 0)
                return -EBADMSG;
        return now_usec >= (usec_t) begin && now_usec < (usec_t) end;
}

int archive_allowance_check(int root_fd, const Digest *digest, usec_t now_usec)
{
        _cleanup_free_ char *path = make_path(digest);
        int r = path ? check_file(root_fd, path, now_usec) : -ENOMEM;

        return r == -ENOENT ? 0 : r;
}

static int forget_old(int root_fd, usec_t now_usec)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(
                        root_fd, ARCHIVE_ALLOWANCE_DIRECTORY, ARCHIVE_ALLOWANCES_MAX, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (!string_ends_with(names.items[i], SUFFIX))
                        continue;
                if (asprintf(&path, ARCHIVE_ALLOWANCE_DIRECTORY "/%s", names.items[i]) < 0)
                        return -ENOMEM;
                if (check_file(root_fd, path, now_usec) == 0)
                        r = fs_remove_tree(root_fd, path);
        }
        return r == -ENOENT ? 0 : r;
}

int archive_allowance_add(int root_fd, const ArchiveAllowance *allowance)
{
        _cleanup_free_ char *path = make_path(allowance->digest),
                            *archive = strdup(allowance->path);
        _cleanup_json_ json_t *json = NULL;
        int r = forget_old(root_fd, allowance->now_usec);

        if (r < 0 || !path || !archive)
                return r < 0 ? r : -ENOMEM;
        string_make_utf8(archive);
        json = json_pack("{s:s, s:s?}", "archive", archive, "reason", allowance->reason);
        if (!json)
                return -ENOMEM;
        r = json_set_time(json, "allowed_usec", allowance->now_usec);
        if (r >= 0)
                r = json_set_time(json, "until_usec", allowance->now_usec + ARCHIVE_ALLOWANCE_USEC);
        return r < 0 ? r : json_store(root_fd, ARCHIVE_ALLOWANCE_DIRECTORY, path, json);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/mountinfo.h"

#include <string.h>

#include "base/strings.h"

#define FIELDS_MAX 64
#define DEVICE_MAX UINT32_MAX

/* Fields in front of the optional ones, and behind the dash that ends those. */
enum {
        FIELD_ID = 0,
        FIELD_DEVICE = 2,
        FIELD_PATH = 4,
        FIELD_OPTIONS = 5,
        FIELDS_BEFORE = 6
};
enum {
        FIELD_TYPE = 1,
        FIELD_SOURCE = 2,
        FIELDS_BEHIND = 3
};

static void mount_done(Mount *mount)
{
        free(mount->path);
        free(mount->type);
        free(mount->source);
        *mount = (Mount){ 0 };
}

void mount_list_done(MountList *list)
{
        for (size_t i = 0; i < list->count; i++)
                mount_done(&list->items[i]);
        free(list->items);
        *list = (MountList){ 0 };
}

/* Blanks and backslashes stand as \ooo (mangle() in fs/proc_namespace.c). */
static char *unescape(const char *field)
{
        char *text = strdup(field), *to = text;

        for (const char *from = text; from && *from; to++) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
                                from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
                        *to = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 |
                                        (from[3] - '0'));
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        if (to)
                *to = '\0';
        return text;
}

static bool parse_device(char *field, Mount *mount)
{
        char *colon = strchr(field, ':');
        uint64_t major, minor;

        if (!colon)
                return false;
        *colon = '\0';
        if (parse_u64(field, DEVICE_MAX, &major) < 0 ||
                        parse_u64(colon + 1, DEVICE_MAX, &minor) < 0)
                return false;
        mount->major = (uint32_t) major;
        mount->minor = (uint32_t) minor;
        return true;
}

static bool has_option(const char *options, const char *name)
{
        size_t length = strlen(name);

        for (const char *p = options; p; p = strchr(p, ',')) {
                p += *p == ',';
                if (strncmp(p, name, length) == 0 && (p[length] == ',' || p[length] == '\0'))
                        return true;
        }
        return false;
}

static size_t split(char *line, char *fields[static FIELDS_MAX])
{
        size_t n = 0;
        char *state;

        for (char *f = strtok_r(line, " ", &state); f && n < FIELDS_MAX;
                        f = strtok_r(NULL, " ", &state))
                fields[n++] = f;
        return n;
}

/* 1 and the mount, 0 for a malformed line. */
static int parse_line(char *line, Mount *ret_mount)
{
        char *fields[FIELDS_MAX];
        size_t n = split(line, fields), dash = FIELDS_BEFORE;
        _cleanup_(mount_done) Mount mount = { 0 };

        while (dash < n && strcmp(fields[dash], "-") != 0)
                dash++;
        if (dash + FIELDS_BEHIND > n || parse_u64(fields[FIELD_ID], UINT64_MAX, &mount.id) < 0 ||
                        !parse_device(fields[FIELD_DEVICE], &mount))
                return 0;
        mount.noexec = has_option(fields[FIELD_OPTIONS], "noexec");
        mount.path = unescape(fields[FIELD_PATH]);
        mount.type = unescape(fields[dash + FIELD_TYPE]);
        mount.source = unescape(fields[dash + FIELD_SOURCE]);
        if (!mount.path || !mount.type || !mount.source)
                return -ENOMEM;
        mount.type[strcspn(mount.type, ".")] = '\0';
        *ret_mount = TAKE_STRUCT(mount);
        return 1;
}

static int add_line(MountList *list, const char *start, size_t length)
{
        _cleanup_free_ char *line = strndup(start, length);
        Mount mount = { 0 };
        Mount *items;
        int r = line ? parse_line(line, &mount) : -ENOMEM;

        if (r <= 0)
                return r;
        items = list->count < MOUNTINFO_MOUNTS_MAX
                                ? reallocarray(list->items, list->count + 1, sizeof(Mount))
                                : NULL;
        if (!items) {
                mount_done(&mount);
                return list->count < MOUNTINFO_MOUNTS_MAX ? -ENOMEM : -E2BIG;
        }
        list->items = items;
        list->items[list->count++] = mount;
        return 0;
}

int mountinfo_parse(const char *text, size_t size, MountList *ret_list)
{
        _cleanup_mounts_ MountList list = { 0 };

        for (const char *end = text + size; text < end;) {
                const char *newline = memchr(text, '\n', (size_t) (end - text)) ?: end;
                int r = add_line(&list, text, (size_t) (newline - text));

                if (r < 0)
                        return r;
                text = newline + 1;
        }
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/mounts.h"

#include <inttypes.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/fs.h"
#include "base/strings.h"

#define MOUNTINFO_MAX (64U * 1024 * 1024)
#define UDEV_DATA_MAX 65536U

/* include/uapi/linux/fs.h and fs/ext4/ext4.h; older headers lack them. */
typedef struct FilesystemUuid {
        uint8_t size;
        uint8_t bytes[MOUNT_UUID_SIZE];
} FilesystemUuid;
#define IOCTL_GET_UUID _IOR(0x15, 0, FilesystemUuid)

typedef struct Ext4Uuid {
        uint32_t size;
        uint32_t flags;
        uint8_t bytes[MOUNT_UUID_SIZE];
} Ext4Uuid;
#define IOCTL_EXT4_GET_UUID _IOR('f', 44, uint32_t[2])

void mounts_done(MountTable *table)
{
        for (size_t i = 0; i < table->count; i++) {
                free(table->items[i].path);
                free(table->items[i].type);
        }
        free(table->items);
        *table = (MountTable){ 0 };
}

/* Octal escapes stand for blanks, newlines and backslashes. */
static char *unescape(const char *text)
{
        char *copy = strdup(text), *to = copy;

        for (const char *from = copy; from && *from; to++) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
                                from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
                        *to = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 |
                                        (from[3] - '0'));
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        if (copy)
                *to = '\0';
        return copy;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", see proc(5). */
static int parse_line(char *line, Mount *ret_mount)
{
        _cleanup_free_ char *path = NULL, *type = NULL;
        char *separator = strstr(line, " - "), *state = NULL, *words[6], *end;
        Mount mount = { 0 };

        if (!separator)
                return -EBADMSG;
        *separator = '\0';
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                words[i] = strtok_r(i == 0 ? line : NULL, " ", &state);
                if (!words[i])
                        return -EBADMSG;
        }
        mount.id = strtoull(words[0], &end, 10);
        if (*end != '\0')
                return -EBADMSG;
        mount.major = (unsigned) strtoul(words[2], &end, 10);
        if (*end != ':')
                return -EBADMSG;
        mount.minor = (unsigned) strtoul(end + 1, &end, 10);
        if (*end != '\0')
                return -EBADMSG;
        type = strndup(separator + 3, strcspn(separator + 3, " ."));
        path = unescape(words[4]);
        if (!type || !path)
                return -ENOMEM;
        mount.type = TAKE_PTR(type);
        mount.path = TAKE_PTR(path);
        *ret_mount = mount;
        return 0;
}

static int compare_mounts(const void *a, const void *b)
{
        const Mount *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

static size_t count_lines(const char *text)
{
        size_t n = 0;

        while ((text = strchr(text, '\n'))) {
                text++;
                n++;
        }
        return n;
}

int mounts_parse(const char *text, MountTable *ret_table)
{
        _cleanup_mounts_ MountTable table = { 0 };
        _cleanup_free_ char *copy = strdup(text);
        size_t n_lines = count_lines(text);
        char *state = NULL;

        if (n_lines > MOUNTS_MAX)
                return -E2BIG;
        table.items = calloc(n_lines + 1, sizeof(Mount));
        if (!copy || !table.items)
                return -ENOMEM;
        for (char *line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                int r = parse_line(line, &table.items[table.count]);

                if (r < 0)
                        return r;
                table.count++;
        }
        qsort(table.items, table.count, sizeof(Mount), compare_mounts);
        *ret_table = TAKE_STRUCT(table);
        return 0;
}

int mounts_load(MountTable *ret_table)
{
        _cleanup_close_ int root_fd = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (root_fd < 0)
                return root_fd;
        r = fs_read_file(root_fd, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, &size);
        return r < 0 ? r : mounts_parse(text, ret_table);
}

Mount *mounts_find(MountTable *table, uint64_t id)
{
        const Mount key = { .id = id };

        return table->count > 0 ? bsearch(&key, table->items, table->count, sizeof(Mount),
                                                  compare_mounts)
                                : NULL;
}

/* Only directories are opened: opening a file could measure it. */
static int ask_filesystem(const Mount *mount, uint8_t uuid[static MOUNT_UUID_SIZE])
{
        _cleanup_close_ int fd = open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        FilesystemUuid any = { 0 };
        Ext4Uuid ext4 = { .size = MOUNT_UUID_SIZE };
        struct statx stx;

        if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0 ||
                        stx.stx_mnt_id != mount->id)
                return -ENODATA;
        if (ioctl(fd, IOCTL_GET_UUID, &any) >= 0 && any.size == MOUNT_UUID_SIZE) {
                memcpy(uuid, any.bytes, MOUNT_UUID_SIZE);
                return 0;
        }
        if (!string_equal(mount->type, "ext4") || ioctl(fd, IOCTL_EXT4_GET_UUID, &ext4) < 0)
                return -ENODATA;
        memcpy(uuid, ext4.bytes, MOUNT_UUID_SIZE);
        return 0;
}

static int parse_uuid(const char *text, uint8_t uuid[static MOUNT_UUID_SIZE])
{
        char digits[2 * MOUNT_UUID_SIZE + 1];
        size_t n = 0, size;

        for (; *text && *text != '\n'; text++) {
                if (*text == '-')
                        continue;
                if (n == 2 * MOUNT_UUID_SIZE)
                        return -EBADMSG;
                digits[n++] = *text;
        }
        digits[n] = '\0';
        return n == 2 * MOUNT_UUID_SIZE && hex_decode(digits, uuid, MOUNT_UUID_SIZE, &size) >= 0
                               ? 0
                               : -EBADMSG;
}

static int ask_udev(const Mount *mount, uint8_t uuid[static MOUNT_UUID_SIZE])
{
        _cleanup_close_ int root_fd = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        const char *found;
        char path[64];
        size_t size;

        (void) snprintf(path, sizeof(path), "/run/udev/data/b%u:%u", mount->major, mount->minor);
        if (root_fd < 0 || fs_read_file(root_fd, path, UDEV_DATA_MAX, &text, &size) < 0)
                return -ENODATA;
        found = strstr(text, "\nE:ID_FS_UUID=");
        return found ? parse_uuid(found + strlen("\nE:ID_FS_UUID="), uuid) : -ENODATA;
}

const uint8_t *mounts_get_uuid(Mount *mount)
{
        uint8_t uuid[MOUNT_UUID_SIZE] = { 0 };

        if (!mount->is_resolved) {
                mount->has_uuid = ask_filesystem(mount, uuid) >= 0 || ask_udev(mount, uuid) >= 0;
                if (mount->has_uuid)
                        memcpy(mount->uuid, uuid, sizeof(uuid));
                mount->is_resolved = true;
        }
        return mount->uuid;
}

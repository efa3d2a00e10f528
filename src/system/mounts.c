/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/mounts.h"

#include <inttypes.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/fs.h"
#include "base/strings.h"

#define MOUNTINFO_SIZE_MAX (64U * 1024 * 1024)
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
        mount_list_done(&table->list);
        free(table->uuids);
        *table = (MountTable){ 0 };
}

static int compare_mounts(const void *a, const void *b)
{
        const Mount *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

int mounts_load(MountTable *ret_table)
{
        _cleanup_close_ int root_fd = fs_open_root("/");
        _cleanup_mount_table_ MountTable table = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (root_fd < 0)
                return root_fd;
        r = fs_read_file(root_fd, "/proc/self/mountinfo", MOUNTINFO_SIZE_MAX, &text, &size);
        if (r >= 0)
                r = mountinfo_parse(text, size, &table.list);
        if (r < 0)
                return r;
        table.uuids = calloc(table.list.count + 1, sizeof(MountUuid));
        if (!table.uuids)
                return -ENOMEM;
        if (table.list.count > 0)
                qsort(table.list.items, table.list.count, sizeof(Mount), compare_mounts);
        *ret_table = TAKE_STRUCT(table);
        return 0;
}

const Mount *mounts_find(const MountTable *table, uint64_t id)
{
        const Mount key = { .id = id };

        return table->list.count > 0 ? bsearch(&key, table->list.items, table->list.count,
                                                       sizeof(Mount), compare_mounts)
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

const uint8_t *mounts_get_uuid(MountTable *table, const Mount *mount)
{
        MountUuid *uuid = &table->uuids[mount - table->list.items];

        if (!uuid->is_read && ask_filesystem(mount, uuid->bytes) < 0)
                (void) ask_udev(mount, uuid->bytes);
        uuid->is_read = true;
        return uuid->bytes;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/filesystems.h"

#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/mountinfo.h"

#define MOUNTINFO_MAX ((size_t) 4 * 1024 * 1024)
#define TYPES_MAX ((size_t) 64 * 1024)
#define UUIDS_DIRECTORY "/dev/disk/by-uuid"
#define UUIDS_MAX 1000
#define UUID_LENGTH 36

/* Looking at these may start something, or wait for somebody who does not answer. */
static const char *const remote_types[] = { "9p", "afs", "autofs", "ceph", "cifs", "fuse",
        "fuseblk", "gfs2", "nfs", "nfs4", "ocfs2", "smb3", "virtiofs" };

static void filesystem_done(Filesystem *fs)
{
        free(fs->path);
        free(fs->type);
        free(fs->uuid);
        *fs = (Filesystem){ 0 };
}

void filesystem_list_done(FilesystemList *list)
{
        for (size_t i = 0; i < list->count; i++)
                filesystem_done(&list->items[i]);
        free(list->items);
        string_list_done(&list->types);
        *list = (FilesystemList){ 0 };
}

static bool is_remote(const char *type)
{
        for (size_t i = 0; i < ELEMENTSOF(remote_types); i++)
                if (strcmp(remote_types[i], type) == 0)
                        return true;
        return false;
}

/* Another file system may be mounted over it: then nothing is known. */
static void look_at(int root_fd, const Mount *mount, Filesystem *fs)
{
        _cleanup_close_ int fd = -EBADF;
        struct statfs statistics;
        struct stat st;

        if (is_remote(mount->type))
                return;
        fd = fs_open(root_fd, mount->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
        if (fd < 0 || fstat(fd, &st) < 0 || fstatfs(fd, &statistics) < 0 ||
                        major(st.st_dev) != mount->major || minor(st.st_dev) != mount->minor)
                return;
        fs->magic = (uint32_t) statistics.f_type;
        fs->lacks_xattrs = fgetxattr(fd, "security.ima", NULL, 0) < 0 && errno == EOPNOTSUPP;
}

/* Devices by UUID, as udev links them. */
typedef struct Uuids {
        StringList names;
        dev_t *devices;
} Uuids;

static void uuids_done(Uuids *uuids)
{
        string_list_done(&uuids->names);
        free(uuids->devices);
}

static dev_t get_device(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_PATH, 0);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) >= 0 && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

static int load_uuids(int root_fd, Uuids *ret_uuids)
{
        _cleanup_(uuids_done) Uuids uuids = { 0 };
        int r = fs_list_directory(root_fd, UUIDS_DIRECTORY, UUIDS_MAX, &uuids.names);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return 0;
        uuids.devices = calloc(uuids.names.count + 1, sizeof(dev_t));
        if (!uuids.devices)
                return -ENOMEM;
        for (size_t i = 0; i < uuids.names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", UUIDS_DIRECTORY, uuids.names.items[i]) < 0)
                        return -ENOMEM;
                if (strlen(uuids.names.items[i]) == UUID_LENGTH)
                        uuids.devices[i] = get_device(root_fd, path);
        }
        *ret_uuids = TAKE_STRUCT(uuids);
        return 0;
}

/* Btrfs has a device number of its own; its source is the device. */
static int find_uuid(int root_fd, const Uuids *uuids, const Mount *mount, char **ret_uuid)
{
        dev_t device = makedev(mount->major, mount->minor);
        dev_t source = mount->source[0] == '/' ? get_device(root_fd, mount->source) : 0;

        for (size_t i = 0; i < uuids->names.count; i++) {
                if (uuids->devices[i] == 0 ||
                                (uuids->devices[i] != device && uuids->devices[i] != source))
                        continue;
                *ret_uuid = strdup(uuids->names.items[i]);
                return *ret_uuid ? 0 : -ENOMEM;
        }
        return 0;
}

static bool is_seen(const MountList *mounts, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (mounts->items[i].major == mounts->items[index].major &&
                                mounts->items[i].minor == mounts->items[index].minor)
                        return true;
        return false;
}

static int add_mount(int root_fd, const Uuids *uuids, const Mount *mount, FilesystemList *list)
{
        Filesystem *fs = &list->items[list->count++];

        fs->path = strdup(mount->path);
        fs->type = strdup(mount->type);
        fs->noexec = mount->noexec;
        if (!fs->path || !fs->type)
                return -ENOMEM;
        look_at(root_fd, mount, fs);
        return find_uuid(root_fd, uuids, mount, &fs->uuid);
}

static int load_mounts(int root_fd, FilesystemList *list)
{
        _cleanup_(uuids_done) Uuids uuids = { 0 };
        _cleanup_mounts_ MountList mounts = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, &size);

        if (r >= 0)
                r = mountinfo_parse(text, size, &mounts);
        if (r >= 0)
                r = load_uuids(root_fd, &uuids);
        if (r < 0)
                return r;
        list->items = calloc(mounts.count + 1, sizeof(Filesystem));
        if (!list->items)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < mounts.count; i++)
                if (!is_seen(&mounts, i))
                        r = add_mount(root_fd, &uuids, &mounts.items[i], list);
        return r;
}

/* "nodev\tsysfs" or "\text4" on each line. */
static int load_types(int root_fd, StringList *types)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, "/proc/filesystems", TYPES_MAX, &text, &size);
        char *state;

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); line && r >= 0;
                        line = strtok_r(NULL, "\n", &state)) {
                const char *tab = strchr(line, '\t');

                r = tab ? string_list_add(types, tab + 1) : 0;
        }
        return r;
}

int filesystem_list_load(int root_fd, FilesystemList *ret_list)
{
        _cleanup_filesystems_ FilesystemList list = { 0 };
        int r = load_mounts(root_fd, &list);

        if (r >= 0)
                r = load_types(root_fd, &list.types);
        if (r < 0)
                return r;
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-file.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/strings.h"

#define RESTART_MAX 16
#define VERITY_BLOCK_SIZE 4096

/* Not in linux/magic.h. */
#define CIFS_MAGIC 0xff534d42
#define SMB2_MAGIC 0xfe534d42
#define CEPH_MAGIC 0x00c36400
#define FUSE_MAGIC 0x65735546

void label_file_done(LabelFile *file)
{
        cleanup_closep(&file->fd);
        file->fd = -EBADF;
}

int label_file_open(int path_fd, LabelFile *ret_file)
{
        char path[sizeof("/proc/self/fd/2147483647")];
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };

        if (fstat(path_fd, &file.stat) < 0)
                return -errno;
        if (!S_ISREG(file.stat.st_mode))
                return S_ISLNK(file.stat.st_mode) ? -ELOOP : -EMEDIUMTYPE;
        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
        file.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (file.fd < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        *ret_file = file;
        file.fd = -EBADF;
        return 0;
}

static bool is_network(uint64_t magic)
{
        static const uint64_t magics[] = { NFS_SUPER_MAGIC, CIFS_MAGIC, SMB2_MAGIC, SMB_SUPER_MAGIC,
                AFS_SUPER_MAGIC, AFS_FS_MAGIC, CODA_SUPER_MAGIC, V9FS_MAGIC, CEPH_MAGIC,
                FUSE_MAGIC };

        for (size_t i = 0; i < ELEMENTSOF(magics); i++)
                if (magics[i] == magic)
                        return true;
        return false;
}

int label_file_hold(const LabelFile *file)
{
        struct statfs fs;

        if (fstatfs(file->fd, &fs) < 0)
                return -errno;
        if (is_network((uint32_t) fs.f_type))
                return -EREMOTE;
        if ((uint32_t) fs.f_type == OVERLAYFS_SUPER_MAGIC)
                return -EXDEV;
        /* Others than owner and root get no lease, and some file systems give none. */
        if (fcntl(file->fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN)
                return -EBUSY;
        return 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

int label_file_check(const LabelFile *file, bool with_ctime)
{
        const struct stat *was = &file->stat;
        struct stat is;

        if (fstat(file->fd, &is) < 0)
                return -errno;
        return is.st_nlink > 0 && is.st_size == was->st_size &&
                                               same_time(is.st_mtim, was->st_mtim) &&
                                               is.st_mode == was->st_mode &&
                                               is.st_uid == was->st_uid &&
                                               is.st_gid == was->st_gid &&
                                               (!with_ctime || same_time(is.st_ctim, was->st_ctim))
                               ? 0
                               : -ESTALE;
}

int label_file_enable_verity(LabelFile *file, HashAlgorithm hash)
{
        const struct fsverity_enable_arg argument = {
                .version = 1,
                .hash_algorithm = hash == HASH_SHA512 ? FS_VERITY_HASH_ALG_SHA512
                                                      : FS_VERITY_HASH_ALG_SHA256,
                .block_size = VERITY_BLOCK_SIZE,
        };

        if (ioctl(file->fd, FS_IOC_ENABLE_VERITY, &argument) < 0 && errno != EEXIST)
                return errno == ENOTTY || errno == EOPNOTSUPP ? -EPROTONOSUPPORT
                       : errno == ETXTBSY                     ? -EBUSY
                                                              : -errno;
        return fstat(file->fd, &file->stat) < 0 ? -errno : 0;
}

int label_file_get(const LabelFile *file, const char *name, uint8_t **ret_value, size_t *ret_size)
{
        /* It may grow between the two calls. */
        for (int i = 0; i < RESTART_MAX; i++) {
                _cleanup_free_ uint8_t *value = NULL;
                ssize_t size = fgetxattr(file->fd, name, NULL, 0);

                if (size < 0 && errno != ENODATA)
                        return -errno;
                if (size <= 0) {
                        *ret_value = NULL;
                        *ret_size = 0;
                        return 0;
                }
                value = malloc((size_t) size);
                if (!value)
                        return -ENOMEM;
                size = fgetxattr(file->fd, name, value, (size_t) size);
                if (size > 0) {
                        *ret_value = TAKE_PTR(value);
                        *ret_size = (size_t) size;
                        return 0;
                }
                if (size < 0 && errno != ERANGE && errno != ENODATA)
                        return -errno;
        }
        return -EBUSY;
}

int label_file_set(const LabelFile *file, const char *name, const uint8_t *value, size_t size)
{
        _cleanup_free_ uint8_t *stored = NULL;
        size_t stored_size;
        int r;

        if (fsetxattr(file->fd, name, value, size, 0) < 0)
                return -errno;
        r = label_file_get(file, name, &stored, &stored_size);
        if (r < 0)
                return r;
        return stored_size == size && memcmp(stored, value, size) == 0 ? 0 : -EIO;
}

int label_file_remove(const LabelFile *file, const char *name)
{
        if (fremovexattr(file->fd, name) >= 0)
                return 1;
        return errno == ENODATA ? 0 : -errno;
}

void label_file_protected_done(LabelFileProtected *protected_values)
{
        for (size_t i = 0; i < protected_values->evm.n_attributes; i++)
                free(protected_values->values[i]);
        protected_values->evm.n_attributes = 0;
}

/* As struct fsuuid2 of linux/fs.h since 6.9, for every file system that has one. */
typedef struct FileSystemUuid {
        uint8_t size;
        uint8_t bytes[EVM_UUID_SIZE];
} FileSystemUuid;

/* As struct fsuuid of fs/ext4/ext4.h since 5.19. */
typedef struct Ext4Uuid {
        uint32_t size;
        uint32_t flags;
        uint8_t bytes[EVM_UUID_SIZE];
} Ext4Uuid;

/* struct fsuuid, whose bytes do not count for the number of the request. */
#define EXT4_GET_UUID _IOR('f', 44, uint64_t)
#define FS_GET_UUID _IOR(0x15, 0, FileSystemUuid)

static bool read_uuid(int fd, uint8_t ret_uuid[static EVM_UUID_SIZE])
{
        Ext4Uuid ext4 = { .size = EVM_UUID_SIZE };
        FileSystemUuid any = { 0 };

        if (ioctl(fd, FS_GET_UUID, &any) >= 0 && any.size == EVM_UUID_SIZE)
                memcpy(ret_uuid, any.bytes, EVM_UUID_SIZE);
        else if (ioctl(fd, EXT4_GET_UUID, &ext4) >= 0 && ext4.size == EVM_UUID_SIZE)
                memcpy(ret_uuid, ext4.bytes, EVM_UUID_SIZE);
        else
                return false;
        return true;
}

/* What only signatures that are not portable cover; kernels have CONFIG_EVM_ATTR_FSUUID by default.
 */
static void read_place(const LabelFile *file, EvmFile *evm)
{
        /* File systems write an int, whatever the number of the request says. */
        long generation = 0;
        int value;

        if (ioctl(file->fd, FS_IOC_GETVERSION, &generation) < 0)
                return;
        memcpy(&value, &generation, sizeof(value));
        evm->generation = (uint32_t) value;
        evm->big_endian = htobe16(1) == 1;
        evm->has_uuid = evm->is_local = read_uuid(file->fd, evm->uuid);
}

int label_file_get_protected(const LabelFile *file, const uint8_t *ima, size_t ima_size,
                LabelFileProtected *ret_protected)
{
        LabelFileProtected *p = ret_protected;
        int r = 0;

        p->evm = (EvmFile){
                .attributes = p->attributes,
                .inode = file->stat.st_ino,
                .uid = file->stat.st_uid,
                .gid = file->stat.st_gid,
                .mode = (uint16_t) file->stat.st_mode,
        };
        read_place(file, &p->evm);
        for (size_t i = 0; r >= 0 && evm_attribute_names[i]; i++) {
                EvmAttribute *attribute = &p->attributes[p->evm.n_attributes];
                uint8_t **value = &p->values[p->evm.n_attributes];

                attribute->name = evm_attribute_names[i];
                *value = NULL;
                if (ima_size > 0 && string_equal(attribute->name, "security.ima")) {
                        attribute->value = ima;
                        attribute->size = ima_size;
                } else {
                        r = label_file_get(file, attribute->name, value, &attribute->size);
                        attribute->value = *value;
                }
                if (r >= 0 && attribute->size > 0)
                        p->evm.n_attributes++;
        }
        if (r < 0)
                label_file_protected_done(p);
        return r;
}

static const struct {
        int error;
        LabelFileReason reason;
} reasons[] = {
        {ELOOP,            { "it is a symbolic link", "name the file itself" }                              },
        { EMEDIUMTYPE,     { "it is no regular file", NULL }                                                },
        { EBUSY,           { "it is open for writing", "sign it when it is finished" }                      },
        { ESTALE,          { "it was changed meanwhile", "sign it when it is finished" }                    },
        { EREMOTE,         { "it lies on a network file system or one in user space",
                                   "sign it where it is stored, or use --output=sidecar" }},
        { EXDEV,           { "it lies on overlayfs, where a label would make a copy of it",
                                 "sign it in the layer below, or use --output=sidecar" }    },
        { EROFS,           { "the file system is mounted read-only", "remount it" }                         },
        { EOPNOTSUPP,      { "the file system has no extended attributes", "use --output=sidecar" }         },
        { EPROTONOSUPPORT, { "the file system has no fs-verity",
                                           "on ext4 tune2fs -O verity adds it" }  },
        { EBADE,           { "fs-verity is on with another hash", "sign it with --hash=sha512, or sha256" } },
        { ENOSPC,          { "there is no room for the attribute", "free some space" }                      },
        { E2BIG,           { "there is no room for the attribute", "use a shorter key" }                    },
        { EDQUOT,          { "the quota is used up", "free some space" }                                    },
        { EACCES,          { "it may not be read or labelled", "run it as root" }                           },
        { EIO,             { "the storage does not give back what was written", NULL }                      },
        { ENOENT,          { "it does not exist", NULL }                                                    },
        { EPERM,           { "the kernel refuses the label",
                                 "run it as root; an active EVM refuses it where it was not "
                                 "started to allow labels" }                                },
};

LabelFileReason label_file_explain(int path_fd, int error)
{
        struct statx stx;

        if (error == -EPERM && path_fd >= 0 &&
                        statx(path_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) >= 0) {
                if (stx.stx_attributes & STATX_ATTR_IMMUTABLE)
                        return (LabelFileReason){ "it is immutable", "chattr -i takes that back" };
                if (stx.stx_attributes & STATX_ATTR_APPEND)
                        return (LabelFileReason){ "it is append-only",
                                "chattr -a takes that back" };
        }
        for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
                if (reasons[i].error == -error)
                        return reasons[i].reason;
        return (LabelFileReason){ strerrordesc_np(-error), NULL };
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-facts.h"

#include <fcntl.h>
#include <linux/fsverity.h>
#include <linux/stat.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/strings.h"

#define READ_CHUNK 65536

typedef char FdPath[sizeof("/proc/self/fd/2147483647")];

static const char *fd_path(int fd, FdPath path)
{
        (void) snprintf(path, sizeof(FdPath), "/proc/self/fd/%d", fd);
        return path;
}

/* "user:role:type", behind which levels may follow. Where SELinux is active the kernel tells its
 * own. */
static void read_context(int path_fd, FileFacts *facts)
{
        FdPath path;
        char *part = facts->context, *colon;
        ssize_t n = getxattr(fd_path(path_fd, path), "security.selinux", part,
                        sizeof(facts->context) - 1);

        part[n < 0 ? 0 : n] = '\0';
        for (int i = 0; i < FILE_OBJECT_LABELS && *part; i++) {
                colon = strchr(part, ':');
                if (!colon && i < FILE_OBJECT_LABELS - 1)
                        return;
                facts->object[i] = part;
                if (!colon)
                        return;
                *colon = '\0';
                part = colon + 1;
        }
}

static int read_labels(int path_fd, FileFacts *facts)
{
        FdPath path;
        ssize_t n = getxattr(
                        fd_path(path_fd, path), "security.ima", facts->label, sizeof(facts->label));

        if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP && errno != ERANGE)
                return -errno;
        facts->has_xattrs = n >= 0 || errno != EOPNOTSUPP;
        facts->label_size = n >= 0 ? (size_t) n : errno == ERANGE ? sizeof(facts->label) : 0;
        facts->has_evm_label = facts->has_xattrs && getxattr(path, "security.evm", NULL, 0) > 0;
        read_context(path_fd, facts);
        return 0;
}

int file_facts_read(int path_fd, MountTable *mounts, bool with_labels, FileFacts *ret_facts)
{
        FileFacts *facts = ret_facts;
        struct statfs fs;

        facts->label_size = 0;
        facts->has_evm_label = false;
        facts->has_xattrs = true;
        memset(facts->object, 0, sizeof(facts->object));
        if (statx(path_fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID,
                            &facts->stat) < 0 ||
                        fstatfs(path_fd, &fs) < 0)
                return -errno;
        facts->magic = (uint64_t) fs.f_type;
        facts->mounts = mounts;
        facts->mount = mounts_find(mounts, facts->stat.stx_mnt_id);
        return with_labels && S_ISREG(facts->stat.stx_mode) ? read_labels(path_fd, facts) : 0;
}

void file_facts_apply(const FileFacts *facts, Request *request)
{
        request->owner = facts->stat.stx_uid;
        request->owner_group = facts->stat.stx_gid;
        request->fsmagic = facts->magic;
        request->fsname = facts->mount ? facts->mount->type : NULL;
        if (facts->mount)
                memcpy(request->fsuuid, mounts_get_uuid(facts->mounts, facts->mount),
                                REQUEST_UUID_SIZE);
        for (int i = 0; i < FILE_OBJECT_LABELS; i++)
                request->labels[KEYWORD_OBJ_USER - KEYWORD_SUBJ_USER + i] = facts->object[i];
}

/* fs/fuse marks its superblocks with SB_I_IMA_UNVERIFIABLE_SIGNATURE. */
static bool is_fuse(const FileFacts *facts)
{
        return facts->mount && string_after(facts->mount->type, "fuse");
}

AppraisalFile file_facts_to_appraisal(const FileFacts *facts)
{
        return (AppraisalFile){
                .label = facts->label,
                .label_size = facts->label_size,
                .has_xattrs = facts->has_xattrs,
                .has_evm_label = facts->has_evm_label,
                .has_verity = facts->stat.stx_attributes & STATX_ATTR_VERITY,
                .is_unverifiable = is_fuse(facts),
                .size = facts->stat.stx_size,
        };
}

int file_facts_measure_verity(int fd, Digest *ret_digest)
{
        union {
                struct fsverity_digest header;
                uint8_t bytes[sizeof(struct fsverity_digest) + DIGEST_SIZE_MAX];
        } verity = { .header.digest_size = DIGEST_SIZE_MAX };

        if (ioctl(fd, FS_IOC_MEASURE_VERITY, &verity) < 0)
                return -errno;
        ret_digest->algorithm = verity.header.digest_algorithm == FS_VERITY_HASH_ALG_SHA512
                                                ? HASH_SHA512
                                                : HASH_SHA256;
        ret_digest->size = verity.header.digest_size;
        memcpy(ret_digest->bytes, verity.bytes + sizeof(verity.header), ret_digest->size);
        return 0;
}

/* Up to `limit` bytes of the file. */
static int hash(int fd, HashAlgorithm algorithm, uint64_t offset, uint64_t limit,
                Digest *ret_digest)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        _cleanup_free_ uint8_t *bytes = malloc(READ_CHUNK);
        int r = bytes ? digest_context_new(algorithm, &context) : -ENOMEM;

        if (r >= 0)
                r = digest_context_begin(context);
        while (r >= 0 && limit > 0) {
                size_t wanted = limit < READ_CHUNK ? (size_t) limit : READ_CHUNK;
                ssize_t n = pread(fd, bytes, wanted, (off_t) offset);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                r = digest_context_update(context, bytes, (size_t) n);
                offset += (uint64_t) n;
                limit -= (uint64_t) n;
        }
        if (r < 0)
                return r;
        ret_digest->algorithm = algorithm;
        ret_digest->size = hash_algorithm_size(algorithm);
        return digest_context_end(context, ret_digest->bytes);
}

int file_facts_hash(int fd, HashAlgorithm algorithm, Digest *ret_digest)
{
        off_t start = lseek(fd, 0, SEEK_CUR);

        return start < 0 ? -errno : hash(fd, algorithm, (uint64_t) start, UINT64_MAX, ret_digest);
}

int file_facts_hash_part(int fd, HashAlgorithm algorithm, uint64_t size, Digest *ret_digest)
{
        return hash(fd, algorithm, 0, size, ret_digest);
}

int file_facts_digest(void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        FdPath path;
        _cleanup_close_ int fd = open(fd_path(*(const int *) userdata, path),
                        O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return is_verity ? file_facts_measure_verity(fd, ret_digest)
                         : file_facts_hash(fd, algorithm, ret_digest);
}

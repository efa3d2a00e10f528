/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/securityfs.h"

#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/strings.h"

#define COUNTER_TEXT_MAX 64
#define POLICY_TEXT_MAX (16U * 1024 * 1024)

ImaState securityfs_get_ima_state(int root_fd)
{
        _cleanup_close_ int fd = -EBADF;
        struct statfs st;

        if (fs_exists(root_fd, SECURITYFS_IMA_PATH))
                return IMA_STATE_PRESENT;
        fd = fs_open(root_fd, SECURITYFS_PATH, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0 || fstatfs(fd, &st) < 0)
                return IMA_STATE_NO_SECURITYFS;
        if (st.f_type == SECURITYFS_MAGIC)
                return IMA_STATE_ABSENT;
        /* An unmounted mount point is empty; the file "lsm" is always in securityfs. */
        return fs_exists(root_fd, SECURITYFS_PATH "/lsm") ? IMA_STATE_ABSENT
                                                          : IMA_STATE_NO_SECURITYFS;
}

int securityfs_get_policy_state(int root_fd, ImaPolicyState *ret_state)
{
        _cleanup_close_ int fd = fs_open(root_fd, SECURITYFS_POLICY_PATH, O_PATH, 0);
        struct statvfs vfs;
        struct stat st;

        if (fd == -ENOENT && fs_exists(root_fd, SECURITYFS_IMA_PATH)) {
                *ret_state = IMA_POLICY_STATE_CONSUMED;
                return 0;
        }
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0 || fstatvfs(fd, &vfs) < 0)
                return -errno;
        /* CONFIG_IMA_READ_POLICY without CONFIG_IMA_WRITE_POLICY: the file stays for reading. */
        if ((st.st_mode & S_IWUSR) == 0)
                *ret_state = IMA_POLICY_STATE_CONSUMED;
        else if ((vfs.f_flag & ST_RDONLY) != 0)
                *ret_state = IMA_POLICY_STATE_READ_ONLY;
        else
                *ret_state = IMA_POLICY_STATE_LOADABLE;
        return 0;
}

static int open_policy(int root_fd)
{
        return fs_open(root_fd, SECURITYFS_POLICY_PATH, O_WRONLY | O_NOCTTY, 0);
}

static const PolicyFileOps kernel_ops = {
        .open = open_policy,
        .write = write,
        .close = close,
};

/* The policy in force as text; NULL where CONFIG_IMA_READ_POLICY is not set. */
static char *read_back(int root_fd)
{
        char *text;
        size_t size;

        if (fs_read_file(root_fd, SECURITYFS_POLICY_PATH, POLICY_TEXT_MAX, &text, &size) < 0)
                return NULL;
        return text;
}

static int write_path(
                int root_fd, const char *path, const PolicyFileOps *ops, PolicyLoadResult *result)
{
        _cleanup_free_ char *line = NULL;
        int length, fd, r = 0;
        ssize_t n;

        length = asprintf(&line, "%s\n", path);
        if (length < 0) {
                line = NULL;
                return -ENOMEM;
        }
        result->step = POLICY_LOAD_STEP_OPEN;
        fd = ops->open(root_fd);
        if (fd < 0)
                return fd;
        result->step = POLICY_LOAD_STEP_WRITE;
        n = ops->write(fd, line, (size_t) length);
        if (n < 0)
                r = -errno;
        else if (n != length)
                r = -EIO;
        /* close() commits the policy and always returns 0. */
        (void) ops->close(fd);
        return r;
}

int securityfs_load_policy(int root_fd, const char *path, const PolicyFileOps *ops,
                PolicyLoadResult *ret_result)
{
        _cleanup_free_ char *before = NULL, *after = NULL;
        ImaPolicyState state = IMA_POLICY_STATE_MAX;
        int r;

        *ret_result = (PolicyLoadResult){ .proof = POLICY_LOAD_PROOF_NONE };
        /* A newline would end the path for the kernel, and not for us. */
        if (path[0] != '/' || strchr(path, '\n'))
                return -EINVAL;
        before = read_back(root_fd);
        r = write_path(root_fd, path, ops ? ops : &kernel_ops, ret_result);
        if (r < 0)
                return r;
        ret_result->step = POLICY_LOAD_STEP_VERIFY;
        if (securityfs_get_policy_state(root_fd, &state) >= 0 &&
                        state == IMA_POLICY_STATE_CONSUMED) {
                ret_result->proof = POLICY_LOAD_PROOF_GONE;
                return 0;
        }
        after = read_back(root_fd);
        if (!before || !after)
                return 0;
        if (string_equal(before, after))
                return -EIO;
        ret_result->proof = POLICY_LOAD_PROOF_READ_BACK;
        return 0;
}

static int read_number(int root_fd, const char *path, uint64_t *ret_value)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, path, COUNTER_TEXT_MAX, &text, &size);

        if (r < 0)
                return r;
        return parse_u64(string_strip(text), UINT64_MAX, ret_value) < 0 ? -EBADMSG : 0;
}

int securityfs_read_evm(int root_fd, uint64_t *ret_bits)
{
        return read_number(root_fd, SECURITYFS_EVM_PATH, ret_bits);
}

int securityfs_read_counter(int root_fd, const char *name, uint64_t *ret_value)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s", SECURITYFS_IMA_PATH, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return read_number(root_fd, path, ret_value);
}

int securityfs_open_list(int root_fd, HashAlgorithm bank, int *ret_fd)
{
        const char *name = hash_algorithm_to_string(bank);
        _cleanup_free_ char *path = NULL;
        int fd;

        if (!name)
                return -EINVAL;
        if (asprintf(&path, "%s/binary_runtime_measurements_%s", SECURITYFS_IMA_PATH, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
        if (fd == -ENOENT && bank == HASH_SHA1)
                fd = fs_open(root_fd, SECURITYFS_IMA_PATH "/binary_runtime_measurements",
                                O_RDONLY | O_NONBLOCK, 0);
        if (fd < 0)
                return fd;
        *ret_fd = fd;
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

typedef struct Fixture {
        char path[64];
        int path_fd;
        LabelFile file;
} Fixture;

static Fixture open_file(void)
{
        Fixture f = { .path = "/tmp/test-label-file-XXXXXX" };
        int fd = mkstemp(f.path);

        cr_assert_geq(fd, 0);
        cr_assert_eq(write(fd, "content", 7), 7);
        (void) close(fd);
        f.path_fd = open(f.path, O_PATH | O_CLOEXEC);
        cr_assert_eq(label_file_open(f.path_fd, &f.file), 0);
        return f;
}

static void close_file(Fixture *f)
{
        label_file_done(&f->file);
        (void) close(f->path_fd);
        (void) unlink(f->path);
}

Test(label_file, only_regular_files_open)
{
        _cleanup_close_ int directory = open("/tmp", O_PATH | O_CLOEXEC),
                            link = open("/proc/self/exe", O_PATH | O_NOFOLLOW | O_CLOEXEC),
                            device = open("/dev/null", O_PATH | O_CLOEXEC);
        LabelFile file;

        cr_expect_eq(label_file_open(directory, &file), -EMEDIUMTYPE);
        cr_expect_eq(label_file_open(link, &file), -ELOOP);
        cr_expect_eq(label_file_open(device, &file), -EMEDIUMTYPE);
}

Test(label_file, writers_are_noticed)
{
        Fixture f = open_file();
        int writer = open(f.path, O_WRONLY | O_CLOEXEC);

        cr_assert_geq(writer, 0);
        cr_expect_eq(label_file_hold(&f.file), -EBUSY);
        (void) close(writer);
        cr_expect_eq(label_file_hold(&f.file), 0);
        close_file(&f);
}

Test(label_file, changes_are_noticed)
{
        Fixture f = open_file();

        cr_expect_eq(label_file_check(&f.file, true), 0);
        cr_assert_eq(chmod(f.path, 0640), 0);
        cr_expect_eq(label_file_check(&f.file, false), -ESTALE);
        close_file(&f);
}

Test(label_file, what_is_no_content_changes_the_time_of_change_only)
{
        Fixture f = open_file();
        struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };

        f.file.stat.st_ctim.tv_sec--; /* as if it had been changed in this second */
        cr_assert_eq(utimensat(AT_FDCWD, f.path, times, 0), 0);
        cr_expect_eq(label_file_check(&f.file, false), 0);
        cr_expect_eq(label_file_check(&f.file, true), -ESTALE);
        close_file(&f);
}

Test(label_file, absent_attributes_are_empty)
{
        Fixture f = open_file();
        uint8_t *value;
        size_t size;

        cr_assert_eq(label_file_get(&f.file, "user.absent", &value, &size), 0);
        cr_expect_null(value);
        cr_expect_eq(size, 0);
        cr_expect_eq(label_file_remove(&f.file, "user.absent"), 0);
        close_file(&f);
}

Test(label_file, every_error_has_a_reason)
{
        static const int errors[] = { -EBUSY, -ESTALE, -EREMOTE, -EXDEV, -EROFS, -EOPNOTSUPP,
                -ENOSPC, -EDQUOT, -EPERM, -EACCES, -EIO, -ENOMEM };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                cr_expect_not_null(label_file_explain(-EBADF, errors[i]).reason);
        cr_expect_str_eq(label_file_explain(-EBADF, -EROFS).reason,
                        "the file system is mounted read-only");
}

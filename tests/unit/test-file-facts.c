/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-facts.h"

#include <criterion/criterion.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "fixture-root.h"

static FileFacts *read_facts(int fd, MountTable *mounts)
{
        FileFacts *facts = calloc(1, sizeof(FileFacts));

        cr_assert_eq(mounts_load(mounts), 0);
        cr_assert_eq(file_facts_read(fd, mounts, true, facts), 0);
        return facts;
}

Test(file_facts, an_unopened_file_tells_its_owner_and_file_system)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_mount_table_ MountTable mounts = { 0 };
        _cleanup_free_ FileFacts *facts = NULL;
        _cleanup_close_ int fd = -EBADF;
        Request request = { 0 };
        struct statfs fs;
        struct stat st;

        fixture_root_write(&root, "/file", "text");
        fd = fs_open(root.fd, "/file", O_PATH, 0);
        facts = read_facts(fd, &mounts);
        file_facts_apply(facts, &request);
        cr_assert_eq(fstat(fd, &st), 0);
        cr_assert_eq(fstatfs(fd, &fs), 0);
        cr_expect_eq(request.owner, st.st_uid);
        cr_expect_eq(request.owner_group, st.st_gid);
        cr_expect_eq(request.fsmagic, (uint64_t) fs.f_type);
        cr_expect_not_null(request.fsname);
        cr_expect_eq(facts->label_size, 0);
        cr_expect_eq(file_facts_to_appraisal(facts).size, 4);
}

Test(file_facts, the_label_of_selinux_is_told_in_its_parts)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_mount_table_ MountTable mounts = { 0 };
        _cleanup_free_ FileFacts *facts = NULL;
        _cleanup_close_ int fd = -EBADF;
        Request request = { 0 };

        fixture_root_write(&root, "/file", "text");
        fd = fs_open(root.fd, "/file", O_RDONLY, 0);
        if (fsetxattr(fd, "security.selinux", "u:r:t:s0:c1", 11, 0) < 0)
                cr_skip_test("no label of SELinux can be set here: %s", strerror(errno));
        facts = read_facts(fd, &mounts);
        file_facts_apply(facts, &request);
        cr_expect_str_eq(request.labels[KEYWORD_OBJ_USER - KEYWORD_SUBJ_USER], "u");
        cr_expect_str_eq(request.labels[KEYWORD_OBJ_ROLE - KEYWORD_SUBJ_USER], "r");
        cr_expect_str_eq(request.labels[KEYWORD_OBJ_TYPE - KEYWORD_SUBJ_USER], "t");
        cr_expect_null(request.labels[0]);
}

Test(file_facts, proc_has_no_labels)
{
        _cleanup_close_ int root = fs_open_root("/"),
                            fd = fs_open(root, "/proc/version", O_PATH, 0);
        _cleanup_mount_table_ MountTable mounts = { 0 };
        _cleanup_free_ FileFacts *facts = read_facts(fd, &mounts);
        Request request = { 0 };

        file_facts_apply(facts, &request);
        cr_expect_not(facts->has_xattrs);
        cr_expect_eq(request.fsmagic, 0x9fa0);
        cr_expect_str_eq(request.fsname, "proc");
}

Test(file_facts, digests_are_those_of_the_content)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int fd = -EBADF;
        Digest digest = { 0 }, expected = { 0 };

        fixture_root_write(&root, "/file", "abc");
        fd = fs_open(root.fd, "/file", O_PATH, 0);
        cr_assert_eq(file_facts_digest(&fd, HASH_SHA256, false, &digest), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, "abc", 3, &expected), 0);
        cr_expect_eq(digest.size, expected.size);
        cr_expect_arr_eq(digest.bytes, expected.bytes, expected.size);
        cr_expect_eq(file_facts_digest(&fd, HASH_TGR128, false, &digest), -EOPNOTSUPP);
        cr_expect_lt(file_facts_digest(&fd, HASH_SHA256, true, &digest), 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/names.h"

#include "base/strings.h"

/* The first name of a magic is the one that is shown. */
static const FilesystemName filesystems[] = {
        {"9p",           0x01021997},
        { "aafs",        0x5a3c69f0},
        { "afs",         0x6b414653},
        { "autofs",      0x00000187},
        { "bcachefs",    0xca451a4e},
        { "binfmt_misc", 0x42494e4d},
        { "bpf",         0xcafe4a11},
        { "btrfs",       0x9123683e},
        { "ceph",        0x00c36400},
        { "cgroup",      0x0027e0eb},
        { "cgroup2",     0x63677270},
        { "cifs",        0xff534d42},
        { "configfs",    0x62656570},
        { "cramfs",      0x28cd3d45},
        { "debugfs",     0x64626720},
        { "devpts",      0x00001cd1},
        { "ecryptfs",    0x0000f15f},
        { "efivarfs",    0xde5e81e4},
        { "erofs",       0xe0f5e1e2},
        { "exfat",       0x2011bab0},
        { "ext4",        0x0000ef53},
        { "ext3",        0x0000ef53},
        { "ext2",        0x0000ef53},
        { "f2fs",        0xf2f52010},
        { "fuse",        0x65735546},
        { "hugetlbfs",   0x958458f6},
        { "iso9660",     0x00009660},
        { "isofs",       0x00009660},
        { "jffs2",       0x000072b6},
        { "mqueue",      0x19800202},
        { "vfat",        0x00004d44},
        { "msdos",       0x00004d44},
        { "nfs",         0x00006969},
        { "nfs4",        0x00006969},
        { "nilfs2",      0x00003434},
        { "nsfs",        0x6e736673},
        { "ocfs2",       0x7461636f},
        { "overlay",     0x794c7630},
        { "overlayfs",   0x794c7630},
        { "proc",        0x00009fa0},
        { "procfs",      0x00009fa0},
        { "pstore",      0x6165676c},
        { "pstorefs",    0x6165676c},
        { "ramfs",       0x858458f6},
        { "resctrl",     0x07655821},
        { "romfs",       0x00007275},
        { "securityfs",  0x73636673},
        { "selinuxfs",   0xf97cff8c},
        { "smackfs",     0x43415d53},
        { "squashfs",    0x73717368},
        { "sysfs",       0x62656572},
        { "tmpfs",       0x01021994},
        { "tracefs",     0x74726163},
        { "ubifs",       0x24051905},
        { "udf",         0x15013346},
        { "xenfs",       0xabba1974},
        { "xfs",         0x58465342},
        { "zfs",         0x2fc12fc1},
};

const FilesystemName *filesystem_list(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(filesystems);
        return filesystems;
}

const FilesystemName *filesystem_find_name(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(filesystems); i++)
                if (strcmp(filesystems[i].name, name) == 0)
                        return &filesystems[i];
        return NULL;
}

const FilesystemName *filesystem_find_magic(uint64_t magic)
{
        for (size_t i = 0; i < ELEMENTSOF(filesystems); i++)
                if (filesystems[i].magic == magic)
                        return &filesystems[i];
        return NULL;
}

const char *filesystem_nearest_name(const char *word)
{
        const char *names[ELEMENTSOF(filesystems) + 1];

        for (size_t i = 0; i < ELEMENTSOF(filesystems); i++)
                names[i] = filesystems[i].name;
        names[ELEMENTSOF(filesystems)] = NULL;
        return string_nearest(word, names);
}

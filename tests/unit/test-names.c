/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "core/policy/rule/names.h"

Test(names, magics_are_those_of_the_kernels_header)
{
        static const struct {
                const char *name;
                uint32_t magic;
        } cases[] = {
                {"proc",         PROC_SUPER_MAGIC     },
                { "sysfs",       SYSFS_MAGIC          },
                { "securityfs",  SECURITYFS_MAGIC     },
                { "debugfs",     DEBUGFS_MAGIC        },
                { "tracefs",     TRACEFS_MAGIC        },
                { "ramfs",       RAMFS_MAGIC          },
                { "tmpfs",       TMPFS_MAGIC          },
                { "devpts",      DEVPTS_SUPER_MAGIC   },
                { "cgroup",      CGROUP_SUPER_MAGIC   },
                { "cgroup2",     CGROUP2_SUPER_MAGIC  },
                { "nsfs",        NSFS_MAGIC           },
                { "efivarfs",    EFIVARFS_MAGIC       },
                { "binfmt_misc", BINFMTFS_MAGIC       },
                { "selinuxfs",   SELINUX_MAGIC        },
                { "smackfs",     SMACK_MAGIC          },
                { "overlayfs",   OVERLAYFS_SUPER_MAGIC},
                { "overlay",     OVERLAYFS_SUPER_MAGIC},
                { "ext4",        EXT4_SUPER_MAGIC     },
                { "xfs",         XFS_SUPER_MAGIC      },
                { "btrfs",       BTRFS_SUPER_MAGIC    },
                { "fuse",        FUSE_SUPER_MAGIC     },
                { "nfs",         NFS_SUPER_MAGIC      },
                { "squashfs",    SQUASHFS_MAGIC       },
                { "vfat",        MSDOS_SUPER_MAGIC    },
                { "erofs",       EROFS_SUPER_MAGIC_V1 },
                { "f2fs",        F2FS_SUPER_MAGIC     },
                { "pstore",      PSTOREFS_MAGIC       },
                { "bpf",         BPF_FS_MAGIC         },
                { "hugetlbfs",   HUGETLBFS_MAGIC      },
                { "autofs",      AUTOFS_SUPER_MAGIC   },
                { "iso9660",     ISOFS_SUPER_MAGIC    },
                { "cifs",        CIFS_SUPER_MAGIC     },
                { "9p",          V9FS_MAGIC           },
                { "afs",         AFS_FS_MAGIC         },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const FilesystemName *name = filesystem_find_name(cases[i].name);

                cr_assert_not_null(name, "%s is not known", cases[i].name);
                cr_expect_eq(name->magic, cases[i].magic, "%s", cases[i].name);
        }
}

Test(names, a_magic_has_one_name_to_show)
{
        cr_assert_str_eq(filesystem_find_magic(EXT4_SUPER_MAGIC)->name, "ext4");
        cr_assert_str_eq(filesystem_find_magic(PROC_SUPER_MAGIC)->name, "proc");
        cr_assert_null(filesystem_find_magic(0x1234));
        cr_assert_null(filesystem_find_name("Proc"));
        cr_assert_str_eq(filesystem_nearest_name("securtyfs"), "securityfs");
}

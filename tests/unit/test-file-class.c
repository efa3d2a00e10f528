/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/manifest/file-class.h"

Test(file_class, what_a_file_is_by_name_permissions_and_first_bytes)
{
        static const struct {
                const char *path, *head;
                unsigned mode, classes;
        } cases[] = {
                {"/usr/bin/a",                      "\177ELF", 0755, FILE_CLASS_ELF | FILE_CLASS_EXECUTABLE   },
                { "/usr/lib/a.so",                  "\177ELF", 0644, FILE_CLASS_ELF                           },
                { "/usr/bin/a",                     "#!/b",    0644, FILE_CLASS_SCRIPT                        },
                { "/usr/bin/a",                     "#!",      0010, FILE_CLASS_SCRIPT | FILE_CLASS_EXECUTABLE},
                { "/usr/share/a",                   "text",    0644, 0                                        },
                { "/usr/share/a",                   "",        0644, 0                                        },
                { "/lib/modules/6.1/a.ko",          "\177ELF", 0644, FILE_CLASS_ELF | FILE_CLASS_MODULE       },
                { "/usr/lib/modules/6.1/a.ko.zst",  "zstd",    0644, FILE_CLASS_MODULE                        },
                { "/usr/lib/modules/6.1/modules.x", "text",    0644, 0                                        },
                { "/usr/lib/firmware/a.bin",        "text",    0644, FILE_CLASS_FIRMWARE                      },
                { "control:postinst",               "#!/b",    0755, FILE_CLASS_SCRIPT | FILE_CLASS_MAINTAINER},
                { "control:config",                 "\177ELF", 0644, FILE_CLASS_ELF | FILE_CLASS_MAINTAINER   },
                { "control:control",                "Pack",    0755, 0                                        },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                cr_expect_eq(file_class_detect(cases[i].path, cases[i].mode, cases[i].head,
                                             strlen(cases[i].head)),
                                cases[i].classes, "%s %s", cases[i].path, cases[i].head);
}

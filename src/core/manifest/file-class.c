/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/manifest/file-class.h"

#include <string.h>

#include "base/strings.h"
#include "core/manifest/manifest.h"

#define EXECUTABLE_BITS 0111U

/* What dpkg and debconf execute: deb-preinst(5) and its kin, debconf-devel(7). */
static const char *const maintainer_scripts[] = {
        "preinst",
        "postinst",
        "prerm",
        "postrm",
        "config",
};

static const char *const module_directories[] = { "/lib/modules/", "/usr/lib/modules/" };
static const char *const module_suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };
static const char *const firmware_directories[] = { "/lib/firmware/", "/usr/lib/firmware/" };

static bool is_below(const char *path, const char *const *directories, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (string_after(path, directories[i]))
                        return true;
        return false;
}

static bool is_module(const char *path)
{
        if (!is_below(path, module_directories, ELEMENTSOF(module_directories)))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(module_suffixes); i++)
                if (string_ends_with(path, module_suffixes[i]))
                        return true;
        return false;
}

static bool is_maintainer_script(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(maintainer_scripts); i++)
                if (string_equal(name, maintainer_scripts[i]))
                        return true;
        return false;
}

unsigned file_class_detect(const char *path, unsigned mode, const void *head, size_t size)
{
        const char *control = string_after(path, MANIFEST_CONTROL_PREFIX);
        unsigned classes = 0;

        if (size >= 4 && memcmp(head, "\177ELF", 4) == 0)
                classes |= FILE_CLASS_ELF;
        if (size >= 2 && memcmp(head, "#!", 2) == 0)
                classes |= FILE_CLASS_SCRIPT;
        if (control)
                return classes | (is_maintainer_script(control) ? FILE_CLASS_MAINTAINER : 0);
        if (mode & EXECUTABLE_BITS)
                classes |= FILE_CLASS_EXECUTABLE;
        if (is_module(path))
                classes |= FILE_CLASS_MODULE;
        if (is_below(path, firmware_directories, ELEMENTSOF(firmware_directories)))
                classes |= FILE_CLASS_FIRMWARE;
        return classes;
}

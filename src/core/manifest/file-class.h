/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes the kernel load or execute a file, told by its name, its permissions and its first
 * bytes. Files of any class are those that get signatures.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* So much of a file tells all that its first bytes tell. */
#define FILE_CLASS_HEAD_SIZE 4U

typedef enum FileClass {
        FILE_CLASS_ELF = 1 << 0,
        FILE_CLASS_SCRIPT = 1 << 1,     /* begins with "#!" */
        FILE_CLASS_EXECUTABLE = 1 << 2, /* anybody may execute it */
        FILE_CLASS_MODULE = 1 << 3,     /* of the kernel, compressed or not */
        FILE_CLASS_FIRMWARE = 1 << 4,
        FILE_CLASS_MAINTAINER = 1 << 5, /* a script of the package, executed by dpkg */
} FileClass;

/*
 * The classes of a regular file. `path` begins with "/", or with "control:" for what comes out of a
 * package's control archive; `head` are its first bytes, FILE_CLASS_HEAD_SIZE where it has them.
 */
unsigned file_class_detect(const char *path, unsigned mode, const void *head, size_t size);

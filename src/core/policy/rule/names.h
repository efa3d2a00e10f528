/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that people write for the numbers in the kernel's rules. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * How user and group names become ids; without system calls here, the caller brings the functions.
 * Each returns 0 and the id, -ENOENT when there is no such name, or another negative errno. A NULL
 * function means that names cannot be resolved.
 */
typedef struct NameResolver {
        int (*user)(void *userdata, const char *name, uint32_t *ret_id);
        int (*group)(void *userdata, const char *name, uint32_t *ret_id);
        void *userdata;
} NameResolver;

typedef struct FilesystemName {
        const char *name;
        uint32_t magic; /* include/uapi/linux/magic.h and the file systems' own headers */
} FilesystemName;

/* All names, *ret_count of them; a magic may have several. */
const FilesystemName *filesystem_list(size_t *ret_count);

/* NULL when the name is not known. */
const FilesystemName *filesystem_find_name(const char *name);

/* NULL when the magic is not known; of several names the first one in the table. */
const FilesystemName *filesystem_find_magic(uint64_t magic);

/* The known name nearest to word, or NULL. */
const char *filesystem_nearest_name(const char *word);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that a cache of good labels is kept in; it may be deleted at any time. */
#pragma once

#include <sys/stat.h>

#include "core/signature/label-cache.h"

#define LABEL_CACHE_FILE_PATH "/var/cache/imad/labels"

/*
 * Reads the file; one that is missing, damaged, of another owner or writable by others than root
 * and the caller is an empty cache. -ENOMEM.
 */
int label_cache_file_load(
                int root_fd, const char *path, const Digest *owner, LabelCache **ret_cache);

/* Replaces the file, when anything was added. */
int label_cache_file_store(int root_fd, const char *path, LabelCache *cache);

LabelCacheFile label_cache_file_from_stat(const struct stat *st);

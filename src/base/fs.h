/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files below a root directory. Every path is resolved with openat2(RESOLVE_IN_ROOT), so absolute
 * paths and symbolic links stay inside the root, and magic links are refused. With root_fd open on
 * "/" this is the plain file system.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/strings.h"

/* Opens the root directory itself; root NULL or "" means "/". */
int fs_open_root(const char *root);

/* O_CLOEXEC is implied. A file descriptor or negative errno (-EXDEV, -ELOOP, …). */
int fs_open(int root_fd, const char *path, int flags, mode_t mode);

/*
 * Reads a whole regular file (or pseudo file); never blocks on a FIFO. -EFBIG above limit bytes,
 * -EISDIR, -EINVAL for anything that is not a file. The text is NUL-terminated, *ret_size excludes
 * it.
 */
int fs_read_file(int root_fd, const char *path, size_t limit, char **ret_text, size_t *ret_size);

/* The same for an open descriptor, from its current position. */
int fs_read_fd(int fd, size_t limit, char **ret_text, size_t *ret_size);

/* Writes all bytes; -EIO when the kernel takes none. */
int fs_write_all(int fd, const void *bytes, size_t size);

/* True when root_fd is the root directory of this process, so that NSS and uname() speak for it. */
bool fs_root_is_host(int root_fd);

/* Creates a file that must not exist yet, writes these bytes and syncs it; the directory is not
 * synced. */
int fs_create_file(int root_fd, const char *path, const void *bytes, size_t size, mode_t mode);

/*
 * Replaces path by a new file with these bytes: written beside, synced, renamed, directory synced.
 * Extended attributes of a replaced file are copied to the new one (attr_copy_fd(3)), except
 * security.ima and security.evm, which label the old bytes.
 */
int fs_replace_file(int root_fd, const char *path, const void *bytes, size_t size, mode_t mode);

/* The same for bytes that write() makes; it is called once, with the new file. */
typedef int FsWriter(int fd, void *userdata);
int fs_replace_file_by(int root_fd, const char *path, FsWriter *write, void *userdata, mode_t mode);

/*
 * Creates the directory and its missing parents and syncs their entries; an existing directory is
 * fine.
 */
int fs_make_directories(int root_fd, const char *path, mode_t mode);

/* Opens the parent of path and returns its descriptor; *ret_name is the last component (borrowed).
 */
int fs_open_parent(int root_fd, const char *path, const char **ret_name);

/* Renames within the root and syncs the directory of `to`. */
int fs_rename(int root_fd, const char *from, const char *to);

/* fsync() of a file or directory. */
int fs_sync(int root_fd, const char *path);

/* Removes a file or a whole directory tree; symbolic links are removed, not followed. -ENOENT. */
int fs_remove_tree(int root_fd, const char *path);

bool fs_exists(int root_fd, const char *path);

/* Names in a directory without "." and "..", sorted; at most limit of them (-E2BIG). */
int fs_list_directory(int root_fd, const char *path, size_t limit, StringList *ret_names);

/* Target of a symbolic link, malloc()ed; -EINVAL when path is none. */
int fs_read_link(int root_fd, const char *path, char **ret_target);

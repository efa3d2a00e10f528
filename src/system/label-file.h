/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file whose labels are read or set, through one descriptor: its digest, its security
 * attributes, and whether anybody writes to it. /proc must be there.
 */
#pragma once

#include <sys/stat.h>

#include "core/signature/evm.h"

#define LABEL_FILE_PROTECTED_MAX 16

typedef struct LabelFile {
        int fd;
        struct stat stat; /* as it was opened */
} LabelFile;

/*
 * Opens the file behind a descriptor of O_PATH. -ELOOP for a symbolic link, -EMEDIUMTYPE for all
 * else that is no regular file.
 */
int label_file_open(int path_fd, LabelFile *ret_file);
void label_file_done(LabelFile *file);

/*
 * Makes sure that the file can be labelled: -EREMOTE for network file systems, -EXDEV for
 * overlayfs, where a label would copy the file. -EBUSY when it is open for writing; until the file
 * is closed here writers wait, for the kernel's lease-break-time at most. Where leases are not to
 * be had nothing but label_file_check() tells of writers.
 */
int label_file_hold(const LabelFile *file);

/*
 * -ESTALE when content, owner or mode are not what they were, or the file has no name any more, as
 * when another one took its place; with_ctime also for all that sets the
 * time of change, as labels do.
 */
int label_file_check(const LabelFile *file, bool with_ctime);

/*
 * Turns fs-verity on, with blocks of 4096 bytes and no salt, which takes the file's content for
 * good (FS_IOC_ENABLE_VERITY; SHA-256 or SHA-512). 0 when it is on already. -EPROTONOSUPPORT when
 * the file system has none, -EBUSY while the file is open for writing.
 */
int label_file_enable_verity(LabelFile *file, HashAlgorithm hash);

/* An attribute, malloc()ed; size 0 and NULL when there is none. */
int label_file_get(const LabelFile *file, const char *name, uint8_t **ret_value, size_t *ret_size);

/* Sets an attribute in one step, which the kernel does whole or not at all, and reads it back. */
int label_file_set(const LabelFile *file, const char *name, const uint8_t *value, size_t size);

/* 1 when it was there, else 0. */
int label_file_remove(const LabelFile *file, const char *name);

/* What EVM protects of the file. */
typedef struct LabelFileProtected {
        uint8_t *values[LABEL_FILE_PROTECTED_MAX];
        EvmAttribute attributes[LABEL_FILE_PROTECTED_MAX];
        EvmFile evm; /* borrows the attributes: stays where it is */
} LabelFileProtected;

/*
 * The file is local where its file system tells generation and UUID: ext4 since Linux 5.19, others
 * since 6.9. The value of security.ima is the one that is given, where size is not 0. Borrows it.
 */
int label_file_get_protected(const LabelFile *file, const uint8_t *ima, size_t ima_size,
                LabelFileProtected *ret_protected);
void label_file_protected_done(LabelFileProtected *protected_values);

/* Why it failed, as half a sentence, and what to do; of the functions above and of system calls. */
typedef struct LabelFileReason {
        const char *reason;
        const char *hint; /* or NULL */
} LabelFileReason;
LabelFileReason label_file_explain(int path_fd, int error);

#define _cleanup_label_file_ _cleanup_(label_file_done)

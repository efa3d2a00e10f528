/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is vouched for in a transaction: size and SHA-256 digest of each file, the paths that it may
 * have on the host, and its signature as soon as that is made. One process adds, others look up and
 * sign at the same time, without locks: entries are never taken back or moved. The memory is a file
 * of its own, so that processes that are forked share it.
 */
#pragma once

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define LABEL_DIGEST_SIZE 32U
#define LABEL_SIGNATURE_MAX 1024U

/* Which entry; entries are numbered from 1 in the order of their addition. */
typedef uint32_t LabelNumber;
#define LABEL_NONE 0U

typedef enum LabelState {
        LABEL_STATE_UNSIGNED,
        LABEL_STATE_WANTED, /* unsigned, and somebody waits for it */
        LABEL_STATE_SIGNED,
        LABEL_STATE_FAILED, /* there will be no signature */
        LABEL_STATE_MAX,
        LABEL_STATE_INVALID = -EINVAL,
} LabelState;

typedef struct LabelTable LabelTable;

/*
 * A table for at most `capacity` bytes of entries, paths and signatures; what is not used takes no
 * memory. -EFBIG above 1 GiB.
 */
int label_table_new(size_t capacity, LabelTable **ret_table);
LabelTable *label_table_free(LabelTable *table);

/*
 * Takes the table out of this process's memory and maps it anew; in between, mlockall(2) leaves it
 * alone.
 */
void label_table_unmap(LabelTable *table);
int label_table_map(LabelTable *table);

/*
 * Adds a path to the entry of that size and digest, which is made when there is none. -ENOSPC when
 * the table is full, -EINVAL for an empty file, which needs no label.
 */
int label_table_add(LabelTable *table, uint64_t size,
                const uint8_t digest[static LABEL_DIGEST_SIZE], const char *path,
                LabelNumber *ret_number);

LabelNumber label_table_get_count(const LabelTable *table);

/* Whether any file of that size is in the table. */
bool label_table_has_size(const LabelTable *table, uint64_t size);

/* The entries of a size, one after the other; LABEL_NONE begins and ends it. */
LabelNumber label_table_next(const LabelTable *table, uint64_t size, LabelNumber previous);

LabelNumber label_table_find(const LabelTable *table, uint64_t size,
                const uint8_t digest[static LABEL_DIGEST_SIZE]);

/* Borrowed from the table, as long as it is mapped. */
const uint8_t *label_table_get_digest(const LabelTable *table, LabelNumber number);
uint64_t label_table_get_size(const LabelTable *table, LabelNumber number);

/* The paths of an entry: NULL begins and ends it. One that ends in "*" stands for all names of that
 * directory that begin so. */
const char *label_table_next_path(
                const LabelTable *table, LabelNumber number, const char *previous);

LabelState label_table_get_state(const LabelTable *table, LabelNumber number);

/* Asks that its signature is made before others. */
void label_table_want(LabelTable *table, LabelNumber number);

/* One that there was to be no signature for is unsigned again. */
void label_table_retry(LabelTable *table, LabelNumber number);

/* Changes with each entry that is wanted. */
uint32_t label_table_count_wants(const LabelTable *table);

/* To be called by one process for each entry; size 0 says that there will be none. -E2BIG. */
int label_table_set_signature(
                LabelTable *table, LabelNumber number, const uint8_t *value, size_t size);

/* -ENODATA as long as there is none. */
int label_table_get_signature(const LabelTable *table, LabelNumber number,
                const uint8_t **ret_value, size_t *ret_size);

/* How many files have got the label. */
void label_table_count_file(LabelTable *table, LabelNumber number);
uint32_t label_table_get_files(const LabelTable *table, LabelNumber number);

DEFINE_CLEANUP_FUNC(LabelTable *, label_table_free)
#define _cleanup_label_table_ _cleanup_(label_table_freep)

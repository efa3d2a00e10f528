/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of the labels of one file: held open and leased, planned, written into a journal, made.
 * It is made whole or not at all: what fails half way is put back.
 */
#pragma once

#include "core/signature/label-record.h"
#include "system/label-file.h"

typedef struct LabelChangeItem {
        FileLabelAttribute attribute;
        uint8_t *old;
        size_t old_size; /* 0: there is none */
        uint8_t *new;
        size_t new_size; /* 0: it is removed */
} LabelChangeItem;

typedef struct LabelChange {
        LabelFile file;
        LabelChangeItem items[FILE_LABEL_ATTRIBUTE_MAX]; /* set in this order */
        size_t n_items;                                  /* 0: nothing is changed */
} LabelChange;

#define LABEL_CHANGE_NONE ((LabelChange){ .file = { .fd = -EBADF } })

/* Leaves LABEL_CHANGE_NONE: closes the file and so gives up the lease. */
void label_change_done(LabelChange *change);

/* Adds a new value, or with size 0 a removal; takes over both values in any case. */
void label_change_add(LabelChange *change, FileLabelAttribute attribute, uint8_t *old,
                size_t old_size, uint8_t *new, size_t new_size);

/*
 * What goes into a journal before the change is made; path is that below the root, source what
 * vouches for the file, or NULL. Borrows all three.
 */
int label_change_describe(const LabelChange *change, const char *path, const char *source,
                LabelRecord *ret_record);

/*
 * Sets or removes each attribute and reads it back. -ESTALE when the file is not what it was when
 * it was opened, before or behind, and errors of label-file.h; then the labels are the old ones
 * again, as far as they can be set.
 */
int label_change_make(LabelChange *change);

#define _cleanup_label_change_ _cleanup_(label_change_done)

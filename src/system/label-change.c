/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-change.h"

#include <string.h>

void label_change_done(LabelChange *change)
{
        for (size_t i = 0; i < change->n_items; i++) {
                free(change->items[i].old);
                free(change->items[i].new);
        }
        label_file_done(&change->file);
        *change = LABEL_CHANGE_NONE;
}

void label_change_add(LabelChange *change, FileLabelAttribute attribute, uint8_t *old,
                size_t old_size, uint8_t *new, size_t new_size)
{
        change->items[change->n_items++] =
                        (LabelChangeItem){ attribute, old, old_size, new, new_size };
}

int label_change_describe(const LabelChange *change, const char *path, const char *source,
                LabelRecord *ret_record)
{
        const struct stat *st = &change->file.stat;
        LabelRecord record = {
                .kind = LABEL_RECORD_FILE,
                .file = {.inode = st->st_ino,
                         .size = (uint64_t) st->st_size,
                         .mtime_sec = st->st_mtim.tv_sec,
                         .mtime_nsec = (uint32_t) st->st_mtim.tv_nsec,
                         .path = path,
                         .path_size = strlen(path),
                         .source = source,
                         .source_size = source ? strlen(source) : 0,
                         .n_changes = change->n_items}
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < change->n_items; i++) {
                const LabelChangeItem *item = &change->items[i];
                LabelRecordChange *to = &record.file.changes[i];

                *to = (LabelRecordChange){
                        .attribute = item->attribute,
                        .old = item->old,
                        .old_size = item->old_size,
                        .has_new = item->new_size > 0,
                };
                if (item->new_size > 0)
                        r = label_mark_compute(item->new, item->new_size, &to->new);
        }
        if (r >= 0)
                *ret_record = record;
        return r;
}

static int set_value(const LabelFile *file, FileLabelAttribute attribute, const uint8_t *value,
                size_t size)
{
        const char *name = file_label_attribute_to_string(attribute);

        return size > 0 ? label_file_set(file, name, value, size) : label_file_remove(file, name);
}

/* The values before, in the opposite order; the error that led here is the one to tell. */
static void put_back(const LabelChange *change, size_t n_items)
{
        while (n_items-- > 0) {
                const LabelChangeItem *item = &change->items[n_items];

                (void) set_value(&change->file, item->attribute, item->old, item->old_size);
        }
}

int label_change_make(LabelChange *change)
{
        size_t n = 0;
        int r = label_file_check(&change->file, true);

        if (r < 0)
                return r;
        while (r >= 0 && n < change->n_items) {
                const LabelChangeItem *item = &change->items[n++];

                r = set_value(&change->file, item->attribute, item->new, item->new_size);
        }
        if (r >= 0)
                r = label_file_check(&change->file, false);
        if (r < 0)
                put_back(change, n);
        return r < 0 ? r : 0;
}

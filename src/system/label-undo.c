/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-undo.h"

#include "base/fs.h"
#include "system/label-file.h"

static const char *const result_names[LABEL_UNDO_RESULT_MAX] = {
        [LABEL_UNDO_RESTORED] = "restored",
        [LABEL_UNDO_UNCHANGED] = "unchanged",
        [LABEL_UNDO_LABELLED] = "labelled",
        [LABEL_UNDO_DIFFERENT] = "different",
        [LABEL_UNDO_MISSING] = "missing",
};

const char *label_undo_result_to_string(LabelUndoResult result)
{
        return result_names[result];
}

static bool is_same_file(const struct stat *st, const LabelRecord *record)
{
        return st->st_ino == record->file.inode && (uint64_t) st->st_size == record->file.size &&
               st->st_mtim.tv_sec == record->file.mtime_sec &&
               (uint32_t) st->st_mtim.tv_nsec == record->file.mtime_nsec;
}

/* 0, 1 when there is no such file any more. */
static int open_file(int root_fd, const LabelRecord *record, LabelFile *ret_file)
{
        _cleanup_free_ char *path = strndup(record->file.path, record->file.path_size);
        _cleanup_close_ int path_fd = -EBADF;
        struct stat st;

        if (!path)
                return -ENOMEM;
        path_fd = fs_open(root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (path_fd == -ENOENT || path_fd == -ENOTDIR)
                return 1;
        if (path_fd < 0)
                return path_fd;
        if (fstat(path_fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_ino != record->file.inode)
                return 1;
        return label_file_open(path_fd, ret_file);
}

/* How many of the changes are there: with the old value, and with the new one. */
typedef struct Count {
        size_t old, new;
} Count;

static int count_value(const LabelFile *file, const LabelRecordChange *change, Count *count)
{
        _cleanup_free_ uint8_t *value = NULL;
        LabelMark mark = { 0 };
        size_t size;
        int r = label_file_get(
                        file, file_label_attribute_to_string(change->attribute), &value, &size);

        if (r >= 0 && size > 0)
                r = label_mark_compute(value, size, &mark);
        if (r < 0)
                return r;
        if (size == change->old_size &&
                        (size == 0 || memcmp(value, change->old, change->old_size) == 0))
                count->old++;
        else if (change->has_new ? size > 0 && label_mark_equal(&mark, &change->new) : size == 0)
                count->new ++;
        return 0;
}

/* As EVM wants it: security.evm goes before security.ima does, and comes behind it. */
static int restore(const LabelFile *file, const LabelRecord *record)
{
        int r = 0;

        for (size_t i = record->file.n_changes; r >= 0 && i-- > 0;) {
                const LabelRecordChange *change = &record->file.changes[i];

                if (change->old_size == 0)
                        r = label_file_remove(
                                        file, file_label_attribute_to_string(change->attribute));
        }
        for (size_t i = 0; r >= 0 && i < record->file.n_changes; i++) {
                const LabelRecordChange *change = &record->file.changes[i];

                if (change->old_size > 0)
                        r = label_file_set(file, file_label_attribute_to_string(change->attribute),
                                        change->old, change->old_size);
        }
        return r;
}

int label_undo_file(int root_fd, const LabelRecord *record, LabelUndoMode mode,
                LabelUndoResult *ret_result)
{
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        const size_t n = record->file.n_changes;
        Count count = { 0, 0 };
        int r = open_file(root_fd, record, &file);

        if (r != 0) {
                if (r > 0)
                        *ret_result = LABEL_UNDO_MISSING;
                return r < 0 ? r : 0;
        }
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = count_value(&file, &record->file.changes[i], &count);
        if (r < 0)
                return r;
        if (count.old == n) {
                *ret_result = LABEL_UNDO_UNCHANGED;
                return 0;
        }
        if (count.old + count.new < n || !is_same_file(&file.stat, record)) {
                *ret_result = LABEL_UNDO_DIFFERENT;
                return 0;
        }
        if (mode == LABEL_UNDO_REPAIR && count.new == n) {
                *ret_result = LABEL_UNDO_LABELLED;
                return 0;
        }
        r = mode == LABEL_UNDO_DRY_RUN ? 0 : restore(&file, record);
        if (r >= 0)
                *ret_result = LABEL_UNDO_RESTORED;
        return r;
}

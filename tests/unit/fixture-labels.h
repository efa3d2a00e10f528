/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two files whose labels are changed under a journal; /a had a security.ima, /b none. */
#pragma once

#include "fixture-faults.h"
#include "fixture-root.h"
#include "system/label-change.h"
#include "system/label-journal.h"
#include "system/label-undo.h"

#define OLD "old"
#define NEW_IMA "new security.ima"
#define NEW_EVM "new security.evm"

static const char *const label_paths[] = { "/a", "/b" };

static inline LabelFile labels_open(const FixtureRoot *root, const char *path)
{
        _cleanup_close_ int path_fd = fs_open(root->fd, path, O_PATH | O_NOFOLLOW, 0);
        LabelFile file;

        cr_assert_eq(label_file_open(path_fd, &file), 0);
        return file;
}

static inline void labels_set(
                const FixtureRoot *root, const char *path, const char *name, const char *value)
{
        _cleanup_label_file_ LabelFile file = labels_open(root, path);

        cr_assert_eq(label_file_set(&file, name, (const uint8_t *) value, strlen(value)), 0);
}

/* True when that is the value, or with NULL when there is none. */
static inline bool labels_are(
                const FixtureRoot *root, const char *path, const char *ima, const char *evm)
{
        _cleanup_label_file_ LabelFile file = labels_open(root, path);
        const char *const names[] = { "security.ima", "security.evm" }, *values[] = { ima, evm };
        bool same = true;

        for (size_t i = 0; i < 2; i++) {
                _cleanup_free_ uint8_t *value = NULL;
                size_t size;

                cr_assert_eq(label_file_get(&file, names[i], &value, &size), 0);
                same = same && size == (values[i] ? strlen(values[i]) : 0) &&
                       (size == 0 || memcmp(value, values[i], size) == 0);
        }
        return same;
}

static inline bool labels_are_old(const FixtureRoot *root, const char *path)
{
        return labels_are(root, path, string_equal(path, "/a") ? OLD : NULL, NULL);
}

static inline bool labels_are_new(const FixtureRoot *root, const char *path)
{
        return labels_are(root, path, NEW_IMA, NEW_EVM);
}

static inline void labels_reset(const FixtureRoot *root)
{
        memset(faults, 0, sizeof(*faults));
        (void) fs_remove_tree(root->fd, "journal");
        labels_set(root, "/a", "security.ima", OLD);
}

static inline FixtureRoot labels_new(void)
{
        FixtureRoot root = fixture_root_new();

        faults_open();
        fixture_root_write(&root, "/a", "content of a");
        fixture_root_write(&root, "/b", "content of b");
        labels_reset(&root);
        return root;
}

static inline uint8_t *copy_value(const char *value)
{
        return (uint8_t *) strdup(value);
}

static inline LabelChange labels_plan(const FixtureRoot *root, const char *path)
{
        LabelChange change = { .file = labels_open(root, path) };
        bool old = string_equal(path, "/a");

        label_change_add(&change, FILE_LABEL_IMA, old ? copy_value(OLD) : NULL,
                        old ? strlen(OLD) : 0, copy_value(NEW_IMA), strlen(NEW_IMA));
        label_change_add(&change, FILE_LABEL_EVM, NULL, 0, copy_value(NEW_EVM), strlen(NEW_EVM));
        return change;
}

/* Journals both changes, makes them, and ends the journal. The first error. */
static inline int labels_sign(const FixtureRoot *root)
{
        static const LabelRecord end = { .kind = LABEL_RECORD_END };
        LabelChange changes[] = { labels_plan(root, "/a"), labels_plan(root, "/b") };
        _cleanup_label_journal_ LabelJournal *journal = NULL;
        int r = label_journal_create(root->fd, "/journal", 1, "sign\0/", 7, &journal), error = 0;

        for (size_t i = 0; r >= 0 && i < 2; i++) {
                LabelRecord record;

                r = label_change_describe(&changes[i], label_paths[i], NULL, &record);
                if (r >= 0)
                        r = label_journal_add(journal, &record);
        }
        if (r >= 0)
                r = label_journal_commit(journal);
        for (size_t i = 0; r >= 0 && i < 2; i++) {
                int made = label_change_make(&changes[i]);

                error = error < 0 ? error : made;
        }
        if (r >= 0)
                r = label_journal_mark(journal, &end);
        for (size_t i = 0; i < 2; i++)
                label_change_done(&changes[i]);
        return r < 0 ? r : error;
}

typedef struct LabelsUndo {
        const FixtureRoot *root;
        LabelUndoMode mode;
        unsigned counts[LABEL_UNDO_RESULT_MAX];
        int error;
} LabelsUndo;

static inline int labels_undo_file(void *userdata, const LabelRecord *record)
{
        LabelsUndo *undo = userdata;
        LabelUndoResult result;
        int r = label_undo_file(undo->root->fd, record, undo->mode, &result);

        if (r >= 0)
                undo->counts[result]++;
        else
                undo->error = r;
        return 0;
}

static inline LabelsUndo labels_undo(const FixtureRoot *root, LabelUndoMode mode)
{
        LabelsUndo undo = { .root = root, .mode = mode };
        _cleanup_label_journal_ LabelJournal *journal = NULL;

        cr_assert_eq(label_journal_open(root->fd, "/journal", 1, &journal), 0);
        cr_assert_eq(label_journal_visit_back(journal, labels_undo_file, &undo), 0);
        return undo;
}

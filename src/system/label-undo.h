/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes changes of labels back by what a journal says of them. */
#pragma once

#include "core/signature/label-record.h"

typedef enum LabelUndoResult {
        LABEL_UNDO_RESTORED,  /* the labels are the old ones again */
        LABEL_UNDO_UNCHANGED, /* they were the old ones already */
        LABEL_UNDO_LABELLED,  /* all new ones are there, and stay: only of a repair */
        LABEL_UNDO_DIFFERENT, /* somebody changed file or labels since; left alone */
        LABEL_UNDO_MISSING,   /* the file is gone, or another one has its name */
        LABEL_UNDO_RESULT_MAX,
} LabelUndoResult;

typedef enum LabelUndoMode {
        LABEL_UNDO_BACK,    /* the labels become the old ones */
        LABEL_UNDO_REPAIR,  /* only what was made in part is taken back: files are whole then */
        LABEL_UNDO_DRY_RUN, /* as LABEL_UNDO_BACK, but nothing is changed */
} LabelUndoMode;

/* "restored", "unchanged", "labelled", "different", "missing". */
const char *label_undo_result_to_string(LabelUndoResult result);

/* Looks at the file of a record; takes the change back as the mode says. Errors of label-file.h. */
int label_undo_file(int root_fd, const LabelRecord *record, LabelUndoMode mode,
                LabelUndoResult *ret_result);

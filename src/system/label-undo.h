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

/* "restored", "unchanged", "labelled", "different", "missing". */
const char *label_undo_result_to_string(LabelUndoResult result);

/*
 * Looks at the file of a record. A repair takes back only what was made in part, so that the file
 * is as before or labelled whole; else the labels become the old ones. Errors of label-file.h.
 */
int label_undo_file(
                int root_fd, const LabelRecord *record, bool repair, LabelUndoResult *ret_result);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "helpers/imad-worker/doctor.h"
#include "system/label-journal.h"

static int report_run(Doctor *doctor, const LabelJournalInfo *info)
{
        _cleanup_free_ char *hint = NULL;
        const char *what = info->state == LABEL_JOURNAL_OPEN ? "was killed and not looked after yet"
                                                             : "was interrupted";

        if (info->state == LABEL_JOURNAL_DAMAGED)
                return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "remove it when you know what it was",
                                LABEL_JOURNAL_DIRECTORY "/%" PRIu64 " is no journal of labels",
                                info->number);
        if (asprintf(&hint,
                            "imactl sign --resume=%" PRIu64 " goes on with it, "
                            "--undo=%" PRIu64 " takes it back",
                            info->number, info->number) < 0)
                return -ENOMEM;
        return doctor_add(doctor, DOCTOR_RESULT_WARNING, hint,
                        "run %" PRIu64 ", which labelled %" PRIu64 " file%s, %s", info->number,
                        info->changed, plural(info->changed), what);
}

int doctor_check_labels(Doctor *doctor)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        size_t n = 0;
        int r = label_journal_list(doctor->worker->root_fd, LABEL_JOURNAL_DIRECTORY, &list);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, "run it as root",
                                LABEL_JOURNAL_DIRECTORY " cannot be read: %s", strerror(-r));
        for (size_t i = 0; r >= 0 && i < list.count; i++) {
                const LabelJournalInfo *info = &list.items[i];

                if (info->state == LABEL_JOURNAL_RUNNING ||
                                (info->state == LABEL_JOURNAL_ENDED &&
                                                info->outcome != LABEL_OUTCOME_INTERRUPTED))
                        continue;
                n++;
                r = report_run(doctor, info);
        }
        if (r < 0 || n > 0)
                return r;
        return doctor_add(
                        doctor, DOCTOR_RESULT_OK, NULL, "no run that labels files was interrupted");
}

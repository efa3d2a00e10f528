/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Outcomes of imad-load as they are recorded. All return 0 or -ENOMEM. */
#pragma once

#include "base/diag.h"
#include "base/strings.h"
#include "system/boot-record.h"
#include "system/securityfs.h"

#define HINT_ALREADY "see imactl doctor for who loaded it, remove that, and reboot"
#define HINT_REMOUNT "remount securityfs read-write before imad-load.service runs"

/* The hint may be NULL. */
int conclude(BootRecord *record, BootOutcome outcome, const char *hint, const char *format, ...)
                _printf_(4, 5);

/* The first diagnostic says why the store cannot be used. */
int conclude_from_diags(BootRecord *record, BootOutcome outcome, const DiagList *diags);

/* What an error, positive, of a load step means. */
int conclude_failure(BootRecord *record, PolicyLoadStep step, int error);

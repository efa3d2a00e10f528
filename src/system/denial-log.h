/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What IMA and EVM have denied since the boot, as the journal keeps the kernel's audit records. */
#pragma once

#include "system/audit.h"

/* Borrows the record. What it returns ends the reading, unless it is 0. */
typedef int DenialVisitor(void *userdata, const AuditIntegrity *record);

/* The oldest first; the visitor's result, or -EACCES and the like where the journal is not open. */
int denial_log_read(DenialVisitor *visit, void *userdata);

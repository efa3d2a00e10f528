/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long output on a terminal goes through less(1), in its secure mode: no shell, no other files. */
#pragma once

#include "imactl/arguments.h"

/* Sends stdout through the pager; nothing happens when stdout is no terminal or the user declined.
 */
void pager_open(const Arguments *args);

/* Ends the output and waits until the user has left the pager; idempotent. */
void pager_close(void);

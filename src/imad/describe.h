/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager.Describe(): the whole state as one JSON object, with what to do next. */
#pragma once

#include <jansson.h>

typedef struct Manager Manager;

/* NULL for want of memory. */
json_t *describe_manager(const Manager *manager);

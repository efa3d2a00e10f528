/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The labels of a file and what a policy makes of them, for people. */
#pragma once

#include <jansson.h>

#include "imactl/report.h"

void inspect_render(const json_t *result, const Arguments *args, FILE *out, Style style);

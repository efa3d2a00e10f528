/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How verbs tell what became of a bundle. */
#pragma once

#include "imactl/report.h"

/* A Renderer of what the worker's bundle-create sets. */
void bundle_render_created(const json_t *result, const Arguments *args, FILE *out, Style style);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How verbs tell what became of many files. */
#pragma once

#include "imactl/report.h"

/* A Renderer of what helpers/imad-worker/file-report.h sets. */
void sign_render_files(const json_t *result, const Arguments *args, FILE *out, Style style);

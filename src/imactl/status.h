/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page that `imactl status` shows, made of the answer of Manager.Describe(). */
#pragma once

#include "imactl/report.h"

/* A Renderer. */
void status_render(const json_t *status, const Arguments *args, FILE *file, Style style);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy in the kernel's own syntax, from a file, from stdin, or as the kernel shows it. */
#pragma once

#include "helpers/imad-worker/worker.h"

typedef struct PolicyText {
        char *source; /* what it is called in diagnostics */
        char *text;
        size_t size;
} PolicyText;

void policy_text_done(PolicyText *text);

/* Reads the file that an argument names, stdin for "-". On failure the worker's error is set. */
int policy_text_read_argument(Worker *worker, const char *argument, PolicyText *ret_text);

/*
 * Reads the policy in force from securityfs; kernels without IMA_READ_POLICY do not show it. On
 * failure the worker's error is set.
 */
int policy_text_read_running(Worker *worker, PolicyText *ret_text);

#define _cleanup_policy_text_ _cleanup_(policy_text_done)

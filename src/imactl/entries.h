/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of the measurement list: pages of imad, the filter that options make, names as text. */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "imactl/report.h"

/* Entries per call; well below the limit of a message, many enough to be quick. */
#define ENTRIES_PAGE_SIZE 500U

/* Reports a value that is none. EXIT_CODE_OK and a filter for entries_get_page(). */
ExitCode entries_make_filter(const Arguments *args, json_t **ret_filter);

/*
 * Appends at most max entries from number start on to an array; *ret_next is where to go on. The
 * list has ended when nothing was appended. Reports what fails.
 */
ExitCode entries_get_page(const Arguments *args, sd_bus *bus, const json_t *filter, uint64_t start,
                uint32_t max, json_t *entries, uint64_t *ret_next);

/*
 * The name as the kernel has it; names that are no UTF-8 come as bytes, in hexadecimal text. NULL:
 * none. The caller frees.
 */
char *entries_get_name(const json_t *entry);

/* How alarming a verdict about an entry is. */
Tone entries_get_tone(const char *verdict);

/* The verdict in words; NULL for one that is not known. */
const char *entries_explain_verdict(const char *verdict);

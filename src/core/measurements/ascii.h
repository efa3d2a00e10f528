/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry of the ASCII list: PCR, template digest, template name and the text of each field, with
 * one space between; the template data that was hashed is made of it again.
 * Source: security/integrity/ima/ima_fs.c (ima_ascii_measurements_show) and ima_template_lib.c
 * (ima_show_template_data_ascii).
 */
#pragma once

#include "base/arena.h"
#include "core/measurements/entry.h"

/*
 * Size of the ASCII entry at the start of text, final newline included. Names may hold newlines
 * (but no spaces, which the kernel replaces), so an entry ends where the next line begins as an
 * entry does. 0 when more text is needed; `ended`
 * says that none will come.
 */
size_t measurement_ascii_find_end(const char *text, size_t size, bool ended);

/*
 * Reads the ASCII entry that these bytes are, and makes the template data of it again, in arena.
 * -EBADMSG and *ret_fault, -ENOMEM.
 */
int measurement_ascii_parse(const MeasurementFormat *format, const char *text, size_t size,
                MeasurementTemplates *templates, Arena *arena, Measurement *ret_measurement,
                MeasurementFault *ret_fault);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One binary entry of a measurement list. Reader and detection share this; everybody else reads
 * lists through core/measurements/list.h.
 */
#pragma once

#include "base/cursor.h"
#include "core/measurements/list.h"
#include "core/measurements/template.h"

/* Layouts that the list itself names; further ones are carried as raw data. */
#define MEASUREMENT_CUSTOM_MAX 64

typedef struct MeasurementTemplates {
        MeasurementTemplate *custom[MEASUREMENT_CUSTOM_MAX];
        size_t n_custom;
} MeasurementTemplates;

void measurement_templates_done(MeasurementTemplates *templates);

/* The template of this name, a built-in one or a format; NULL for a layout that imad does not know.
 */
const MeasurementTemplate *measurement_templates_find(
                MeasurementTemplates *templates, const char *name, size_t size);

/* Why the bytes are no entry, and how many bytes behind the start of the entry. */
typedef struct MeasurementFault {
        size_t where;
        char reason[128];
} MeasurementFault;

/*
 * Reads PCR, template digest and template name. 1; 0 when bytes are missing; -EBADMSG and
 * *ret_fault.
 */
int measurement_entry_parse_header(const MeasurementFormat *format, Cursor *c,
                MeasurementTemplates *templates, Measurement *ret_measurement,
                MeasurementFault *ret_fault);

/* The same for a whole binary entry; number and offset are left to the caller. */
int measurement_entry_parse(const MeasurementFormat *format, Cursor *c,
                MeasurementTemplates *templates, Measurement *ret_measurement,
                MeasurementFault *ret_fault);

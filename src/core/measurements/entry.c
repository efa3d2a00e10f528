/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"

void measurement_templates_done(MeasurementTemplates *templates)
{
        for (size_t i = 0; i < templates->n_custom; i++)
                free(templates->custom[i]);
        templates->n_custom = 0;
}

static const MeasurementTemplate *add_custom(
                MeasurementTemplates *templates, const char *name, size_t size)
{
        _cleanup_free_ MeasurementTemplate *parsed = NULL;

        if (templates->n_custom == MEASUREMENT_CUSTOM_MAX)
                return NULL;
        parsed = malloc(sizeof(*parsed));
        if (!parsed || measurement_template_parse(name, size, parsed) < 0)
                return NULL;
        templates->custom[templates->n_custom] = TAKE_PTR(parsed);
        return templates->custom[templates->n_custom++];
}

const MeasurementTemplate *measurement_templates_find(
                MeasurementTemplates *templates, const char *name, size_t size)
{
        const MeasurementTemplate *found = measurement_template_find(name, size);

        for (size_t i = 0; !found && i < templates->n_custom; i++)
                if (size == strlen(templates->custom[i]->name) &&
                                memcmp(name, templates->custom[i]->name, size) == 0)
                        found = templates->custom[i];
        return found ?: add_custom(templates, name, size);
}

/* Says what is wrong with the field that begins at c->offset - back. */
_printf_(4, 5) static int fail(
                MeasurementFault *fault, const Cursor *c, size_t back, const char *format, ...)
{
        va_list args;

        fault->where = c->offset - back;
        va_start(args, format);
        (void) vsnprintf(fault->reason, sizeof(fault->reason), format, args);
        va_end(args);
        return -EBADMSG;
}

static bool name_is_plausible(const uint8_t *name, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (name[i] <= ' ' || name[i] >= 0x7f)
                        return false;
        return true;
}

int measurement_entry_parse_header(const MeasurementFormat *format, Cursor *c,
                MeasurementTemplates *templates, Measurement *ret_measurement,
                MeasurementFault *ret_fault)
{
        Measurement m = { .big_endian = format->big_endian };
        const uint8_t *name;
        uint32_t size;

        if (cursor_read_u32(c, &m.pcr) < 0)
                return 0;
        if (m.pcr > MEASUREMENT_PCR_MAX)
                return fail(ret_fault, c, 4, "PCR index %" PRIu32 " is above %d", m.pcr,
                                MEASUREMENT_PCR_MAX);
        if (cursor_read_view(c, format->digest_size, &m.template_digest) < 0 ||
                        cursor_read_u32(c, &size) < 0)
                return 0;
        if (size == 0 || size > MEASUREMENT_TEMPLATE_NAME_MAX)
                return fail(ret_fault, c, 4,
                                "template name length %" PRIu32 " is not between 1 and %d", size,
                                MEASUREMENT_TEMPLATE_NAME_MAX);
        if (cursor_read_view(c, size, &name) < 0)
                return 0;
        if (!name_is_plausible(name, size))
                return fail(ret_fault, c, size, "template name holds characters that no name has");
        m.template_digest_size = format->digest_size;
        m.template_name = (const char *) name;
        m.template_name_size = size;
        m.violation = bytes_are_zero(m.template_digest, format->digest_size);
        m.template = measurement_templates_find(templates, m.template_name, size);
        *ret_measurement = m;
        return 1;
}

static int parse_data(Cursor *c, Measurement *m, MeasurementFault *fault)
{
        uint32_t size;

        if (cursor_read_u32(c, &size) < 0)
                return 0;
        if (size > MEASUREMENT_DATA_MAX)
                return fail(fault, c, 4, "template data length %" PRIu32 " is above %zu", size,
                                MEASUREMENT_DATA_MAX);
        if (cursor_read_view(c, size, &m->data) < 0)
                return 0;
        m->data_size = size;
        return 1;
}

/*
 * Template "ima": digest, name length, name. The digest has 20 bytes, or 16 with ima_hash=md5, and
 * nothing says which; only one of them makes the next four bytes the length of a name.
 */
static int parse_ima_data(Cursor *c, Measurement *m, MeasurementFault *fault)
{
        static const size_t sizes[] = { 20, 16 };

        if (cursor_left(c) < 24)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                Cursor look = *c;
                const uint8_t *digest;
                uint32_t size;

                if (cursor_read_view(&look, sizes[i], &digest) < 0 ||
                                cursor_read_u32(&look, &size) < 0 || size == 0 ||
                                size > MEASUREMENT_NAME_MAX)
                        continue;
                m->data_size = sizes[i] + 4 + size;
                return cursor_read_view(c, m->data_size, &m->data) < 0 ? 0 : 1;
        }
        return fail(fault, c, 0, "file name length is not between 1 and %d", MEASUREMENT_NAME_MAX);
}

int measurement_entry_parse(const MeasurementFormat *format, Cursor *c,
                MeasurementTemplates *templates, Measurement *ret_measurement,
                MeasurementFault *ret_fault)
{
        Measurement m = { 0 };
        int r = measurement_entry_parse_header(format, c, templates, &m, ret_fault);

        if (r <= 0)
                return r;
        r = m.template && m.template->unframed ? parse_ima_data(c, &m, ret_fault)
                                               : parse_data(c, &m, ret_fault);
        if (r > 0)
                *ret_measurement = m;
        return r;
}

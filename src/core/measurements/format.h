/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the entries of a measurement list are written down, and how to find that out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How the entries of a file are written down. */
typedef struct MeasurementFormat {
        bool ascii;
        bool kexec;         /* begins with struct ima_kexec_hdr */
        bool big_endian;    /* of ASCII lists: that in which the template data was hashed */
        size_t digest_size; /* of template digests: 20, or the bank's in the per-bank files */
} MeasurementFormat;

/*
 * Finds the format from the first entry, for a list of unknown origin. -EBADMSG when none makes an
 * entry of it, -EAGAIN when the bytes are too few to tell; `ended` says that no more will come.
 */
int measurement_format_detect(
                const void *bytes, size_t size, bool ended, MeasurementFormat *ret_format);

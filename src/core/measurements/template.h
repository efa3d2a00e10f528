/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates of the measurement list: which fields an entry has, and their contents.
 *
 * Source: security/integrity/ima/ima_template.c (tables of templates and fields) and
 * ima_template_lib.c (contents).
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "core/measurements/list.h"

/* Fields of a format, length of a field id, and of a whole name: 15 ids and the bars between. */
#define MEASUREMENT_FIELDS_MAX 15
#define MEASUREMENT_FIELD_ID_MAX 16
#define MEASUREMENT_TEMPLATE_NAME_MAX 255

/* Bytes of a file name in the template "ima" and the field n (TCG_EVENT_NAME_LEN_MAX). */
#define MEASUREMENT_NAME_MAX 255

typedef enum MeasurementField {
        MEASUREMENT_FIELD_D,
        MEASUREMENT_FIELD_N,
        MEASUREMENT_FIELD_D_NG,
        MEASUREMENT_FIELD_D_NGV2,
        MEASUREMENT_FIELD_N_NG,
        MEASUREMENT_FIELD_SIG,
        MEASUREMENT_FIELD_BUF,
        MEASUREMENT_FIELD_D_MODSIG,
        MEASUREMENT_FIELD_MODSIG,
        MEASUREMENT_FIELD_EVMSIG,
        MEASUREMENT_FIELD_IUID,
        MEASUREMENT_FIELD_IGID,
        MEASUREMENT_FIELD_IMODE,
        MEASUREMENT_FIELD_XATTRNAMES,
        MEASUREMENT_FIELD_XATTRLENGTHS,
        MEASUREMENT_FIELD_XATTRVALUES,
        MEASUREMENT_FIELD_MAX,
        MEASUREMENT_FIELD_INVALID = -EINVAL,
} MeasurementField;

struct MeasurementTemplate {
        char name[MEASUREMENT_TEMPLATE_NAME_MAX + 1];
        bool unframed; /* "ima": no data length and no length before the digest */
        size_t n_fields;
        MeasurementField fields[MEASUREMENT_FIELDS_MAX];
};

/* The built-in template of this name, or NULL. */
const MeasurementTemplate *measurement_template_find(const char *name, size_t size);

/*
 * Makes a template of a format such as "d-ng|n-ng|iuid" (ima_template_fmt=), which is its name in
 * the list. -EBADMSG when that is no list of known fields.
 */
int measurement_template_parse(const char *format, size_t size, MeasurementTemplate *ret_template);

/* The field's id in a format, e.g. "d-ng". */
const char *measurement_field_to_string(MeasurementField field);

typedef enum MeasurementDigestType {
        MEASUREMENT_DIGEST_NONE, /* no d-ngv2 field */
        MEASUREMENT_DIGEST_IMA,
        MEASUREMENT_DIGEST_VERITY,
} MeasurementDigestType;

/*
 * The fields of one entry, borrowed from it. A field that the template lacks, that is empty, or
 * that does not parse is zero; `present` tells the first from the others.
 */
typedef struct MeasurementView {
        uint32_t present;   /* 1 << MeasurementField: there, well-formed, not empty */
        uint32_t malformed; /* 1 << MeasurementField: does not parse */
        bool trailing;      /* bytes behind the last field */

        MeasurementDigestType digest_type;
        Digest digest; /* of the file or buffer; size 0: none. d-ng and d-ngv2 win over d */
        const char *name;
        size_t name_size;         /* without the final NUL; any byte but NUL may occur */
        const uint8_t *signature; /* security.ima or security.evm, whole value */
        size_t signature_size;
        const uint8_t *buffer;
        size_t buffer_size;
        Digest modsig_digest;
        const uint8_t *modsig; /* PKCS#7, DER */
        size_t modsig_size;
        const uint8_t *evm_signature;
        size_t evm_signature_size;
        uint32_t uid;
        uint32_t gid;
        uint16_t mode;
        const char *xattr_names; /* joined by '|' */
        size_t xattr_names_size;
        const uint8_t *xattr_lengths; /* one u32 each, in the byte order of the list */
        size_t xattr_lengths_size;
        const uint8_t *xattr_values;
        size_t xattr_values_size;
} MeasurementView;

static inline bool measurement_view_has(const MeasurementView *view, MeasurementField field)
{
        return view->present & (UINT32_C(1) << field);
}

/*
 * Takes the entry apart. Fields that do not parse are named in ret_view->malformed and left out;
 * they do not concern the replay, which needs the raw data only. -EOPNOTSUPP for an unknown layout.
 */
int measurement_decode(const Measurement *m, MeasurementView *ret_view);

/*
 * True for an entry named boot_aggregate. The first of a list is the kernel's own; later ones are
 * such only after kexec carried entries over, and a file may have that name as well.
 */
bool measurement_is_boot_aggregate(const Measurement *m, const MeasurementView *view);

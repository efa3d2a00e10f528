/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/describe.h"

#include <stdio.h>

#include "base/json.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "core/measurements/entry-verdict.h"
#include "core/measurements/template.h"
#include "core/signature/signature.h"

static json_t *digest_to_json(const Digest *digest)
{
        char hex[2 * DIGEST_SIZE_MAX + 1], text[sizeof(hex) + 32] = "";

        if (digest->size > 0) {
                hex_encode(digest->bytes, digest->size, hex);
                (void) snprintf(text, sizeof(text), "%s:%s",
                                hash_algorithm_to_string(digest->algorithm), hex);
        }
        return json_string(text);
}

/* JSON text is UTF-8; a file name that is not goes as its bytes, under a key of its own. */
static int set_name(json_t *object, const MeasurementView *view)
{
        const char *name = view->name ? view->name : "";

        if (utf8_is_valid(name, view->name_size))
                return json_object_set_new(object, "name", json_stringn(name, view->name_size));
        return json_object_set_new(object, "name_bytes", json_hex(name, view->name_size));
}

static json_t *fields_to_json(const Measurement *m, const MeasurementView *view)
{
        _cleanup_json_ json_t *fields = json_array();

        for (size_t i = 0; m->template && i < m->template->n_fields; i++) {
                MeasurementField field = m->template->fields[i];
                const char *state = measurement_view_has(view, field)          ? "present"
                                    : view->malformed & (UINT32_C(1) << field) ? "malformed"
                                                                               : "empty";

                if (json_array_append_new(
                                    fields, json_pack("{s:s, s:s}", "id",
                                                            measurement_field_to_string(field),
                                                            "state", state)) < 0)
                        return NULL;
        }
        return TAKE_PTR(fields);
}

static json_t *signature_to_json(const MeasurementView *view)
{
        static const char *const types[] = {
                [SIGNATURE_TYPE_DIGSIG] = "digsig",
                [SIGNATURE_TYPE_PORTABLE] = "evm-portable",
                [SIGNATURE_TYPE_VERITY] = "verity",
        };
        const uint8_t *value = view->signature_size > 0 ? view->signature : view->evm_signature;
        size_t size = view->signature_size > 0 ? view->signature_size : view->evm_signature_size;
        Signature signature;
        char key_id[9];

        if (size == 0 || signature_parse(value, size, &signature) < 0)
                return json_null();
        (void) snprintf(key_id, sizeof(key_id), "%08x", signature.key_id);
        return json_pack("{s:s, s:i, s:s, s:s, s:I}", "type", types[signature.type], "version",
                        (int) signature.version, "hash", hash_algorithm_to_string(signature.hash),
                        "key_id", key_id, "size", (json_int_t) signature.size);
}

static json_t *appended_to_json(const MeasurementView *view)
{
        if (view->modsig_size == 0)
                return json_null();
        return json_pack("{s:o, s:I}", "digest", digest_to_json(&view->modsig_digest), "size",
                        (json_int_t) view->modsig_size);
}

static int add_details(json_t *object, const Measurement *m, const MeasurementView *view)
{
        static const char *const digest_types[] = {
                [MEASUREMENT_DIGEST_NONE] = NULL,
                [MEASUREMENT_DIGEST_IMA] = "ima",
                [MEASUREMENT_DIGEST_VERITY] = "verity",
        };
        _cleanup_json_ json_t *details = json_pack("{s:I, s:o, s:s?, s:o, s:o, s:o}", "offset",
                        (json_int_t) m->offset, "data",
                        m->opaque ? json_null() : json_hex(m->data, m->data_size), "digest_type",
                        digest_types[view->digest_type], "fields", fields_to_json(m, view),
                        "signature", signature_to_json(view), "appended_signature",
                        appended_to_json(view));

        return details ? json_object_update(object, details) : -1;
}

json_t *measurement_describe(const Measurement *m, ReplayHasher *hasher, bool details)
{
        MeasurementView view = { 0 };
        _cleanup_json_ json_t *object = NULL;
        EntryVerdict verdict;

        if (m->opaque || measurement_decode(m, &view) < 0)
                view = (MeasurementView){ 0 };
        if (entry_verdict_find(hasher, m, &view, &verdict) < 0)
                return NULL;
        object = json_pack("{s:I, s:i, s:s%, s:o, s:o, s:b, s:s}", "number", (json_int_t) m->number,
                        "pcr", (int) m->pcr, "template", m->template_name, m->template_name_size,
                        "template_digest", json_hex(m->template_digest, m->template_digest_size),
                        "digest", digest_to_json(&view.digest), "violation", m->violation,
                        "verdict", entry_verdict_to_string(verdict));
        if (!object || set_name(object, &view) < 0)
                return NULL;
        if (details && add_details(object, m, &view) < 0)
                return NULL;
        return TAKE_PTR(object);
}

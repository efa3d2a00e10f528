/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/inventory.h"

#include "core/signature/certificate.h"

void inventory_done(Inventory *inventory)
{
        allow_list_done(&inventory->files);
        allow_list_done(&inventory->keys);
        allow_list_done(&inventory->buffers);
}

static bool has_buffer(const Measurement *m)
{
        for (size_t i = 0; i < m->template->n_fields; i++)
                if (m->template->fields[i] == MEASUREMENT_FIELD_BUF)
                        return true;
        return false;
}

/* KEY_CHECK measures the key as it was submitted; nothing in the entry says that it is one. */
static bool is_key(const MeasurementView *view)
{
        _cleanup_certificates_ CertificateList certificates = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        return view->buffer_size > 0 && certificate_list_parse(&certificates, view->buffer,
                                                        view->buffer_size, &diags, "") >= 0;
}

int inventory_add(Inventory *inventory, const Measurement *m)
{
        AllowList *list = &inventory->files;
        MeasurementView view;
        int r;

        if (m->violation || m->opaque || !m->template || measurement_decode(m, &view) < 0)
                return 0;
        if (!view.name || view.name_size == 0 || view.digest.size == 0 ||
                        view.digest_type == MEASUREMENT_DIGEST_VERITY ||
                        bytes_are_zero(view.digest.bytes, view.digest.size))
                return 0;
        if (has_buffer(m))
                list = is_key(&view) ? &inventory->keys : &inventory->buffers;
        r = allow_list_add(list, view.name, view.name_size, &view.digest);
        return r < 0 ? r : 1;
}

int inventory_merge(Inventory *inventory, const Inventory *other)
{
        int r = allow_list_merge(&inventory->files, &other->files);

        if (r >= 0)
                r = allow_list_merge(&inventory->keys, &other->keys);
        if (r >= 0)
                r = allow_list_merge(&inventory->buffers, &other->buffers);
        return r;
}

void inventory_sort(Inventory *inventory)
{
        allow_list_sort(&inventory->files);
        allow_list_sort(&inventory->keys);
        allow_list_sort(&inventory->buffers);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates and signed things of tests/data/signatures. */
#pragma once

#include <criterion/criterion.h>

#include "base/fs.h"
#include "core/signature/certificate.h"

static inline char *fixture_signature_file(const char *name, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open_root(getenv("TEST_DATA"));
        char path[128], *text;

        (void) snprintf(path, sizeof(path), "signatures/%s", name);
        cr_assert_eq(fs_read_file(fd, path, 1 << 20, &text, ret_size), 0, "%s", path);
        return text;
}

static inline void fixture_add_certificate(CertificateList *list, const char *name)
{
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        _cleanup_free_ char *bytes = fixture_signature_file(name, &size);

        cr_assert_eq(certificate_list_parse(list, bytes, size, &diags, name), 0, "%s", name);
}

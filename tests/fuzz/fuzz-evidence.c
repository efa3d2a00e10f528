/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check of evidence over arbitrary parts: for each part but the list 16 bits of size
 * (big-endian) and the bytes, size 0xffff for an absent one; what is left is the list.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/json.h"
#include "core/attest/attestation.h"

#define ABSENT 0xffffU

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_parts(Cursor *c, Evidence *evidence)
{
        for (EvidencePart part = 0; part < EVIDENCE_LIST; part++) {
                const uint8_t *bytes;
                uint16_t length;

                if (cursor_read_u16(c, &length) < 0)
                        return -EBADMSG;
                if (length == ABSENT)
                        continue;
                if (cursor_read_view(c, length, &bytes) < 0 ||
                                evidence_set(evidence, part, bytes, length) < 0)
                        return -EBADMSG;
        }
        return 0;
}

static void read_list(Attestation *attestation, Cursor *c, DiagList *diags)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        AttestationStatus status;
        json_t *json;

        if (measurement_reader_new_detecting(&reader) < 0)
                abort();
        (void) measurement_reader_feed(reader, c->data + c->offset, cursor_left(c));
        measurement_reader_end(reader);
        if (attestation_drain(attestation, reader, diags, "fuzz") < 0)
                return;
        if (attestation_finish(attestation, reader, diags, "fuzz", &status, &json) < 0)
                abort();
        /* Nobody can sign for a key that is not his. */
        if (status == ATTESTATION_VERIFIED)
                abort();
        json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_attestation_ Attestation *attestation = NULL;
        _cleanup_allow_list_ AllowList allow_list = { 0 };
        AttestationExpectation expectation = { .nonce = "\xaa\xbb\xcc\xdd", .nonce_size = 4 };
        _cleanup_evidence_ Evidence evidence = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        Cursor c = cursor_new(data, size);

        c.big_endian = true;
        if (read_parts(&c, &evidence) < 0)
                return 0;
        (void) allow_list_parse(&allow_list, (const char *) data, size, &diags, "fuzz");
        allow_list_sort(&allow_list);
        expectation.allow_list = &allow_list;
        if (attestation_new(&evidence, &expectation, &diags, "fuzz", &attestation) >= 0)
                read_list(attestation, &c, &diags);
        return 0;
}

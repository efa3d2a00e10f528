/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of envelopes; one that parses says the same when it is written again. What no JSON begins
 * is taken for a statement, which a fuzzer does not find through base64.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/json.h"
#include "core/bundle/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t size)
{
        _cleanup_bundle_ Bundle bundle = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *again = NULL;
        int r = bundle_parse(text, size, &diags, "fuzz", &bundle);

        if ((r == -EBADMSG) != (diags.errors > 0))
                abort();
        if (r < 0)
                return;
        for (size_t i = 0; i < bundle.files.count; i++)
                if (manifest_find(&bundle.files, bundle.files.entries[i].path) !=
                                &bundle.files.entries[i])
                        abort();
        if (bundle_format_statement(&bundle.source, &bundle.files, &again, &size) < 0)
                abort();
        if (bundle.has_provenance)
                (void) bundle_check_provenance(&bundle.source, &bundle.files,
                                &bundle.provenance_statement, &diags, "fuzz");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *payload = NULL, *line = NULL;
        _cleanup_json_ json_t *json = NULL;

        if (size == 0 || data[0] != 's') {
                check((const char *) data, size);
                return 0;
        }
        if (base64_encode(data + 1, size - 1, &payload) < 0)
                abort();
        json = json_pack("{s:s, s:s, s:[{s:s}]}", "payloadType", STATEMENT_PAYLOAD_TYPE, "payload",
                        payload, "signatures", "sig", "AA==");
        if (!json || json_format(json, &line) < 0)
                abort();
        check(line, strlen(line));
        return 0;
}

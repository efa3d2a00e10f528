/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/attest/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

const EvidencePartInfo evidence_parts[EVIDENCE_PART_MAX] = {
        [EVIDENCE_MANIFEST] = {"evidence.json",       64U << 10, true },
        [EVIDENCE_KEY] = { "ak.pub",             64U << 10, true },
        [EVIDENCE_KEY_PEM] = { "ak.pem",             64U << 10, false},
        [EVIDENCE_QUOTE] = { "quote.msg",          4U << 10,  true },
        [EVIDENCE_SIGNATURE] = { "quote.sig",          4U << 10,  true },
        [EVIDENCE_PCR_VALUES] = { "pcrs",               64U << 10, true },
        [EVIDENCE_EK_CERTIFICATE] = { "ek-certificate.der", 64U << 10, false},
        [EVIDENCE_EVENT_LOG] = { "event-log",          16U << 20, false},
        [EVIDENCE_LIST] = { "measurements",       0,         true },
};

EvidencePart evidence_part_from_name(const char *name)
{
        for (EvidencePart part = 0; part < EVIDENCE_PART_MAX; part++)
                if (strcmp(evidence_parts[part].name, name) == 0)
                        return part;
        return EVIDENCE_PART_MAX;
}

void evidence_done(Evidence *evidence)
{
        for (EvidencePart part = 0; part < EVIDENCE_PART_MAX; part++)
                free(evidence->parts[part].data);
        *evidence = (Evidence){ 0 };
}

int evidence_set(Evidence *evidence, EvidencePart part, const void *bytes, size_t size)
{
        uint8_t *copy = malloc(size + 1);

        if (!copy)
                return -ENOMEM;
        memcpy(copy, bytes, size);
        free(evidence->parts[part].data);
        evidence->parts[part].data = copy;
        evidence->parts[part].size = size;
        return 0;
}

int evidence_set_manifest(Evidence *evidence, const char *generator)
{
        _cleanup_json_ json_t *json =
                        json_pack("{s:i, s:s}", "format", EVIDENCE_FORMAT, "generator", generator);
        _cleanup_free_ char *text = NULL;

        if (!json || json_format(json, &text) < 0)
                return -ENOMEM;
        return evidence_set(evidence, EVIDENCE_MANIFEST, text, strlen(text));
}

uint64_t evidence_get_format(const Evidence *evidence)
{
        _cleanup_json_ json_t *json = NULL;
        json_int_t format;

        if (json_parse((const char *) evidence->parts[EVIDENCE_MANIFEST].data,
                            evidence->parts[EVIDENCE_MANIFEST].size, &json) < 0)
                return 0;
        format = json_integer_value(json_object_get(json, "format"));
        return format > 0 ? (uint64_t) format : 0;
}

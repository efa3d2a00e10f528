/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of any bytes keep within the limits, and name no path that could lead elsewhere. */
#include <stdlib.h>

#include "core/provenance/vouch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pattern(const char *pattern)
{
        if (pattern[0] != '/' || strlen(pattern) > VOUCH_PATTERN_MAX || strstr(pattern, "//"))
                abort();
        for (const char *component = pattern + 1; *component;) {
                size_t length = strcspn(component, "/");
                _cleanup_free_ char *name = strndup(component, length);

                if (string_equal(name, "..") || string_equal(name, "."))
                        abort();
                if (!vouch_is_wild(component, length) && !vouch_match(component, length, name))
                        abort();
                component += length + (component[length] == '/');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r = vouch_parse("10-a.yaml", "10-a.yaml", (const char *) data, size, &rules, &diags);

        if (r < 0 && r != -ENOMEM)
                abort();
        for (size_t i = 0; i < rules.count; i++) {
                const VouchRule *rule = &rules.items[i];

                if (!rule->package || rule->paths.count == 0 || rule->max_files > VOUCH_FILES_MAX ||
                                rule->max_size > VOUCH_SIZE_MAX)
                        abort();
                for (size_t j = 0; j < rule->paths.count; j++)
                        check_pattern(rule->paths.items[j]);
        }
        return 0;
}

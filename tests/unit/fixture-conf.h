/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two settings that tests of configuration files set. */
#pragma once

#include "base/conf-text.h"

typedef struct FixtureSettings {
        bool enabled;
        char *name;
} FixtureSettings;

static const ConfItem fixture_items[] = {
        {"Main",  "Enabled", conf_text_parse_bool,   offsetof(FixtureSettings, enabled),
         "a boolean"                                                                               },
        { "Main", "Name",    conf_text_parse_string, offsetof(FixtureSettings, name),    "a string"},
};

static inline void fixture_settings_done(FixtureSettings *s)
{
        free(s->name);
}

#define _cleanup_settings_ _cleanup_(fixture_settings_done)

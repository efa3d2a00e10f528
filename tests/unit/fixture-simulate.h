/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simulators made of kernel text. */
#pragma once

#include <criterion/criterion.h>

#include "core/policy/simulate/simulate.h"

#define _cleanup_simulator_ _cleanup_(simulate_freep)

/* Not sealed yet. */
static inline Simulator *fixture_rules(const char *text, const Target *target)
{
        Simulator *simulator = NULL;
        uint32_t line = 0;

        cr_assert_eq(simulate_new(target, &simulator), 0);
        cr_assert_eq(simulate_add_text(simulator, "policy", text, strlen(text), target, &line), 0,
                        "line %u of %s", line, text);
        return simulator;
}

static inline Simulator *fixture_simulator(const char *text)
{
        Simulator *simulator = fixture_rules(text, NULL);

        cr_assert_eq(simulate_seal(simulator, true), 0);
        return simulator;
}

/* root asks about a file of root on ext4. */
static inline Request fixture_request(RuleFunc func, unsigned mask)
{
        return (Request){
                .func = func,
                .mask = mask,
                .user.any = true,
                .group.any = true,
                .fsmagic = 0xef53,
                .fsname = "ext4",
        };
}

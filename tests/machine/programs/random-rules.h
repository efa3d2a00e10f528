/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random lines of policy: most of them rules that a kernel might take, made by the same tables that
 * judge them; the others spoilt in all the ways that people and programs find.
 */
#pragma once

#include "base/buffer.h"
#include "core/policy/rule/keyword.h"

typedef struct RandomRules {
        uint64_t state;
        size_t count;
        const Target *target;
} RandomRules;

/* The seed decides everything. */
RandomRules random_rules_new(uint64_t seed, const Target *target);

/* Replaces the buffer's contents by the next payload of a write(). -ENOMEM. */
int random_rules_next(RandomRules *random, Buffer *payload);

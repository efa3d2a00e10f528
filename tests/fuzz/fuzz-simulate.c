/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel text, then behind a form feed a command line, then bytes of requests and a label: the
 * index decides as asking each rule does, and every label has an outcome.
 */
#include <stdlib.h>

#include "core/policy/simulate/builtin.h"
#include "core/policy/simulate/outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t part(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, '\f', size) : NULL;

        return end ? (size_t) (end - data) : size;
}

static void add_builtin(const uint8_t *text, size_t size, Simulator *simulator)
{
        _cleanup_free_ char *command_line = strndup((const char *) text, size);
        Builtin builtin;

        if (builtin_parse(command_line, NULL, size & 1, &builtin) < 0 ||
                        builtin_add_rules(&builtin, NULL, size & 2, simulator) < 0)
                abort();
}

static void check(const Simulator *s, const uint8_t *bytes, size_t size)
{
        static const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false, 10 };
        const AppraisalFile file = { .label = bytes, .label_size = size, .has_xattrs = true };
        Request request = {
                .func = (RuleFunc) (1 + bytes[0] % (RULE_FUNC_SETXATTR_CHECK - 1)),
                .mask = bytes[1] & 15,
                .user = {bytes[2],  bytes[3], bytes[4], bytes[1] & 16},
                .group = { bytes[2], bytes[3], bytes[4], bytes[1] & 16},
                .owner = bytes[5],
                .owner_group = bytes[6],
                .fsmagic = bytes[7],
                .fsname = bytes[7] & 1 ? "ext4" : NULL,
        };
        SimulateDecision a = simulate_decide(s, &request), b = simulate_decide_linear(s, &request);
        OutcomeMemory memory = { 0 };

        for (int c = 0; c < SIMULATE_CLASS_MAX; c++)
                if (a.classes[c].rule != b.classes[c].rule ||
                                a.classes[c].is_done != b.classes[c].is_done)
                        abort();
        if (a.flags != b.flags)
                abort();
        (void) outcome_ask(&memory, s, &request, &file, &settings, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(simulate_freep) Simulator *simulator = NULL;
        size_t length = part(data, size);
        uint32_t line;

        if (simulate_new(NULL, &simulator) < 0)
                abort();
        if (simulate_add_text(simulator, "policy", (const char *) data, length, NULL, &line) < 0)
                return 0;
        data += length + (length < size);
        size -= length + (length < size);
        length = part(data, size);
        add_builtin(data, length, simulator);
        data += length + (length < size);
        size -= length + (length < size);
        if (simulate_seal(simulator, true) < 0)
                abort();
        for (; size >= 8; data += 8, size -= 8)
                check(simulator, data, size);
        return 0;
}

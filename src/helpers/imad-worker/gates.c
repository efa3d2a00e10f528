/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/gates.h"

#include "base/buffer.h"
#include "base/diag-code.h"
#include "core/policy/code.h"
#include "core/policy/rule/keyword.h"

#define FORCE_HINT                                                                                  \
        "mend what is named above, or add --force=GATE[,GATE…] --reason=TEXT; a trial goes back " \
        "by itself when it fails"

/* What lint warns of is an error before a trial. */
static int ask_filesystems(Worker *worker, const Compilation *compilation)
{
        static const char *const codes[] = { POLICY_CODE_PSEUDO_APPRAISED,
                POLICY_CODE_XATTRS_LACKING };
        size_t count = worker->diags.count;
        int r = 0;

        (void) compilation;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                const Diag d = worker->diags.items[i];

                for (size_t c = 0; r >= 0 && c < ELEMENTSOF(codes); c++)
                        if (string_equal(d.code, codes[c]))
                                r = diag_error(&worker->diags, DIAG_CODE_GATE_FILESYSTEMS,
                                                ((DiagPlace){ d.source, d.line, d.column }), d.hint,
                                                "%s", d.message);
                r = r == -EBADMSG ? 0 : r;
        }
        return r;
}

static const struct {
        const char *name;
        int (*ask)(Worker *worker, const Compilation *compilation);
} gates[GATE_MAX] = {
        [GATE_COMPILE] = {"compile",      NULL             },
        [GATE_KEYS] = { "keys",        gate_keys_ask    },
        [GATE_COVERAGE] = { "coverage",    gate_coverage_ask},
        [GATE_FILESYSTEMS] = { "filesystems", ask_filesystems  },
};

const char *gate_to_string(Gate gate)
{
        return gates[gate].name;
}

static Gate gate_from_string(const char *name)
{
        for (int i = 0; i < GATE_MAX; i++)
                if (string_equal(gates[i].name, name))
                        return (Gate) i;
        return GATE_INVALID;
}

int gates_read_forced(Worker *worker, unsigned *ret_forced)
{
        _cleanup_free_ char *names = strdup(worker->options[WORKER_OPTION_FORCE] ?: "");
        const char *reason = worker->options[WORKER_OPTION_REASON];
        unsigned forced = 0;
        char *state = NULL;

        if (!names)
                return -ENOMEM;
        for (char *name = strtok_r(names, ",", &state); name; name = strtok_r(NULL, ",", &state)) {
                Gate gate = gate_from_string(name);

                if (gate < 0) {
                        (void) worker_fail(worker, EXIT_CODE_USAGE,
                                        "gates are compile, keys, coverage and filesystems",
                                        "there is no gate \"%s\"", name);
                        return -EINVAL;
                }
                forced |= BIT(gate);
        }
        if (!forced != !reason || (reason && *reason == '\0') ||
                        strlen(reason ?: "") > GENERATION_REASON_MAX) {
                (void) worker_fail(worker, EXIT_CODE_USAGE,
                                "say in a sentence why, like --reason=\"test of the fall-back\"",
                                "--force= needs --reason=, which is kept with the policy, and the "
                                "other way round");
                return -EINVAL;
        }
        *ret_forced = forced;
        return 0;
}

static int name_gates(unsigned set, char **ret_names)
{
        _cleanup_buffer_ Buffer names = { 0 };

        for (int i = 0; i < GATE_MAX; i++)
                if ((set & BIT(i)) && buffer_append_format(&names, "%s%s", names.size ? "," : "",
                                                      gates[i].name) < 0)
                        return -ENOMEM;
        *ret_names = strdup(names.size ? names.data : "");
        return *ret_names ? 0 : -ENOMEM;
}

static int report(Worker *worker, unsigned forced, unsigned failed)
{
        json_t *list = json_array();

        for (int i = 0; list && i < GATE_MAX; i++)
                (void) json_array_append_new(
                                list, json_pack("{s:s, s:s}", "gate", gates[i].name, "state",
                                                      forced & BIT(i)   ? "forced"
                                                      : failed & BIT(i) ? "failed"
                                                                        : "passed"));
        return worker_set(worker, "gates", list);
}

int gates_ask(Worker *worker, const Compilation *compilation, unsigned forced)
{
        _cleanup_free_ char *names = NULL;
        unsigned failed = 0;
        int r;

        for (int i = 0; i < GATE_MAX; i++) {
                size_t before = worker->diags.errors;

                if ((forced & BIT(i)) || !gates[i].ask)
                        continue;
                r = gates[i].ask(worker, compilation);
                if (r < 0 && r != -EBADMSG)
                        return r;
                if (worker->diags.errors > before)
                        failed |= BIT(i);
        }
        r = report(worker, forced, failed);
        if (r >= 0)
                r = name_gates(failed, &names);
        if (r < 0 || failed == 0)
                return r;
        (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, FORCE_HINT,
                        "the policy is not ready for a trial (%s)", names);
        return -EPERM;
}

int gates_note_forced(const Worker *worker, unsigned forced, Generation *generation)
{
        if (!forced)
                return 0;
        generation->reason = strdup(worker->options[WORKER_OPTION_REASON]);
        if (!generation->reason)
                return -ENOMEM;
        string_make_utf8(generation->reason);
        return name_gates(forced, &generation->forced);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy and the machine that the verb policy-simulate simulates, and how it tells of them. */
#pragma once

#include "core/policy/import/kernel-text.h"
#include "core/policy/simulate/builtin.h"
#include "core/policy/simulate/file-use.h"
#include "core/policy/simulate/outcome.h"
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/worker-target.h"
#include "system/file-facts.h"
#include "system/file-oracle.h"
#include "system/mounts.h"

#define SIMULATION_POLICY_LIST "policy"

typedef struct Simulation {
        Compilation compilation; /* of fragments */
        Generation generation;   /* of the running policy */
        KernelText text;         /* of a file */
        char *release;           /* of the running kernel, when nothing else is asked for */
        WorkerTargets targets;
        const Target *target; /* NULL: not known */
        Simulator *simulator;
        json_t *provenance; /* of the policy's lines, or NULL */
        char *source;       /* for people: "the fragments" */
        Builtin builtin;
        AppraisalSettings settings;
        size_t policy_rules; /* without built-in ones */
        MountTable mounts;
        FileOracle oracle; /* of one thread; owns its verifier */
} Simulation;

void simulation_done(Simulation *simulation);

/*
 * Names in --policy=, when it is not given, the policy that is in force: the one imad has loaded,
 * the kernel's own when nobody has loaded any, or what the kernel shows. -ENOENT when somebody else
 * has loaded one and the kernel does not show it; the option stays open then.
 */
int simulation_choose_policy(Worker *worker);

/* Reads --policy= and what the kernel adds to it. On failure the worker's error is set. */
int simulation_prepare(Worker *worker, Simulation *ret_simulation);

/*
 * What is asked about: `override` holds for every request. Takes the worker's options; -EINVAL with
 * the worker's error set.
 */
typedef struct SimulationOverride {
        bool given[WORKER_OPTION_MAX];
        Request request; /* func RULE_FUNC_NONE: not given */
        FileUse use;     /* FILE_USE_INVALID: not given */
} SimulationOverride;

int simulation_read_override(Worker *worker, SimulationOverride *ret_override);

/* Sets in a request what the options say. */
void simulation_apply_override(const SimulationOverride *override, Request *request);

/* {"list", "line", "text", "fragment", "id", "source", "source_line"}; NULL: no memory. */
json_t *simulation_rule_to_json(const Simulation *simulation, size_t rule);

/* One answer; NULL: no memory. With explain also why the rules before did not match. */
json_t *simulation_outcome_to_json(const Simulation *simulation, const Request *request,
                const Outcome *outcome, bool explain);

/*
 * Asks everything that a file normally is used for, or that the override says; tells of each
 * request. Several threads may do so, each with facts of its own.
 */
typedef void SimulationVisitor(void *userdata, const Request *request, const Outcome *outcome);
void simulation_ask_file(const Simulation *simulation, const SimulationOverride *override,
                const char *path, const FileFacts *facts, const AppraisalOracle *oracle,
                SimulationVisitor *visit, void *userdata);

/* Trees and packages: "tree" of the result. */
ExitCode simulation_run_tree(
                Worker *worker, Simulation *simulation, const SimulationOverride *override);

#define _cleanup_simulation_ _cleanup_(simulation_done)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/read-cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "helpers/imad-worker/path-list.h"
#include "helpers/imad-worker/simulation.h"
#include "system/label-cache-file.h"
#include "system/tree.h"

typedef struct ReadCost {
        Worker *worker;
        const LabelCache *cache;
        Simulation simulation;
        SimulationOverride override;
        FileFacts facts;
        uint64_t entries;
} ReadCost;

/* The kernel asks this when a file is opened; what else it does with the file is no matter here. */
static SimulateVerdict decide(const ReadCost *cost, const FileFacts *facts)
{
        Request request = { .func = RULE_FUNC_FILE_CHECK, .mask = RULE_MASK_READ };

        if (facts)
                file_facts_apply(facts, &request);
        simulation_apply_override(&cost->override, &request);
        return simulate_decide(cost->simulation.simulator, &request)
                        .classes[SIMULATE_CLASS_MEASURE];
}

static int add_file(void *userdata, const char *path, int path_fd)
{
        ReadCost *cost = userdata;
        LabelCacheFile file;
        struct stat st;

        if (fstat(path_fd, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;
        file = label_cache_file_from_stat(&st);
        if (cost->cache && label_cache_has(cost->cache, &file))
                return 0;
        if (file_facts_read(path_fd, &cost->simulation.mounts, true, &cost->facts) >= 0)
                cost->entries += decide(cost, &cost->facts).is_done;
        return 0;
}

/* What cannot be walked or opened is told of when it is to be read. */
static int add_word(void *userdata, const char *word)
{
        ReadCost *cost = userdata;
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        TreeStatistics statistics = { 0 };
        int r = worker_resolve_path(cost->worker, word, &path);

        if (r < 0)
                return r;
        fd = fs_open(cost->worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return 0;
        r = tree_walk_at(fd, path, cost->worker->all_mounts, add_file, cost, &statistics);
        return r == -ENOMEM ? r : r == -ENOTDIR ? add_file(cost, path, fd) : 0;
}

/* Another reading of what is no file would find nothing. */
static bool is_file(const Worker *worker, const char *name)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (string_equal(name, "-") || worker_resolve_path(worker, name, &path) < 0)
                return false;
        fd = fs_open(worker->root_fd, path, O_PATH, 0);
        return fd >= 0 && fstat(fd, &st) >= 0 && S_ISREG(st.st_mode);
}

/* Mostly no rule measures, and no file need be looked at. */
static int add_words(ReadCost *cost)
{
        const Worker *worker = cost->worker;
        const char *manifest = worker->options[WORKER_OPTION_MANIFEST];
        int r = 0;

        if (!decide(cost, NULL).is_active)
                return 0;
        if (manifest && !is_file(worker, manifest))
                return -ESPIPE;
        for (size_t i = 0; r >= 0 && i < worker->n_words; i++)
                r = add_word(cost, worker->words[i]);
        if (r >= 0 && manifest)
                r = path_list_read(worker, manifest, add_word, cost);
        return r;
}

/* A policy that cannot be simulated is no reason not to sign: nothing that is said of it is kept.
 */
static bool prepare(ReadCost *cost)
{
        Worker *worker = cost->worker;
        DiagList diags = TAKE_STRUCT(worker->diags);
        const char *kernel = worker->kernel, *policy = worker->options[WORKER_OPTION_POLICY];
        bool is_known = simulation_choose_policy(worker) >= 0 &&
                        simulation_prepare(worker, &cost->simulation) >= 0;

        if (!is_known) {
                json_decref(worker->error);
                worker->error = NULL;
                worker->code = EXIT_CODE_OK;
        }
        diag_list_done(&worker->diags);
        worker->diags = diags;
        worker->kernel = kernel;
        worker->options[WORKER_OPTION_POLICY] = policy;
        return is_known;
}

static int tell(const ReadCost *cost)
{
        if (cost->entries > 0)
                fprintf(stderr,
                                "imad-worker: reading these files adds up to %" PRIu64
                                " entr%s to the measurement list, by %s\n",
                                cost->entries, cost->entries == 1 ? "y" : "ies",
                                cost->simulation.source);
        return worker_set(cost->worker, "reads",
                        json_pack("{s:I, s:s}", "entries", (json_int_t) cost->entries, "policy",
                                        cost->simulation.source));
}

int read_cost_tell(Worker *worker, const LabelCache *cache)
{
        ReadCost cost = {
                .worker = worker,
                .cache = cache,
        };
        const uint32_t user = geteuid(), group = getegid();
        int r = 0;

        cost.override.request.user = (RequestIds){ user, user, user, user == 0 };
        cost.override.request.group = (RequestIds){ group, group, group, user == 0 };
        if (prepare(&cost)) {
                r = add_words(&cost);
                if (r >= 0)
                        r = tell(&cost);
        }
        simulation_done(&cost.simulation);
        return r == -ENOMEM ? r : 0;
}

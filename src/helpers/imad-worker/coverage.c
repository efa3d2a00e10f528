/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/coverage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/time.h"
#include "helpers/imad-worker/parallel.h"
#include "system/file-oracle.h"
#include "system/package.h"
#include "system/tree.h"

/* Each holds a descriptor: far below the usual limit of 1024. */
#define BATCH_SIZE 256U
#define MISSING_MAX 50000U
#define RULES_PER_FILE 8U

/* What one file comes to in all its uses. */
typedef struct Finding {
        AppraisalStatus status; /* the worst */
        const char *cause;
        bool has_key_id;
        uint32_t key_id;
        int rules[RULES_PER_FILE]; /* that appraise it */
        size_t n_rules;
} Finding;

typedef struct Item {
        char *path;
        int fd;
        int error;
        Finding finding;
} Item;

/* Of one thread: mounts and files are remembered in what a thread has of its own. */
typedef struct Lane {
        SignatureVerifier *verifier;
        FileOracle oracle;
        MountTable mounts;
        FileFacts facts;
} Lane;

typedef struct Survey {
        Worker *worker;
        const Simulation *simulation;
        SimulationOverride override;
        Parallel *parallel;
        Lane lanes[PARALLEL_THREADS_MAX];
        PackageIndex packages;
        Item items[BATCH_SIZE];
        size_t n_items;
        size_t n_directories_allocated;
        TreeStatistics tree;
        Coverage coverage;
} Survey;

static void groups_done(CoverageGroup *groups, size_t n_groups)
{
        for (size_t i = 0; i < n_groups; i++)
                free(groups[i].name);
        free(groups);
}

void coverage_done(Coverage *coverage)
{
        groups_done(coverage->packages, coverage->n_packages);
        groups_done(coverage->directories, coverage->n_directories);
        free(coverage->rules);
        json_decref(coverage->missing);
        *coverage = (Coverage){ 0 };
}

static void drop_items(Survey *s)
{
        for (size_t i = 0; i < s->n_items; i++) {
                free(s->items[i].path);
                cleanup_closep(&s->items[i].fd);
        }
        s->n_items = 0;
}

static void survey_done(Survey *s)
{
        drop_items(s);
        parallel_freep(&s->parallel);
        for (size_t i = 0; i < PARALLEL_THREADS_MAX; i++) {
                signature_verifier_free(s->lanes[i].verifier);
                mounts_done(&s->lanes[i].mounts);
        }
        package_index_done(&s->packages);
        coverage_done(&s->coverage);
}

static void note_rule(Finding *finding, int rule)
{
        for (size_t i = 0; i < finding->n_rules; i++)
                if (finding->rules[i] == rule)
                        return;
        if (rule >= 0 && finding->n_rules < RULES_PER_FILE)
                finding->rules[finding->n_rules++] = rule;
}

static void take_outcome(void *userdata, const Request *request, const Outcome *outcome)
{
        Finding *finding = userdata;
        const Appraisal *a = &outcome->appraisal;

        if (a->status == APPRAISAL_STATUS_NOT_APPRAISED)
                return;
        note_rule(finding, outcome->decision.classes[SIMULATE_CLASS_APPRAISE].rule);
        if (finding->status >= a->status)
                return;
        finding->status = a->status;
        finding->cause = a->cause;
        finding->has_key_id = a->has_key_id;
        finding->key_id = a->key_id;
}

static int survey_item(void *userdata, size_t index, size_t thread)
{
        Survey *s = userdata;
        Item *item = &s->items[index];
        Lane *lane = &s->lanes[thread];
        AppraisalOracle oracle;

        item->error = file_facts_read(item->fd, &lane->mounts, true, &lane->facts);
        if (item->error < 0)
                return 0;
        file_oracle_set_file(&lane->oracle, item->fd);
        oracle = file_oracle_get_functions(&lane->oracle);
        simulation_ask_file(s->simulation, &s->override, item->path, &lane->facts, &oracle,
                        take_outcome, &item->finding);
        return 0;
}

static void count_finding(CoverageCount *count, const Finding *finding)
{
        count->appraised++;
        count->passing += finding->status == APPRAISAL_STATUS_PASSES;
        count->open += finding->status == APPRAISAL_STATUS_OPEN;
        count->failing += finding->status >= APPRAISAL_STATUS_FIXED;
}

/* Files of one directory come in a row, so the last one is the only candidate. */
static CoverageGroup *find_directory(Survey *s, const char *path)
{
        const char *slash = strrchr(path, '/');
        size_t length = slash && slash > path ? (size_t) (slash - path) : 1;
        Coverage *c = &s->coverage;

        if (c->n_directories > 0) {
                CoverageGroup *last = &c->directories[c->n_directories - 1];

                if (strlen(last->name) == length && memcmp(last->name, path, length) == 0)
                        return last;
        }
        if (c->n_directories == s->n_directories_allocated) {
                size_t n = s->n_directories_allocated ? 2 * s->n_directories_allocated : 256;
                CoverageGroup *directories = reallocarray(c->directories, n, sizeof(*directories));

                if (!directories)
                        return NULL;
                c->directories = directories;
                s->n_directories_allocated = n;
        }
        c->directories[c->n_directories] = (CoverageGroup){ .name = strndup(path, length) };
        return c->directories[c->n_directories].name ? &c->directories[c->n_directories++] : NULL;
}

static CoverageGroup *find_package(Survey *s, const char *path)
{
        size_t package = package_index_find(&s->packages, path);

        return &s->coverage.packages[package == PACKAGE_NONE ? 0 : package + 1];
}

static json_t *missing_to_json(const Item *item, const char *package)
{
        const Finding *f = &item->finding;
        _cleanup_free_ char *path = strdup(item->path), *mend = NULL;
        char key_id[2 * sizeof(f->key_id) + 1];

        if (!path)
                return NULL;
        string_make_utf8(path);
        mend = coverage_mend(f->cause, path, package);
        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, f->key_id);
        return mend ? json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:s}", "path", path, "package",
                                      package, "status", appraisal_status_to_string(f->status),
                                      "cause", f->cause, "key_id", f->has_key_id ? key_id : NULL,
                                      "mend", mend)
                    : NULL;
}

static int note_missing(Survey *s, const Item *item, const CoverageGroup *package)
{
        Coverage *c = &s->coverage;

        if (item->finding.status == APPRAISAL_STATUS_PASSES)
                return 0;
        if (json_array_size(c->missing) == MISSING_MAX) {
                c->unlisted++;
                return 0;
        }
        return json_array_append_new(c->missing, missing_to_json(item, package->name)) < 0 ? -ENOMEM
                                                                                           : 0;
}

static int finish_item(Survey *s, const Item *item)
{
        const Finding *finding = &item->finding;
        CoverageGroup *package, *directory;

        s->coverage.files++;
        s->tree.unreadable += item->error < 0;
        if (item->error < 0 || finding->status == APPRAISAL_STATUS_NOT_APPRAISED)
                return 0;
        package = find_package(s, item->path);
        directory = find_directory(s, item->path);
        if (!directory)
                return -ENOMEM;
        count_finding(&s->coverage.count, finding);
        count_finding(&package->count, finding);
        count_finding(&directory->count, finding);
        for (size_t i = 0; i < finding->n_rules; i++)
                count_finding(&s->coverage.rules[finding->rules[i]], finding);
        return note_missing(s, item, package);
}

static int flush(Survey *s)
{
        int r = parallel_run(s->parallel, s->n_items, survey_item, s);

        for (size_t i = 0; r >= 0 && i < s->n_items; i++)
                r = finish_item(s, &s->items[i]);
        drop_items(s);
        worker_progress(s->worker, -1, "files");
        return r;
}

static int visit(void *userdata, const char *path, int path_fd)
{
        Survey *s = userdata;
        Item *item = &s->items[s->n_items];
        int fd = fcntl(path_fd, F_DUPFD_CLOEXEC, 3);

        if (fd < 0)
                return -errno;
        *item = (Item){ .path = strdup(path), .fd = fd };
        s->n_items++;
        if (!item->path)
                return -ENOMEM;
        return s->n_items == BATCH_SIZE ? flush(s) : 0;
}

static int make_packages(Survey *s)
{
        Coverage *c = &s->coverage;
        int r = package_index_load(s->worker->root_fd, &s->packages);

        if (r < 0 && r != -ENOENT)
                return r;
        c->packages = calloc(s->packages.names.count + 1, sizeof(*c->packages));
        if (!c->packages)
                return -ENOMEM;
        c->n_packages = s->packages.names.count + 1;
        for (size_t i = 1; i < c->n_packages; i++) {
                c->packages[i].name = strdup(s->packages.names.items[i - 1]);
                if (!c->packages[i].name)
                        return -ENOMEM;
        }
        return 0;
}

static int prepare(Survey *s, const CertificateList *certificates)
{
        Coverage *c = &s->coverage;
        int r = parallel_new(&s->parallel);

        c->n_rules = simulate_get_rule_count(s->simulation->simulator);
        c->rules = calloc(c->n_rules + 1, sizeof(*c->rules));
        c->missing = json_array();
        if (r >= 0 && (!c->rules || !c->missing))
                r = -ENOMEM;
        for (size_t i = 0; r >= 0 && i < parallel_get_n_threads(s->parallel); i++) {
                Lane *lane = &s->lanes[i];

                r = mounts_load(&lane->mounts);
                if (r == -ENOENT)
                        r = 0;
                if (r >= 0 && certificates->count > 0)
                        r = signature_verifier_new(certificates, &lane->verifier);
                lane->oracle.verifier = lane->verifier;
        }
        return r < 0 ? r : make_packages(s);
}

static int visit_file(Survey *s, const char *path)
{
        _cleanup_close_ int fd = fs_open(s->worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        return S_ISREG(st.st_mode) ? visit(s, path, fd) : -ENOTDIR;
}

static int walk(Survey *s, const char *word)
{
        _cleanup_free_ char *path = NULL;
        int r = worker_resolve_path(s->worker, word, &path);

        if (r >= 0)
                r = tree_walk(s->worker->root_fd, path, s->worker->all_mounts, visit, s, &s->tree);
        if (r == -ENOTDIR)
                r = visit_file(s, path);
        if (r < 0)
                (void) worker_fail(s->worker, exit_code_from_errno(r),
                                "name directories to be looked through",
                                "cannot walk through %s: %s", word, strerror(-r));
        return r;
}

ExitCode coverage_run(Worker *worker, const Simulation *simulation,
                const CertificateList *certificates, Coverage *ret_coverage)
{
        _cleanup_(survey_done) Survey s = {
                .worker = worker,
                .simulation = simulation,
                .override = {.use = FILE_USE_INVALID,
                             .request = { .user.any = true, .group.any = true }},
        };
        usec_t start = time_now(CLOCK_MONOTONIC);
        int r = prepare(&s, certificates);

        for (size_t i = 0; r >= 0 && i < worker->n_words; i++)
                r = walk(&s, worker->words[i]);
        if (r >= 0 && worker->n_words == 0)
                r = walk(&s, "/");
        if (r >= 0)
                r = flush(&s);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot survey the files");
        s.coverage.skipped_mounts = s.tree.skipped_mounts;
        s.coverage.unreadable = s.tree.unreadable;
        s.coverage.seconds = (double) (time_now(CLOCK_MONOTONIC) - start) / 1e6;
        *ret_coverage = TAKE_STRUCT(s.coverage);
        return EXIT_CODE_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "base/json.h"
#include "core/policy/simulate/critical.h"
#include "helpers/imad-worker/simulation.h"
#include "system/package.h"
#include "system/tree.h"

#define GROUPS_MAX 100000
#define GROUPS_SHOWN 50
#define EXAMPLES_SHOWN 3
#define PROGRESS_FILES 2000

/* Files of one directory or package that would be denied. */
typedef struct Group {
        char *name;
        size_t count;
        StringList examples;
} Group;

/* What one file comes to in all its uses. */
typedef struct FileResult {
        bool measured, appraised, audited, hashed, denied, open;
        const char *cause;
        RuleFunc func;
} FileResult;

typedef struct Survey {
        Worker *worker;
        Simulation *simulation;
        const SimulationOverride *override;
        FileFacts facts;
        FileResult result; /* of the file at hand */
        size_t *decided;   /* by rule: files that it decides about */
        size_t *last;      /* by rule: the last file that was counted */
        size_t files, measured, appraised, audited, hashed, denied, open;
        const char *package; /* NULL: group by directory */
        Group *groups;
        size_t n_groups;
        json_t **critical; /* by row of critical_list(); NULL: none is denied */
        TreeStatistics statistics;
} Survey;

static size_t count_critical(void)
{
        size_t count;

        (void) critical_list(&count);
        return count;
}

static void survey_done(Survey *s)
{
        for (size_t i = 0; i < s->n_groups; i++) {
                free(s->groups[i].name);
                string_list_done(&s->groups[i].examples);
        }
        free(s->groups);
        free(s->decided);
        free(s->last);
        for (size_t i = 0; s->critical && i < count_critical(); i++)
                json_decref(s->critical[i]);
        free(s->critical);
}

static void count_rules(Survey *s, const SimulateDecision *d)
{
        for (int c = 0; c < SIMULATE_CLASS_MAX; c++) {
                int rule = d->classes[c].rule;

                if (rule < 0 || s->last[rule] == s->files)
                        continue;
                s->last[rule] = s->files;
                s->decided[rule]++;
        }
}

static void take_outcome(void *userdata, const Request *request, const Outcome *o)
{
        Survey *s = userdata;
        FileResult *result = &s->result;

        count_rules(s, &o->decision);
        result->measured |= o->is_measured;
        result->audited |= o->is_audited;
        result->hashed |= o->is_hashed;
        result->appraised |= o->appraisal.status != APPRAISAL_STATUS_NOT_APPRAISED;
        result->open |= o->appraisal.status == APPRAISAL_STATUS_OPEN;
        if (o->appraisal.is_denied && !result->denied) {
                result->denied = true;
                result->cause = o->appraisal.cause;
                result->func = request->func;
        }
}

/* Files of one group come in a row, so the last one is the only candidate. */
static Group *find_group(Survey *s, const char *name, size_t length)
{
        Group *groups;

        if (s->n_groups > 0 && strlen(s->groups[s->n_groups - 1].name) == length &&
                        memcmp(s->groups[s->n_groups - 1].name, name, length) == 0)
                return &s->groups[s->n_groups - 1];
        if (s->n_groups == GROUPS_MAX)
                return &s->groups[GROUPS_MAX - 1];
        groups = reallocarray(s->groups, s->n_groups + 1, sizeof(Group));
        if (!groups)
                return NULL;
        s->groups = groups;
        groups[s->n_groups] = (Group){ .name = strndup(name, length) };
        return groups[s->n_groups].name ? &groups[s->n_groups++] : NULL;
}

static int note_critical(Survey *s, const char *path, const FileResult *result)
{
        const CriticalFile *critical = critical_find(path);
        size_t count;
        json_t **place = critical ? &s->critical[critical - critical_list(&count)] : NULL;

        if (!place || *place)
                return 0;
        *place = json_pack("{s:s, s:s, s:s, s:s?}", "path", path, "what", critical->what, "func",
                        rule_func_get_info(result->func)->name, "cause", result->cause);
        return *place ? 0 : -ENOMEM;
}

static int note_denial(Survey *s, const char *path, const FileResult *result)
{
        const char *slash = strrchr(path, '/');
        size_t length = slash && slash > path ? (size_t) (slash - path) : 1;
        Group *group = s->package ? find_group(s, s->package, strlen(s->package))
                                  : find_group(s, path, length);
        _cleanup_free_ char *shown = strdup(path);

        if (!group || !shown)
                return -ENOMEM;
        string_make_utf8(shown);
        group->count++;
        if (group->examples.count < EXAMPLES_SHOWN && string_list_add(&group->examples, shown) < 0)
                return -ENOMEM;
        return note_critical(s, path, result);
}

static int visit(void *userdata, const char *path, int path_fd)
{
        Survey *s = userdata;
        FileOracle *oracle = &s->simulation->oracle;
        AppraisalOracle functions;

        if (file_facts_read(path_fd, &s->simulation->mounts, true, &s->facts) < 0) {
                s->statistics.unreadable++;
                return 0;
        }
        if (!S_ISREG(s->facts.stat.stx_mode))
                return 0;
        s->files++;
        s->result = (FileResult){ 0 };
        file_oracle_set_file(oracle, path_fd);
        functions = file_oracle_get_functions(oracle);
        simulation_ask_file(
                        s->simulation, s->override, path, &s->facts, &functions, take_outcome, s);
        s->measured += s->result.measured;
        s->appraised += s->result.appraised;
        s->audited += s->result.audited;
        s->hashed += s->result.hashed;
        s->denied += s->result.denied;
        s->open += s->result.open && !s->result.denied;
        if (s->files % PROGRESS_FILES == 0)
                worker_progress(s->worker, 0.5, path);
        return s->result.denied ? note_denial(s, path, &s->result) : 0;
}

static int visit_package_file(void *userdata, const char *package, const char *path)
{
        Survey *s = userdata;
        _cleanup_close_ int fd = fs_open(s->worker->root_fd, path, O_PATH | O_NOFOLLOW, 0);

        s->package = package;
        return fd < 0 ? 0 : visit(s, path, fd);
}

static int visit_packages(Survey *s)
{
        int r = package_visit_files(s->worker->root_fd, visit_package_file, s);

        s->package = NULL;
        if (r < 0 && r != -ENOMEM)
                (void) worker_fail(s->worker, exit_code_from_errno(r),
                                "the database of dpkg is looked for there",
                                "cannot list " PACKAGE_DIRECTORY ": %s", strerror(-r));
        return r;
}

static int visit_trees(Survey *s)
{
        for (size_t i = 0; i < s->worker->n_words; i++) {
                _cleanup_free_ char *path = NULL;
                int r = worker_resolve_path(s->worker, s->worker->words[i], &path);

                if (r >= 0)
                        r = tree_walk(s->worker->root_fd, path, s->worker->all_mounts, visit, s,
                                        &s->statistics);
                if (r < 0) {
                        (void) worker_fail(s->worker, exit_code_from_errno(r), NULL,
                                        "cannot walk through %s: %s", s->worker->words[i],
                                        strerror(-r));
                        return r;
                }
        }
        return 0;
}

static int compare_groups(const void *a, const void *b)
{
        const Group *x = a, *y = b;

        return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->name, y->name);
}

static json_t *groups_to_json(Survey *s)
{
        _cleanup_json_ json_t *list = json_array();

        if (s->n_groups > 0)
                qsort(s->groups, s->n_groups, sizeof(Group), compare_groups);
        for (size_t i = 0; list && i < s->n_groups && i < GROUPS_SHOWN; i++) {
                json_t *examples = json_array();

                string_make_utf8(s->groups[i].name);
                for (size_t e = 0; examples && e < s->groups[i].examples.count; e++)
                        (void) json_array_append_new(
                                        examples, json_string(s->groups[i].examples.items[e]));
                if (json_array_append_new(
                                    list, json_pack("{s:s, s:I, s:o}", "name", s->groups[i].name,
                                                          "denied", (json_int_t) s->groups[i].count,
                                                          "examples", examples)) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

static json_t *rules_to_json(const Survey *s)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; list && i < simulate_get_rule_count(s->simulation->simulator); i++) {
                json_t *rule = simulation_rule_to_json(s->simulation, i);

                if (!rule ||
                                json_object_set_new(rule, "files",
                                                json_integer((json_int_t) s->decided[i])) < 0 ||
                                json_array_append_new(list, rule) < 0)
                        return NULL;
        }
        return TAKE_PTR(list);
}

/* In the order in which a boot needs them. */
static json_t *critical_to_json(const Survey *s)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; list && i < count_critical(); i++)
                if (s->critical[i] && json_array_append(list, s->critical[i]) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

static int report(Survey *s)
{
        json_t *tree = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "files",
                        (json_int_t) s->files, "measured", (json_int_t) s->measured, "appraised",
                        (json_int_t) s->appraised, "audited", (json_int_t) s->audited, "hashed",
                        (json_int_t) s->hashed, "denied", (json_int_t) s->denied, "open",
                        (json_int_t) s->open, "skipped_mounts",
                        (json_int_t) s->statistics.skipped_mounts, "unreadable",
                        (json_int_t) s->statistics.unreadable, "denied_groups",
                        (json_int_t) s->n_groups, "by_package", s->worker->packages);
        int r = worker_set(s->worker, "tree", tree);

        if (r >= 0 && (json_object_set_new(tree, "critical", critical_to_json(s)) < 0 ||
                                      json_object_set_new(tree, "groups", groups_to_json(s)) < 0 ||
                                      json_object_set_new(tree, "rules", rules_to_json(s)) < 0))
                r = -ENOMEM;
        return r;
}

ExitCode simulation_run_tree(
                Worker *worker, Simulation *simulation, const SimulationOverride *override)
{
        size_t n = simulate_get_rule_count(simulation->simulator);
        _cleanup_(survey_done) Survey s = {
                .worker = worker,
                .simulation = simulation,
                .override = override,
                .decided = calloc(n + 1, sizeof(size_t)),
                .last = calloc(n + 1, sizeof(size_t)),
                .critical = calloc(count_critical(), sizeof(json_t *)),
        };
        int r = s.decided && s.last && s.critical ? 0 : -ENOMEM;

        if (r >= 0 && worker->packages)
                r = visit_packages(&s);
        if (r >= 0 && worker->tree)
                r = visit_trees(&s);
        if (r >= 0)
                r = report(&s);
        return r < 0 ? worker_fail_errno(worker, r, "cannot simulate the tree") : EXIT_CODE_OK;
}

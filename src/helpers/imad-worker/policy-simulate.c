/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag-code.h"
#include "base/fs.h"
#include "base/json.h"
#include "core/policy/rule/names.h"
#include "helpers/imad-worker/measurements-input.h"
#include "helpers/imad-worker/simulation.h"
#include "system/users.h"

#define PATHS_MAX 10000

typedef struct File {
        int path_fd;
        FileFacts *facts;
        AppraisalFile appraisal;
        AppraisalOracle oracle;
} File;

/* Of one use: the answers so far. */
typedef struct Answers {
        const Simulation *simulation;
        json_t *requests;
        bool explain;
        bool no_memory;
} Answers;

static int refuse_option(Worker *worker, const char *name, const char *hint)
{
        (void) worker_fail(worker, EXIT_CODE_USAGE, hint, "--%s=%s is not understood", name,
                        worker->options[worker_option_from_string(name)]);
        return -EINVAL;
}

typedef int (*FindId)(int root_fd, const char *name, uint32_t *ret_id);

static int read_id(Worker *worker, WorkerOption option, FindId find, uint32_t *ret_id)
{
        const char *text = worker->options[option];
        uint64_t number;

        if (!text)
                return 0;
        if (parse_u64(text, UINT32_MAX - 1, &number) >= 0) {
                *ret_id = (uint32_t) number;
                return 1;
        }
        if (find(worker->root_fd, text, ret_id) >= 0)
                return 1;
        return refuse_option(worker, worker_option_to_string(option),
                        "give a number, or a name that is known there");
}

/* The effective id is the real one unless it is said; root's has the capability. */
static int read_ids(Worker *worker, WorkerOption real, WorkerOption effective, FindId find,
                RequestIds *ids)
{
        int r = read_id(worker, real, find, &ids->real);

        if (r < 0)
                return r;
        ids->effective = ids->real;
        r = read_id(worker, effective, find, &ids->effective);
        ids->saved = ids->effective;
        return r;
}

static RuleFunc find_func(const char *name)
{
        for (int i = RULE_FUNC_NONE + 1; i < RULE_FUNC_MAX; i++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) i);

                if (string_equal(info->name, name) || string_equal(info->alias, name))
                        return (RuleFunc) i;
        }
        return RULE_FUNC_INVALID;
}

static int read_hook(Worker *worker, SimulationOverride *o)
{
        const char *func = worker->options[WORKER_OPTION_FUNC];
        const char *mask = worker->options[WORKER_OPTION_MASK];
        const char *use = worker->options[WORKER_OPTION_USE];

        o->use = use ? file_use_from_string(use) : FILE_USE_INVALID;
        if (use && o->use < 0)
                return refuse_option(worker, "use",
                                "one of execute, script, loader, map, read, write, module, "
                                "firmware, policy, kexec-kernel, kexec-initramfs");
        if (func) {
                o->request.func = find_func(func);
                if (o->request.func < 0 || o->request.func == RULE_FUNC_SETXATTR_CHECK)
                        return refuse_option(worker, "func",
                                        "a hook of the kernel, as in rules: FILE_CHECK, BPRM_CHECK "
                                        "…");
                o->request.mask = file_use_default_mask(o->request.func);
        }
        if (mask && request_parse_mask(mask, &o->request.mask) < 0)
                return refuse_option(worker, "mask",
                                "MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND, several joined by |");
        return 0;
}

static int read_filesystem(Worker *worker, SimulationOverride *o)
{
        const char *magic = worker->options[WORKER_OPTION_FSMAGIC];
        const char *uuid = worker->options[WORKER_OPTION_FSUUID];
        const FilesystemName *known = magic ? filesystem_find_name(magic) : NULL;
        char *end = NULL;

        o->request.fsname = worker->options[WORKER_OPTION_FSNAME];
        if (magic && !known) {
                o->request.fsmagic = strtoull(magic, &end, 16);
                if (*magic == '-' || *end != '\0' || end == magic)
                        return refuse_option(worker, "fsmagic",
                                        "a file system's name, or its magic in hexadecimal");
        } else if (known) {
                o->request.fsmagic = known->magic;
        }
        if (uuid && request_parse_uuid(uuid, o->request.fsuuid) < 0)
                return refuse_option(worker, "fsuuid", "as lsblk -o UUID prints it");
        return 0;
}

/* "subj_role=unconfined,obj_type=bin_t"; cut in place, the words are this process's own. */
static int read_labels(Worker *worker, SimulationOverride *o)
{
        char *text = (char *) worker->options[WORKER_OPTION_LSM], *state = NULL;

        for (char *word = text ? strtok_r(text, ",", &state) : NULL; word;
                        word = strtok_r(NULL, ",", &state)) {
                char *value = strchr(word, '=');
                KeywordId id;

                if (value)
                        *value++ = '\0';
                id = keyword_find(word, strlen(word));
                if (!value || id < KEYWORD_SUBJ_USER || id > KEYWORD_OBJ_TYPE)
                        return refuse_option(worker, "lsm", "as in --lsm=subj_role=unconfined");
                o->request.labels[id - KEYWORD_SUBJ_USER] = value;
        }
        return 0;
}

int simulation_read_override(Worker *worker, SimulationOverride *ret_override)
{
        SimulationOverride o = { .request.data = worker->options[WORKER_OPTION_DATA] };
        int r;

        for (int i = 0; i < WORKER_OPTION_MAX; i++)
                o.given[i] = worker->options[i];
        r = read_hook(worker, &o);
        if (r >= 0)
                r = read_ids(worker, WORKER_OPTION_UID, WORKER_OPTION_EUID, users_find_user,
                                &o.request.user);
        if (r >= 0)
                r = read_ids(worker, WORKER_OPTION_GID, WORKER_OPTION_EGID, users_find_group,
                                &o.request.group);
        if (r >= 0)
                r = read_id(worker, WORKER_OPTION_FOWNER, users_find_user, &o.request.owner);
        if (r >= 0)
                r = read_id(worker, WORKER_OPTION_FGROUP, users_find_group, &o.request.owner_group);
        if (r >= 0)
                r = read_filesystem(worker, &o);
        if (r >= 0)
                r = read_labels(worker, &o);
        o.request.user.any = o.request.group.any = o.request.user.effective == 0;
        if (r >= 0)
                *ret_override = o;
        return r < 0 ? r : 0;
}

void simulation_apply_override(const SimulationOverride *override, Request *request)
{
        const Request *o = &override->request;

        request->user = o->user;
        request->group = o->group;
        request->data = o->data;
        for (int i = 0; i < REQUEST_LABELS; i++)
                request->labels[i] = o->labels[i] ?: request->labels[i];
        if (override->given[WORKER_OPTION_FOWNER])
                request->owner = o->owner;
        if (override->given[WORKER_OPTION_FGROUP])
                request->owner_group = o->owner_group;
        if (override->given[WORKER_OPTION_FSMAGIC])
                request->fsmagic = o->fsmagic;
        if (override->given[WORKER_OPTION_FSNAME])
                request->fsname = o->fsname;
        if (override->given[WORKER_OPTION_FSUUID])
                memcpy(request->fsuuid, o->fsuuid, sizeof(request->fsuuid));
}

static void ask_use(const Simulation *s, const SimulationOverride *override, FileUse use,
                const FileFacts *facts, const AppraisalOracle *oracle, SimulationVisitor *visit,
                void *userdata)
{
        AppraisalFile file = file_facts_to_appraisal(facts);
        FileUseStep steps[FILE_USE_STEPS_MAX];
        size_t n_steps = file_use_get_steps(use, s->target, steps);
        OutcomeMemory memory = { 0 };

        for (size_t i = 0; i < n_steps; i++) {
                Request request = { .func = steps[i].func, .mask = steps[i].mask };
                Outcome outcome;

                file_facts_apply(facts, &request);
                simulation_apply_override(override, &request);
                file_use_set_subject(use, facts->stat.stx_mode, s->target, &request);
                outcome = outcome_ask(&memory, s->simulator, &request, &file, &s->settings, oracle);
                visit(userdata, &request, &outcome);
        }
}

void simulation_ask_file(const Simulation *simulation, const SimulationOverride *override,
                const char *path, const FileFacts *facts, const AppraisalOracle *oracle,
                SimulationVisitor *visit, void *userdata)
{
        unsigned uses = override->use >= 0 ? BIT(override->use)
                                           : file_use_guess(path, facts->stat.stx_mode);

        for (int use = 0; use < FILE_USE_MAX; use++)
                if (uses & BIT(use))
                        ask_use(simulation, override, (FileUse) use, facts, oracle, visit,
                                        userdata);
}

/* 0 for what is no file. */
static mode_t get_mode(const File *file)
{
        return file->facts ? file->facts->stat.stx_mode : 0;
}

static void add_answer(void *userdata, const Request *request, const Outcome *outcome)
{
        Answers *a = userdata;

        if (json_array_append_new(a->requests, simulation_outcome_to_json(a->simulation, request,
                                                               outcome, a->explain)) < 0)
                a->no_memory = true;
}

static json_t *simulate_use(const Worker *worker, const Simulation *s, const SimulationOverride *o,
                const File *file, FileUse use)
{
        _cleanup_json_ json_t *requests = json_array();
        Answers answers = { s, requests, worker->explain, !requests };

        if (requests && file->facts)
                ask_use(s, o, use, file->facts, &file->oracle, add_answer, &answers);
        return answers.no_memory ? NULL
                                 : json_pack("{s:s, s:O}", "use", file_use_to_string(use),
                                                   "requests", requests);
}

static json_t *simulate_hook(const Worker *worker, const Simulation *s, const SimulationOverride *o,
                const File *file)
{
        Request request = { .func = o->request.func, .mask = o->request.mask };
        OutcomeMemory memory = { 0 };
        Outcome outcome;

        if (file->facts)
                file_facts_apply(file->facts, &request);
        simulation_apply_override(o, &request);
        outcome = outcome_ask(&memory, s->simulator, &request, &file->appraisal, &s->settings,
                        &file->oracle);
        return json_pack("{s:n, s:[o]}", "use", "requests",
                        simulation_outcome_to_json(s, &request, &outcome, worker->explain));
}

static json_t *simulate_file(const Worker *worker, const Simulation *s, const SimulationOverride *o,
                const File *file, const char *path)
{
        unsigned uses = o->use >= 0 ? BIT(o->use) : file_use_guess(path, get_mode(file));
        _cleanup_json_ json_t *list = json_array();

        if (o->request.func != RULE_FUNC_NONE)
                return json_array_append_new(list, simulate_hook(worker, s, o, file)) < 0
                                       ? NULL
                                       : TAKE_PTR(list);
        for (int use = 0; list && use < FILE_USE_MAX; use++)
                if ((uses & BIT(use)) &&
                                json_array_append_new(list, simulate_use(worker, s, o, file,
                                                                            (FileUse) use)) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

static int add_file(json_t *files, const char *path, const File *file, json_t *uses)
{
        _cleanup_free_ char *shown = strdup(path);
        json_t *json;

        if (!shown || !uses) {
                json_decref(uses);
                return -ENOMEM;
        }
        string_make_utf8(shown);
        json = json_pack("{s:s, s:o, s:I, s:I, s:s?}", "path", shown, "uses", uses, "owner",
                        file->facts ? (json_int_t) file->facts->stat.stx_uid : -1, "group",
                        file->facts ? (json_int_t) file->facts->stat.stx_gid : -1, "filesystem",
                        file->facts && file->facts->mount ? file->facts->mount->type : NULL);
        return json && json_array_append_new(files, json) >= 0 ? 0 : -ENOMEM;
}

/* The others are simulated all the same; the first refusal decides the exit code. */
static int refuse_file(Worker *worker, const char *word, ExitCode code, const char *hint,
                const char *cause)
{
        if (worker->code == EXIT_CODE_OK)
                worker->code = code;
        return diag_error(&worker->diags, DIAG_CODE_SIMULATED_FILE, (DiagPlace){ .source = word },
                        hint, "cannot be simulated: %s", cause);
}

static int read_file(Worker *worker, Simulation *s, const char *word, FileFacts *facts,
                File *ret_file, char **ret_path)
{
        _cleanup_close_ int fd = -EBADF;
        int r = worker_resolve_path(worker, word, ret_path);

        if (r >= 0)
                fd = fs_open(worker->root_fd, *ret_path, O_PATH, 0);
        r = r < 0 ? r : fd < 0 ? fd : file_facts_read(fd, &s->mounts, true, facts);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return refuse_file(worker, word, exit_code_from_errno(r),
                                "see whether the path is right, or name another root with --root=",
                                strerror(-r));
        if (!S_ISREG(facts->stat.stx_mode))
                return refuse_file(worker, word, EXIT_CODE_INVALID_INPUT,
                                S_ISDIR(facts->stat.stx_mode) ? "--tree simulates what lies below"
                                                              : "name a regular file",
                                "it is no regular file, and IMA looks at those only");
        *ret_file = (File){ .path_fd = TAKE_FD(fd), .facts = facts };
        return 0;
}

static int simulate_word(Worker *worker, Simulation *s, const SimulationOverride *o,
                const char *word, json_t *files)
{
        _cleanup_free_ FileFacts *facts = malloc(sizeof(FileFacts));
        _cleanup_free_ char *path = NULL;
        File file = { .path_fd = -EBADF };
        int r = facts ? read_file(worker, s, word, facts, &file, &path) : -ENOMEM;

        if (r < 0)
                return r == -EBADMSG ? 0 : r;
        file.appraisal = file_facts_to_appraisal(facts);
        file_oracle_set_file(&s->oracle, file.path_fd);
        file.oracle = file_oracle_get_functions(&s->oracle);
        r = add_file(files, path, &file, simulate_file(worker, s, o, &file, path));
        (void) close(file.path_fd);
        return r;
}

/* Requests that are about no file: keys and critical data. */
static int simulate_nothing(
                Worker *worker, const Simulation *s, const SimulationOverride *o, json_t *files)
{
        const File none = { .path_fd = -EBADF };
        json_t *uses = json_array();

        if (o->request.func != RULE_FUNC_KEY_CHECK && o->request.func != RULE_FUNC_CRITICAL_DATA) {
                json_decref(uses);
                (void) worker_fail(worker, EXIT_CODE_USAGE,
                                "or --packages, or --func=KEY_CHECK --data=KEYRING",
                                "name a file to simulate");
                return -EINVAL;
        }
        if (!uses || json_array_append_new(uses, simulate_hook(worker, s, o, &none)) < 0) {
                json_decref(uses);
                return -ENOMEM;
        }
        return add_file(files, o->request.data ?: "", &none, uses);
}

static int report_policy(Worker *worker, const Simulation *s)
{
        json_t *policy = json_pack("{s:s, s:I, s:I, s:s, s:s?}", "source", s->source, "rules",
                        (json_int_t) s->policy_rules, "builtin_rules",
                        (json_int_t) (simulate_get_rule_count(s->simulator) - s->policy_rules),
                        "appraise_mode", builtin_appraise_mode_to_string(s->settings.mode),
                        "kernel", s->target ? s->target->release : NULL);

        return worker_set(worker, "policy", policy);
}

ExitCode verb_policy_simulate(Worker *worker)
{
        _cleanup_(measurements_input_done) MeasurementsInput input = { 0 };
        _cleanup_simulation_ Simulation s = { 0 };
        SimulationOverride override;
        json_t *files;
        ExitCode code;
        int r = simulation_read_override(worker, &override);

        if (r < 0)
                return worker->code;
        code = measurements_input_load(worker, &input);
        if (code != EXIT_CODE_OK)
                return code;
        if (simulation_prepare(worker, &s) < 0)
                return worker->code;
        if (input.certificates.count > 0)
                r = signature_verifier_new(&input.certificates, &s.oracle.verifier);
        if (r >= 0)
                r = report_policy(worker, &s);
        if (r >= 0 && (worker->tree || worker->packages))
                return simulation_run_tree(worker, &s, &override);
        files = json_array();
        if (r >= 0)
                r = worker_set(worker, "files", files);
        if (r >= 0 && worker->n_words == 0)
                r = simulate_nothing(worker, &s, &override, files);
        if (worker->n_words > PATHS_MAX)
                return worker_fail(worker, EXIT_CODE_USAGE, "name fewer, or a folder with --tree",
                                "more than %d files are named", PATHS_MAX);
        for (size_t i = 0; r >= 0 && i < worker->n_words; i++)
                r = simulate_word(worker, &s, &override, worker->words[i], files);
        return r < 0 ? worker_fail_errno(worker, r, "cannot simulate the policy") : worker->code;
}

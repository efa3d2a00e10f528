/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All about one file: what inspect tells, and its package, its last denial and what mends it. */
#include "base/fs.h"
#include "base/json.h"
#include "helpers/imad-worker/coverage.h"
#include "system/denial-log.h"
#include "system/package.h"
#include "system/usr-merge.h"

typedef struct Question {
        const char *path; /* as kernel and packages name the file */
        uint64_t inode;
        char *package;  /* or NULL */
        json_t *denial; /* the last one, or NULL */
} Question;

static void question_done(Question *question)
{
        free(question->package);
        json_decref(question->denial);
}

static int take_package(void *userdata, const char *package, const char *path)
{
        Question *question = userdata;

        if (question->package || !string_equal(path, question->path))
                return 0;
        question->package = strdup(package);
        return question->package ? 0 : -ENOMEM;
}

/* The kernel tells a path or only its last component; then the inode has to fit as well. */
static bool is_about(const Question *question, const AuditIntegrity *record)
{
        const char *name = strrchr(question->path, '/');

        if (!record->file)
                return false;
        return string_equal(record->file, question->path) ||
               (name && string_equal(record->file, name + 1) && record->inode == question->inode);
}

static json_t *text_to_json(const char *text)
{
        _cleanup_free_ char *copy = text ? strdup(text) : NULL;

        if (!copy)
                return json_null();
        string_make_utf8(copy);
        return json_string(copy);
}

static int take_denial(void *userdata, const AuditIntegrity *record)
{
        Question *question = userdata;

        if (!is_about(question, record))
                return 0;
        json_decref(question->denial);
        question->denial = json_pack("{s:o, s:o, s:i, s:I}", "cause", text_to_json(record->cause),
                        "process", text_to_json(record->process), "pid", (int) record->pid, "uid",
                        (json_int_t) record->uid);
        return question->denial ? json_set_time(question->denial, "time_usec", record->time_usec)
                                : -ENOMEM;
}

/* The cause of the first use that is denied, or NULL. */
static const char *find_cause(const json_t *uses)
{
        const json_t *use;
        size_t i;

        json_array_foreach (uses, i, use)
                if (string_equal(json_string_value(json_object_get(use, "verdict")), "denied"))
                        return json_string_value(json_object_get(use, "cause"));
        return NULL;
}

static int report(Worker *worker, const Question *question, bool sees_denials)
{
        const char *cause = find_cause(json_object_get(worker->result, "uses"));
        _cleanup_free_ char *mend =
                        cause ? coverage_mend(cause, question->path, question->package) : NULL;
        int r = worker_set(worker, "path", text_to_json(question->path));

        if (cause && !mend)
                return -ENOMEM;
        if (r >= 0)
                r = worker_set(worker, "package", text_to_json(question->package));
        if (r >= 0)
                r = worker_set(worker, "last_denial",
                                question->denial ? json_incref(question->denial) : json_null());
        if (r >= 0)
                r = worker_set(worker, "denials_seen", json_boolean(sees_denials));
        return r < 0 ? r : worker_set(worker, "mend", text_to_json(mend));
}

static int look_up(Worker *worker, Question *question)
{
        bool sees_denials = false;
        _cleanup_close_ int fd = fs_open(worker->root_fd, question->path, O_PATH, 0);
        struct stat st;
        int r;

        if (fd >= 0 && fstat(fd, &st) >= 0)
                question->inode = st.st_ino;
        r = package_visit_files(worker->root_fd, take_package, question);
        if (r < 0 && r != -ENOENT)
                return r;
        /* The journal is this machine's; whoever may not read it is told so. */
        if (fs_root_is_host(worker->root_fd))
                sees_denials = denial_log_read(take_denial, question) >= 0;
        return report(worker, question, sees_denials);
}

ExitCode verb_explain(Worker *worker)
{
        _cleanup_usr_merge_ UsrMerge merge = { 0 };
        _cleanup_free_ char *given = NULL, *path = NULL;
        _cleanup_(question_done) Question question = { 0 };
        ExitCode code = verb_inspect(worker);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = worker_resolve_path(worker, worker->words[0], &given);
        if (r >= 0)
                r = usr_merge_load(worker->root_fd, &merge);
        if (r >= 0)
                path = usr_merge_resolve(&merge, given);
        question.path = path;
        if (r >= 0)
                r = path ? look_up(worker, &question) : -ENOMEM;
        return r < 0 ? worker_fail_errno(worker, r, worker->words[0]) : EXIT_CODE_OK;
}

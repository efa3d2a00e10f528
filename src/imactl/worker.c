/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/worker.h"

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "config.h"
#include "imactl/progress.h"
#include "imactl/verbs.h"

/* A compiled policy with its provenance, or a check of many thousand rules, is far below this. */
#define WORKER_ANSWER_MAX (64U * 1024 * 1024)
#define WORKER_PROGRESS_LINE_MAX 4096
#define WORKER_PROGRESS_FD 3
#define WORKER_WORDS_MAX 4096

typedef struct Worker {
        pid_t pid;
        int answer_fd;
        int progress_fd;
        Buffer answer;
        Buffer progress_line;
        Progress progress;
} Worker;

static void worker_done(Worker *w)
{
        cleanup_closep(&w->answer_fd);
        cleanup_closep(&w->progress_fd);
        buffer_done(&w->answer);
        buffer_done(&w->progress_line);
        progress_done(&w->progress);
}

/* The tests and uninstalled builds have it elsewhere; never believed across a privilege change. */
static int worker_get_path(char **ret_path)
{
        const char *directory = secure_getenv("IMAD_LIBEXECDIR") ?: IMAD_LIBEXECDIR;

        return asprintf(ret_path, "%s/imad-worker", directory) < 0 ? -ENOMEM : 0;
}

static int add_options(const Arguments *args, StringList *words)
{
        for (OptionId id = 0; id < OPTION_MAX; id++) {
                const Option *o = &option_table[id];

                if (o->global || !args->given[id])
                        continue;
                for (size_t i = 0; i < (o->value ? args->values[id].count : 1); i++) {
                        _cleanup_free_ char *word = NULL;

                        if (asprintf(&word, "--%s%s%s", o->name, o->value ? "=" : "",
                                            o->value ? args->values[id].items[i] : "") < 0)
                                return -ENOMEM;
                        if (string_list_add(words, word) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* The words behind "--" cannot be taken for options. */
static int make_command(const Arguments *args, const char *path, const char *verb, bool progress,
                StringList *words)
{
        if (string_list_add(words, path) < 0 || add_options(args, words) < 0)
                return -ENOMEM;
        if (progress && string_list_add(words, "--progress-fd=3") < 0)
                return -ENOMEM;
        if ((args->verb->flags & VERB_DETAILS) && args->json != JSON_OFF &&
                        string_list_add(words, "--details") < 0)
                return -ENOMEM;
        if (string_list_add(words, verb) < 0)
                return -ENOMEM;
        if (args->words.count > 0 && string_list_add(words, "--") < 0)
                return -ENOMEM;
        for (size_t i = 0; i < args->words.count; i++)
                if (string_list_add(words, args->words.items[i]) < 0)
                        return -ENOMEM;
        return 0;
}

static int spawn(const char *path, const StringList *words, const int fds[2], pid_t *ret_pid)
{
        _cleanup_free_ char **argv = calloc(words->count + 1, sizeof(char *));
        posix_spawn_file_actions_t actions;
        int r;

        if (!argv)
                return -ENOMEM;
        memcpy(argv, words->items, words->count * sizeof(char *));
        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;
        r = -posix_spawn_file_actions_adddup2(&actions, fds[0], STDOUT_FILENO);
        if (r == 0 && fds[1] >= 0)
                r = -posix_spawn_file_actions_adddup2(&actions, fds[1], WORKER_PROGRESS_FD);
        if (r == 0)
                r = -posix_spawn(ret_pid, path, &actions, NULL, argv, environ);
        (void) posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* A pipe whose ends are above the descriptors that the child gets by number. */
static int make_pipe(int fds[2])
{
        int low[2];

        if (pipe2(low, O_CLOEXEC) < 0)
                return -errno;
        for (int i = 0; i < 2; i++) {
                fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, WORKER_PROGRESS_FD + 1);
                (void) close(low[i]);
        }
        return fds[0] < 0 || fds[1] < 0 ? -EMFILE : 0;
}

static int worker_start(Worker *w, const Arguments *args, const char *verb, const char *path)
{
        _cleanup_strings_ StringList words = { 0 };
        _cleanup_close_ int answer = -EBADF, progress = -EBADF;
        int fds[2] = { -EBADF, -EBADF }, r;

        r = make_command(args, path, verb, w->progress.shown, &words);
        if (r < 0)
                return r;
        r = make_pipe(fds);
        if (r < 0)
                return r;
        w->answer_fd = fds[0];
        answer = fds[1];
        if (w->progress.shown) {
                r = make_pipe(fds);
                if (r < 0)
                        return r;
                w->progress_fd = fds[0];
                progress = fds[1];
        }
        return spawn(path, &words, (int[]){ answer, progress }, &w->pid);
}

static void show_progress(Worker *w)
{
        char *end;

        while (w->progress_line.size > 0 &&
                        (end = memchr(w->progress_line.data, '\n', w->progress_line.size))) {
                size_t size = (size_t) (end - w->progress_line.data);
                _cleanup_json_ json_t *json = NULL;

                if (json_parse(w->progress_line.data, size, &json) >= 0)
                        progress_update(&w->progress,
                                        json_number_value(json_object_get(json, "progress")),
                                        result_get_string(json, "text"));
                buffer_consume(&w->progress_line, size + 1);
        }
        if (w->progress_line.size > WORKER_PROGRESS_LINE_MAX)
                buffer_done(&w->progress_line);
}

/* 1: there may be more; 0: the end. */
static int read_some(int fd, Buffer *buffer, size_t limit)
{
        char bytes[16384];
        ssize_t n = read(fd, bytes, sizeof(bytes));

        if (n < 0)
                return errno == EINTR ? 1 : -errno;
        if (n == 0)
                return 0;
        if (buffer->size + (size_t) n > limit)
                return -EFBIG;
        return buffer_append(buffer, bytes, (size_t) n) < 0 ? -ENOMEM : 1;
}

static int worker_read(Worker *w)
{
        int r = 1;

        while (r > 0) {
                struct pollfd fds[] = {
                        {.fd = w->answer_fd,    .events = POLLIN},
                        { .fd = w->progress_fd, .events = POLLIN},
                };

                if (poll(fds, ELEMENTSOF(fds), -1) < 0 && errno != EINTR)
                        return -errno;
                if (fds[1].revents) {
                        if (read_some(w->progress_fd, &w->progress_line, 2 * 16384) <= 0) {
                                cleanup_closep(&w->progress_fd);
                                w->progress_fd = -EBADF;
                        }
                        show_progress(w);
                }
                if (fds[0].revents)
                        r = read_some(w->answer_fd, &w->answer, WORKER_ANSWER_MAX);
        }
        return r;
}

static int worker_wait(const Worker *w, int *ret_status)
{
        while (waitpid(w->pid, ret_status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

static ExitCode report_broken_worker(const Arguments *args, const char *path, int status)
{
        static const char hint[] = "this is a defect of imad; please report it";

        if (WIFSIGNALED(status))
                return report_error(args, EXIT_CODE_FAILURE, hint,
                                "%s was killed by signal %d (%s)", path, WTERMSIG(status),
                                strsignal(WTERMSIG(status)));
        return report_error(args, EXIT_CODE_FAILURE, hint,
                        "%s ended with exit code %d and without a readable answer", path,
                        WEXITSTATUS(status));
}

static ExitCode report_missing_worker(const Arguments *args, const char *path, int error)
{
        return report_error(args, EXIT_CODE_FAILURE,
                        "it belongs to the package of imactl; reinstall that", "cannot run %s: %s",
                        path, strerror(-error));
}

ExitCode worker_run_verb(const Arguments *args, const char *worker_verb, Renderer renderer)
{
        _cleanup_(worker_done) Worker w = {
                .answer_fd = -EBADF,
                .progress_fd = -EBADF,
                .progress = progress_new(args),
        };
        _cleanup_free_ char *path = NULL;
        _cleanup_json_ json_t *result = NULL;
        int status = 0, r;

        r = worker_get_path(&path);
        if (r >= 0)
                r = worker_start(&w, args, worker_verb, path);
        if (r < 0)
                return report_missing_worker(args, path ?: "imad-worker", r);
        r = worker_read(&w);
        cleanup_closep(&w.answer_fd);
        w.answer_fd = -EBADF;
        progress_done(&w.progress);
        if (worker_wait(&w, &status) < 0)
                return report_error(args, EXIT_CODE_FAILURE, NULL, "cannot wait for %s", path);
        if (r < 0)
                return report_error(args, EXIT_CODE_FAILURE, NULL,
                                "cannot read the answer of %s: %s", path, strerror(-r));
        if (!WIFEXITED(status) || WEXITSTATUS(status) >= EXIT_CODE_MAX ||
                        json_parse(w.answer.data ?: "", w.answer.size, &result) < 0 ||
                        !json_is_object(result))
                return report_broken_worker(args, path, status);
        return report_result(args, result, (ExitCode) WEXITSTATUS(status), renderer);
}

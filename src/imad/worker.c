/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "base/json.h"
#include "bus/error.h"

#define RESULT_SIZE_MAX (4 * 1024 * 1024)
#define PROGRESS_LINE_MAX 4096
/* No file that a worker writes is larger; its result lies in memory of the daemon's making. */
#define FILE_SIZE_MAX ((rlim_t) 256 * 1024 * 1024)
#define ARGUMENTS_MAX 1024
#define PROGRESS_FD 3

struct Worker {
        sd_event_source *child;
        sd_event_source *progress;
        sd_event_source *timeout; /* NULL: none */
        int result_fd;
        Buffer line;
        WorkerProgress *on_progress;
        WorkerExit *on_exit;
        void *userdata;
};

Worker *worker_free(Worker *worker)
{
        if (worker) {
                sd_event_source_disable_unref(worker->child);
                sd_event_source_disable_unref(worker->progress);
                sd_event_source_disable_unref(worker->timeout);
                cleanup_closep(&worker->result_fd);
                buffer_done(&worker->line);
                free(worker);
        }
        return NULL;
}

int worker_send_signal(Worker *worker, int number)
{
        return sd_event_source_send_child_signal(worker->child, number, NULL, 0);
}

static void take_line(Worker *worker, const char *text, size_t size)
{
        _cleanup_json_ json_t *line = NULL;
        double fraction;

        if (json_parse(text, size, &line) < 0 || !json_is_object(line))
                return;
        fraction = json_number_value(json_object_get(line, "progress"));
        if (fraction >= 0 && fraction <= 1)
                worker->on_progress(worker->userdata, fraction,
                                json_string_value(json_object_get(line, "text")));
}

static void take_lines(Worker *worker)
{
        char *end;

        while (worker->line.size > 0 &&
                        (end = memchr(worker->line.data, '\n', worker->line.size))) {
                size_t size = (size_t) (end - worker->line.data);

                take_line(worker, worker->line.data, size);
                buffer_consume(&worker->line, size + 1);
        }
        if (worker->line.size > PROGRESS_LINE_MAX)
                buffer_done(&worker->line);
}

static int on_progress_readable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Worker *worker = userdata;
        char bytes[PROGRESS_LINE_MAX];
        ssize_t n = read(fd, bytes, sizeof(bytes));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0 || buffer_append(&worker->line, bytes, (size_t) n) < 0)
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        take_lines(worker);
        return 0;
}

/* The object on stdout; anything else is no result. */
static json_t *read_result(const Worker *worker)
{
        _cleanup_json_ json_t *result = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (lseek(worker->result_fd, 0, SEEK_SET) < 0 ||
                        fs_read_fd(worker->result_fd, RESULT_SIZE_MAX, &text, &size) < 0 ||
                        json_parse(text, size, &result) < 0 || !json_is_object(result))
                return NULL;
        return TAKE_PTR(result);
}

static void describe_exit(const siginfo_t *info, ExitCode code, char *message, size_t size)
{
        if (info->si_code != CLD_EXITED)
                (void) snprintf(message, size, "imad-worker was ended by signal %d (%s)",
                                info->si_status, strsignal(info->si_status));
        else if (info->si_status == 127)
                (void) snprintf(message, size,
                                "imad-worker cannot be executed; reinstall the package imad");
        else
                (void) snprintf(message, size, "imad-worker failed: %s", exit_code_describe(code));
}

/* The worker says message and hint; the D-Bus name follows from its exit code. */
static int complete_error(json_t *result, const siginfo_t *info, ExitCode code)
{
        json_t *error = json_object_get(result, "error");
        char message[160];

        if (!json_is_object(error)) {
                describe_exit(info, code, message, sizeof(message));
                error = json_pack("{s:s, s:b}", "message", message, "generated", 1);
                if (!error || json_object_set_new(result, "error", error) < 0)
                        return -ENOMEM;
        }
        if (json_object_get(error, "name"))
                return 0;
        return json_object_set_new(error, "name", json_string(bus_error_from_exit_code(code))) < 0
                               ? -ENOMEM
                               : 0;
}

static ExitCode get_exit_code(const siginfo_t *info)
{
        if (info->si_code != CLD_EXITED || info->si_status >= EXIT_CODE_MAX)
                return EXIT_CODE_FAILURE;
        return (ExitCode) info->si_status;
}

static int on_child_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        Worker *worker = userdata;
        ExitCode code = get_exit_code(info);
        _cleanup_json_ json_t *result = read_result(worker);

        if (!result) {
                result = json_object();
                if (code == EXIT_CODE_OK || code == EXIT_CODE_CHANGED)
                        code = EXIT_CODE_FAILURE;
        }
        if (code != EXIT_CODE_OK && code != EXIT_CODE_CHANGED)
                (void) complete_error(result, info, code);
        worker->on_exit(worker->userdata, code, result);
        return 0;
}

/* Runs between fork and exec; the descriptors above PROGRESS_FD are closed by exec. */
static _Noreturn void run_child(
                char *const *arguments, pid_t parent, int null_fd, int result_fd, int progress_fd)
{
        const struct rlimit file_size = { FILE_SIZE_MAX, FILE_SIZE_MAX }, core = { 0, 0 };
        sigset_t none;

        (void) sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        /* A daemon that has died before that sends no signal. */
        if (getppid() != parent)
                _exit(127);
        (void) setrlimit(RLIMIT_FSIZE, &file_size);
        (void) setrlimit(RLIMIT_CORE, &core);
        if (dup2(null_fd, STDIN_FILENO) >= 0 && dup2(result_fd, STDOUT_FILENO) >= 0 &&
                        dup2(progress_fd, PROGRESS_FD) >= 0 && fcntl(PROGRESS_FD, F_SETFD, 0) >= 0)
                (void) execv(arguments[0], arguments);
        _exit(127);
}

/* A descriptor above PROGRESS_FD, so that dup2() in the child overwrites none that it needs. */
static int move_up(int fd)
{
        int moved;

        if (fd < 0 || fd > PROGRESS_FD)
                return fd;
        moved = fcntl(fd, F_DUPFD_CLOEXEC, PROGRESS_FD + 1);
        (void) close(fd);
        return moved;
}

static int format_arguments(const WorkerSetup *setup, StringList *arguments)
{
        _cleanup_free_ char *program = NULL, *root = NULL;
        int r;

        if (asprintf(&program, "%s/imad-worker", setup->libexec) < 0 ||
                        asprintf(&root, "--root=%s", setup->root) < 0)
                return -ENOMEM;
        r = string_list_add(arguments, program);
        if (r >= 0)
                r = string_list_add(arguments, "--progress-fd=3");
        if (r >= 0 && !string_equal(setup->root, "/"))
                r = string_list_add(arguments, root);
        if (r >= 0)
                r = string_list_add(arguments, setup->verb);
        for (size_t i = 0; r >= 0 && setup->arguments && setup->arguments[i]; i++)
                r = string_list_add(arguments, setup->arguments[i]);
        return r;
}

static int fork_child(const WorkerSetup *setup, int result_fd, int progress_fd, pid_t *ret_pid)
{
        _cleanup_strings_ StringList list = { 0 };
        char *arguments[ARGUMENTS_MAX + 1] = { 0 };
        _cleanup_close_ int null_fd = move_up(open("/dev/null", O_RDONLY | O_CLOEXEC));
        pid_t parent = getpid(), pid;
        int r;

        if (null_fd < 0)
                return -errno;
        r = format_arguments(setup, &list);
        if (r < 0)
                return r;
        if (list.count > ARGUMENTS_MAX)
                return -E2BIG;
        memcpy(arguments, list.items, list.count * sizeof(*arguments));
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                run_child(arguments, parent, null_fd, result_fd, progress_fd);
        *ret_pid = pid;
        return 0;
}

static int watch_child(sd_event *event, Worker *worker, pid_t pid, int progress_fd)
{
        int r = sd_event_add_child(event, &worker->child, pid, WEXITED, on_child_exit, worker);

        if (r < 0) {
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
                return r;
        }
        r = sd_event_source_set_child_process_own(worker->child, true);
        if (r < 0)
                return r;
        /* Progress that is already there is taken before the exit is. */
        r = sd_event_source_set_priority(worker->child, SD_EVENT_PRIORITY_NORMAL + 1);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &worker->progress, progress_fd, EPOLLIN, on_progress_readable,
                        worker);
        if (r < 0)
                return r;
        return sd_event_source_set_io_fd_own(worker->progress, true);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        return worker_send_signal(userdata, SIGKILL);
}

int worker_start(sd_event *event, const WorkerSetup *setup, WorkerProgress *on_progress,
                WorkerExit *on_exit, void *userdata, Worker **ret_worker)
{
        _cleanup_(worker_freep) Worker *worker = calloc(1, sizeof(*worker));
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF;
        int fds[2], r;
        pid_t pid = -1;

        if (!worker)
                return -ENOMEM;
        worker->on_progress = on_progress;
        worker->on_exit = on_exit;
        worker->userdata = userdata;
        worker->result_fd = move_up(memfd_create("imad-result", MFD_CLOEXEC));
        if (worker->result_fd < 0 || pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        read_fd = fds[0];
        write_fd = move_up(fds[1]);
        if (write_fd < 0 || fcntl(read_fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        r = fork_child(setup, worker->result_fd, write_fd, &pid);
        if (r < 0)
                return r;
        r = watch_child(event, worker, pid, read_fd);
        if (r < 0)
                return r;
        TAKE_FD(read_fd);
        if (setup->timeout_usec > 0)
                r = sd_event_add_time_relative(event, &worker->timeout, CLOCK_MONOTONIC,
                                setup->timeout_usec, 0, on_timeout, worker);
        if (r < 0)
                return r;
        *ret_worker = TAKE_PTR(worker);
        return 0;
}

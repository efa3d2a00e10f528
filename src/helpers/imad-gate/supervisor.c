/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/supervisor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "helpers/imad-gate/gate.h"
#include "helpers/imad-gate/labeller.h"

#define LABELLERS_MAX BOARD_LABELLERS_MAX
#define LABELLERS_MIN 2
#define START_USEC (5 * USEC_PER_SEC)
#define QUEUE_BYTES (4 * 1024 * 1024)

typedef struct Child {
        pid_t pid; /* 0: none */
        int fd;    /* a pidfd */
} Child;

typedef struct Pair {
        int fds[2];
} Pair;

struct Supervisor {
        SupervisorSetup setup;
        Board *board;
        Pair requests, verdicts, reports;
        Pair life; /* a pipe; nobody writes to it */
        int closes_fd;
        Child gate;
        Child labellers[LABELLERS_MAX];
        size_t n_labellers;
        Child sweeper;
        LabelNumber sweep_first; /* by the sweeper that runs, or will */
        bool sweep_due;
        int sweep_error;
        SupervisorStatus status;
};

static void pair_done(Pair *pair)
{
        cleanup_closep(&pair->fds[0]);
        cleanup_closep(&pair->fds[1]);
}

static int pair_new(Pair *pair)
{
        const int size = QUEUE_BYTES;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair->fds) < 0)
                return -errno;
        (void) setsockopt(pair->fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
        return 0;
}

static int compare_ints(const void *a, const void *b)
{
        return *(const int *) a - *(const int *) b;
}

/* A group of permission events must be in one process, and a socket must not outlive its user. */
static void close_all_but(int *fds, size_t n)
{
        unsigned next = 3;

        qsort(fds, n, sizeof(*fds), compare_ints);
        for (size_t i = 0; i < n; i++) {
                if (fds[i] < (int) next)
                        continue;
                if (fds[i] > (int) next)
                        (void) close_range(next, (unsigned) fds[i] - 1, 0);
                next = (unsigned) fds[i] + 1;
        }
        (void) close_range(next, ~0U, 0);
}

/* The hard limit is raised where that is allowed. */
static void raise_descriptors(void)
{
        struct rlimit limit = { GATE_DESCRIPTORS, GATE_DESCRIPTORS }, now;

        if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &now) >= 0) {
                now.rlim_cur = now.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &now);
        }
}

/*
 * A process that dumps its core may wait for a program to be executed, which may wait for it. The
 * table grows, so it stays out of what is locked.
 */
static int harden(const char *name, LabelTable *table)
{
        sigset_t all;

        (void) sigfillset(&all);
        (void) sigprocmask(SIG_SETMASK, &all, NULL);
        (void) prctl(PR_SET_NAME, name);
        if (prctl(PR_SET_DUMPABLE, 0) < 0)
                return -errno;
        label_table_unmap(table);
        if (mlockall(MCL_CURRENT) < 0)
                return -errno;
        return label_table_map(table);
}

static void __attribute__((noreturn)) be_gate(Supervisor *s)
{
        const GateSetup setup = {
                .mounts = s->setup.mounts,
                .table = s->setup.table,
                .board = s->board,
                .requests_fd = s->requests.fds[0],
                .verdicts_fd = s->verdicts.fds[1],
                .life_fd = s->life.fds[0],
        };
        int fds[3 + HOST_MOUNTS_MAX] = { setup.requests_fd, setup.verdicts_fd, setup.life_fd };
        size_t n = 3;
        int r = harden("imad-gate", s->setup.table);

        for (size_t i = 0; i < setup.mounts->count; i++)
                fds[n++] = setup.mounts->items[i].fd;
        raise_descriptors();
        close_all_but(fds, n);
        if (r >= 0)
                r = gate_run(&setup);
        _exit(r < 0 ? -r : 0);
}

static int labeller_open(Supervisor *s, LabellerSetup *setup, const char *name, Labeller **ret)
{
        size_t slot = 0;

        /* A process that is started anew has the slot of the one that ended. */
        while (slot < LABELLERS_MAX - 1 && s->labellers[slot].pid != 0)
                slot++;
        atomic_store(&s->board->reading[slot], 0);
        *setup = (LabellerSetup){
                .slot = slot,
                .mounts = s->setup.mounts,
                .table = s->setup.table,
                .board = s->board,
                .root_fd = s->setup.root_fd,
                .requests_fd = s->requests.fds[1],
                .verdicts_fd = s->verdicts.fds[0],
                .reports_fd = s->reports.fds[0],
                .closes_fd = s->closes_fd,
                .life_fd = s->life.fds[0],
        };
        int fds[6 + HOST_MOUNTS_MAX] = { setup->root_fd, setup->requests_fd, setup->verdicts_fd,
                setup->reports_fd, setup->closes_fd, setup->life_fd };
        size_t n = 6;
        int r = labeller_new(setup, ret);

        for (size_t i = 0; i < setup->mounts->count; i++)
                fds[n++] = setup->mounts->items[i].fd;
        if (r >= 0)
                r = harden(name, s->setup.table);
        close_all_but(fds, n);
        return r;
}

static void __attribute__((noreturn)) be_labeller(Supervisor *s)
{
        LabellerSetup setup;
        Labeller *labeller;
        int r = labeller_open(s, &setup, "imad-labeller", &labeller);

        if (r >= 0)
                labeller_run(labeller);
        _exit(r < 0 ? -r : 0);
}

/* On the board before it opens the first file. */
static void __attribute__((noreturn)) be_sweeper(Supervisor *s)
{
        LabellerSetup setup;
        Labeller *labeller;
        int r = board_add_process(s->board, getpid());

        if (r >= 0)
                r = labeller_open(s, &setup, "imad-sweeper", &labeller);
        if (r >= 0)
                r = labeller_sweep(labeller, s->sweep_first);
        _exit(r < 0 ? -r : 0);
}

static int start_child(Supervisor *s, Child *child, void (*run)(Supervisor *s))
{
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0)
                run(s);
        *child = (Child){ pid, pidfd_open(pid, 0) };
        return child->fd < 0 ? -errno : 0;
}

/* 1 and the exit status as wait(2) gives it when it has ended. */
static int reap_child(Supervisor *s, Child *child, int *ret_status)
{
        pid_t pid = child->pid == 0 ? 0 : waitpid(child->pid, ret_status, WNOHANG);

        if (pid == 0 || (pid < 0 && errno != ECHILD))
                return 0;
        if (pid < 0)
                *ret_status = SIGKILL;
        board_remove_process(s->board, child->pid);
        cleanup_closep(&child->fd);
        *child = (Child){ 0, -EBADF };
        return 1;
}

static void end_child(Supervisor *s, Child *child)
{
        int status;

        if (child->pid == 0)
                return;
        (void) pidfd_send_signal(child->fd, SIGKILL, NULL, 0);
        (void) waitpid(child->pid, &status, 0);
        board_remove_process(s->board, child->pid);
        cleanup_closep(&child->fd);
        *child = (Child){ 0, -EBADF };
}

Supervisor *supervisor_stop(Supervisor *s)
{
        if (!s)
                return NULL;
        end_child(s, &s->gate);
        end_child(s, &s->sweeper);
        for (size_t i = 0; i < LABELLERS_MAX; i++)
                end_child(s, &s->labellers[i]);
        pair_done(&s->requests);
        pair_done(&s->verdicts);
        pair_done(&s->reports);
        pair_done(&s->life);
        cleanup_closep(&s->closes_fd);
        if (s->board)
                (void) munmap(s->board, sizeof(*s->board));
        free(s);
        return NULL;
}

static int start_gate(Supervisor *s)
{
        int r;

        atomic_store(&s->board->heartbeat_usec, 0);
        r = start_child(s, &s->gate, be_gate);
        if (r < 0)
                return r;
        s->status.gate_pid = s->gate.pid;
        s->status.gates++;
        return 0;
}

/* It is ready with its first heartbeat. */
static int wait_gate(Supervisor *s)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + START_USEC;
        int status;

        while (atomic_load(&s->board->heartbeat_usec) == 0) {
                if (reap_child(s, &s->gate, &status) > 0)
                        return WIFEXITED(status) && WEXITSTATUS(status) ? -WEXITSTATUS(status)
                                                                        : -ECHILD;
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ETIMEDOUT;
                (void) poll(NULL, 0, 1);
        }
        return 0;
}

static Supervisor *allocate(const SupervisorSetup *setup)
{
        static const Pair none = {
                {-EBADF, -EBADF}
        };
        Supervisor *s = malloc(sizeof(*s));
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        void *board;

        if (!s)
                return NULL;
        *s = (Supervisor){
                .setup = *setup,
                .requests = none,
                .verdicts = none,
                .reports = none,
                .life = none,
                .closes_fd = -EBADF,
                .n_labellers = processors < LABELLERS_MIN ? LABELLERS_MIN : (size_t) processors,
        };
        if (s->n_labellers > LABELLERS_MAX)
                s->n_labellers = LABELLERS_MAX;
        board = mmap(NULL, sizeof(*s->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
        s->board = board == MAP_FAILED ? NULL : board;
        return s->board ? s : supervisor_stop(s);
}

static int open_channels(Supervisor *s)
{
        int r = pair_new(&s->requests);

        if (r >= 0)
                r = pair_new(&s->verdicts);
        if (r >= 0)
                r = pair_new(&s->reports);
        if (r >= 0 && pipe2(s->life.fds, O_CLOEXEC) < 0)
                r = -errno;
        if (r >= 0)
                r = s->closes_fd = labeller_watch_closes(s->setup.mounts);
        return r;
}

int supervisor_start(const SupervisorSetup *setup, Supervisor **ret_supervisor)
{
        _cleanup_supervisor_ Supervisor *s = allocate(setup);
        int r;

        if (!s)
                return -ENOMEM;
        r = open_channels(s);
        for (size_t i = 0; r >= 0 && i < s->n_labellers; i++)
                r = start_child(s, &s->labellers[i], be_labeller);
        if (r >= 0)
                r = start_gate(s);
        if (r >= 0)
                r = wait_gate(s);
        if (r >= 0)
                *ret_supervisor = TAKE_PTR(s);
        return r;
}

static void start_sweep(Supervisor *s, LabelNumber first)
{
        s->sweep_first = !s->sweep_due || first < s->sweep_first ? first : s->sweep_first;
        s->sweep_due = true;
}

static int check_gate(Supervisor *s)
{
        usec_t beat = atomic_load(&s->board->heartbeat_usec), now = time_now(CLOCK_MONOTONIC);
        int status, r = 0;

        if (reap_child(s, &s->gate, &status) > 0 || s->gate.pid == 0) {
                r = start_gate(s);
                if (r >= 0)
                        r = wait_gate(s);
                start_sweep(s, 1);
        } else if (beat != 0 && now > beat && now - beat > SUPERVISOR_SILENCE_USEC) {
                (void) pidfd_send_signal(s->gate.fd, SIGKILL, NULL, 0);
                s->status.killed++;
                atomic_store(&s->board->heartbeat_usec, now);
        }
        return r;
}

static int check_sweeper(Supervisor *s)
{
        int status;

        if (reap_child(s, &s->sweeper, &status) > 0)
                s->sweep_error = WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
        if (s->sweeper.pid != 0 || !s->sweep_due)
                return 0;
        s->sweep_due = false;
        return start_child(s, &s->sweeper, be_sweeper);
}

int supervisor_check(Supervisor *s)
{
        int status, r = check_gate(s);

        for (size_t i = 0; i < s->n_labellers; i++)
                if (reap_child(s, &s->labellers[i], &status) > 0 || s->labellers[i].pid == 0) {
                        int error = start_child(s, &s->labellers[i], be_labeller);

                        r = r < 0 ? r : error;
                }
        return r < 0 ? r : check_sweeper(s);
}

int supervisor_sweep(Supervisor *s, LabelNumber first, usec_t timeout_usec)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + timeout_usec;
        int r;

        start_sweep(s, first);
        do {
                r = supervisor_check(s);
                if (r < 0)
                        return r;
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ETIMEDOUT;
                if (s->sweeper.pid != 0) {
                        struct pollfd fd = { s->sweeper.fd, POLLIN, 0 };

                        (void) poll(&fd, 1, SUPERVISOR_PERIOD_MSEC);
                }
        } while (s->sweeper.pid != 0 || s->sweep_due);
        return s->sweep_error;
}

int supervisor_refresh(Supervisor *s)
{
        const BoardVerdict wake = { 0 };
        usec_t deadline = time_now(CLOCK_MONOTONIC) + START_USEC;
        int r = 0;

        while (r >= 0 && atomic_load(&s->board->known) != label_table_get_count(s->setup.table)) {
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ETIMEDOUT;
                (void) send(s->verdicts.fds[0], &wake, sizeof(wake), MSG_DONTWAIT | MSG_NOSIGNAL);
                (void) poll(NULL, 0, 1);
                r = supervisor_check(s);
        }
        return r;
}

int supervisor_get_reports_fd(const Supervisor *s)
{
        return s->reports.fds[1];
}

int supervisor_take_report(Supervisor *s, BoardReport *ret_report)
{
        if (recv(s->reports.fds[1], ret_report, sizeof(*ret_report), MSG_DONTWAIT) !=
                        (ssize_t) sizeof(*ret_report))
                return 0;
        ret_report->path[BOARD_PATH_MAX - 1] = '\0';
        return 1;
}

SupervisorStatus supervisor_get_status(const Supervisor *s)
{
        return s->status;
}

const Board *supervisor_get_board(const Supervisor *s)
{
        return s->board;
}

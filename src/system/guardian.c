/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/guardian.h"

#include <inttypes.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/process.h"
#include "base/strings.h"

#define GUARDIAN_DIRECTORY "/run/imad"
#define PANIC_PATH "/proc/sys/kernel/panic"
#define PANIC_SECONDS "10"
#define RECORD_SIZE_MAX 4096
#define SYNC_SECONDS 10
#define NAME "imad-guardian"

#define SIGNAL_EXTEND SIGUSR1
#define SIGNAL_STOP SIGUSR2
#define SIGNAL_EXPIRE SIGALRM

/* A disk that hangs must not keep it from the reboot, so somebody else waits for it. */
static void sync_and_reboot(void)
{
        if (fork() == 0) {
                sync();
                _exit(0);
        }
        /* Nothing but the end of the child, SIGCHLD, ends the wait early. */
        for (unsigned left = SYNC_SECONDS; waitpid(-1, NULL, WNOHANG) == 0 && left > 0; left--)
                (void) sleep(1);
        (void) reboot(RB_AUTOBOOT);
        _exit(1);
}

/* /proc/PID/cmdline shows the arguments where they were; proc(5). */
static void rename_process(char *argv0)
{
        (void) prctl(PR_SET_NAME, NAME);
        if (argv0 && *argv0)
                (void) snprintf(argv0, strlen(argv0) + 1, "@" NAME);
}

static usec_t wait_signal(const sigset_t *signals, usec_t deadline, int *ret_signal)
{
        usec_t now = time_now(CLOCK_MONOTONIC);
        usec_t left = now < deadline ? deadline - now : 0;
        const struct timespec timeout = {
                .tv_sec = (time_t) (left / USEC_PER_SEC),
                .tv_nsec = (long) (left % USEC_PER_SEC * 1000),
        };

        *ret_signal = sigtimedwait(signals, NULL, &timeout);
        return time_now(CLOCK_MONOTONIC);
}

static void guard(void *userdata, int ready_fd)
{
        const GuardianPlan *plan = userdata;
        usec_t deadline = time_now(CLOCK_MONOTONIC) + plan->boot_usec;
        sigset_t all, wanted;
        int number;

        (void) sigfillset(&all);
        (void) sigprocmask(SIG_SETMASK, &all, NULL);
        (void) sigemptyset(&wanted);
        (void) sigaddset(&wanted, SIGNAL_EXTEND);
        (void) sigaddset(&wanted, SIGNAL_STOP);
        (void) sigaddset(&wanted, SIGNAL_EXPIRE);
        (void) setsid();
        rename_process(plan->argv0);
        /* What a test puts in the place of the reboot runs as an ordinary user, who may lock
         * little. */
        if (chdir("/") < 0 || (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 && !plan->expire))
                _exit(1);
        if (!process_ready(ready_fd, 0) || close_range(0, ~0U, 0) < 0)
                _exit(1);
        for (;;) {
                usec_t now = wait_signal(&wanted, deadline, &number);

                if (number == SIGNAL_STOP)
                        _exit(0);
                if (number == SIGNAL_EXTEND)
                        deadline = now + plan->confirm_usec;
                else if (number == SIGNAL_EXPIRE || now >= deadline)
                        break;
        }
        if (plan->expire)
                plan->expire();
        else
                sync_and_reboot();
        _exit(1);
}

static int read_start_ticks(pid_t pid, uint64_t *ret_ticks)
{
        _cleanup_close_ int root_fd = fs_open_root(NULL);

        return root_fd < 0 ? root_fd : process_read_start(root_fd, pid, ret_ticks);
}

static int store(int root_fd, const Guardian *guardian, uint64_t generation)
{
        _cleanup_json_ json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:b}", "pid",
                        (json_int_t) guardian->pid, "start_ticks",
                        (json_int_t) guardian->start_ticks, "generation", (json_int_t) generation,
                        "confirm_usec", (json_int_t) guardian->confirm_usec, "panic",
                        guardian->panic);

        if (!json || json_set_time(json, "deadline_usec", guardian->deadline_usec) < 0)
                return -ENOMEM;
        return json_store(root_fd, GUARDIAN_DIRECTORY, GUARDIAN_PATH, json);
}

static int load(int root_fd, Guardian *ret_guardian, uint64_t *ret_generation)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        json_int_t pid, ticks, generation, confirm, deadline;
        size_t size;
        int panic, r = fs_read_file(root_fd, GUARDIAN_PATH, RECORD_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = json_parse(text, size, &json);
        if (r < 0)
                return r;
        if (json_unpack(json, "{s:I, s:I, s:I, s:I, s:I, s:b}", "pid", &pid, "start_ticks", &ticks,
                            "generation", &generation, "confirm_usec", &confirm, "deadline_usec",
                            &deadline, "panic", &panic) < 0 ||
                        pid <= 1 || pid > INT32_MAX)
                return -EBADMSG;
        *ret_guardian = (Guardian){ (pid_t) pid, (uint64_t) ticks, (usec_t) deadline,
                (usec_t) confirm, panic };
        *ret_generation = (uint64_t) generation;
        return 0;
}

int guardian_load(int root_fd, Guardian *ret_guardian)
{
        uint64_t generation;

        return load(root_fd, ret_guardian, &generation);
}

/* The process is pinned before it is looked at. */
static int send_signal(const Guardian *guardian, int number)
{
        _cleanup_close_ int fd = pidfd_open(guardian->pid, 0);
        uint64_t ticks;
        int r;

        if (fd < 0)
                return -errno;
        r = read_start_ticks(guardian->pid, &ticks);
        if (r < 0)
                return r;
        if (ticks != guardian->start_ticks)
                return -ESRCH;
        return number == 0 || pidfd_send_signal(fd, number, NULL, 0) >= 0 ? 0 : -errno;
}

static int write_panic(int root_fd, const char *text)
{
        _cleanup_close_ int fd = fs_open(root_fd, PANIC_PATH, O_WRONLY | O_TRUNC, 0);

        return fd < 0 ? fd : fs_write_all(fd, text, strlen(text));
}

/* Where somebody has chosen what a panic does it stays so. */
static bool let_panic_reboot(int root_fd)
{
        _cleanup_free_ char *text = NULL;

        return fs_read_file(root_fd, PANIC_PATH, 64, &text, NULL) >= 0 &&
               string_equal(string_strip(text), "0") && write_panic(root_fd, PANIC_SECONDS) >= 0;
}

int guardian_start(int root_fd, const GuardianPlan *plan)
{
        GuardianPlan copy = *plan;
        Guardian guardian = { .confirm_usec = plan->confirm_usec }, running;
        int r;

        if (guardian_load(root_fd, &running) >= 0 && send_signal(&running, 0) >= 0)
                return 0;
        guardian.deadline_usec = time_now(CLOCK_REALTIME) + plan->boot_usec;
        r = process_start(guard, &copy, &guardian.pid);
        if (r >= 0)
                r = read_start_ticks(guardian.pid, &guardian.start_ticks);
        if (r < 0)
                return r;
        guardian.panic = let_panic_reboot(root_fd);
        r = store(root_fd, &guardian, plan->generation);
        if (r < 0)
                (void) send_signal(&guardian, SIGNAL_STOP);
        return r;
}

int guardian_extend(int root_fd)
{
        Guardian guardian;
        uint64_t generation;
        int r = load(root_fd, &guardian, &generation);

        if (r >= 0)
                r = send_signal(&guardian, SIGNAL_EXTEND);
        if (r < 0)
                return r;
        guardian.deadline_usec = time_now(CLOCK_REALTIME) + guardian.confirm_usec;
        return store(root_fd, &guardian, generation);
}

static int tell(int root_fd, int number)
{
        Guardian guardian;
        int r = guardian_load(root_fd, &guardian);

        return r < 0 ? r : send_signal(&guardian, number);
}

int guardian_stop(int root_fd)
{
        return tell(root_fd, SIGNAL_STOP);
}

int guardian_expire(int root_fd)
{
        return tell(root_fd, SIGNAL_EXPIRE);
}

int guardian_restore_panic(int root_fd)
{
        Guardian guardian;
        int r = guardian_load(root_fd, &guardian);

        if (r < 0 || !guardian.panic)
                return r == -ENOENT ? 0 : r;
        return write_panic(root_fd, "0");
}

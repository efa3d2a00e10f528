/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gate, labellers and supervisor as they are, over a file system of the test's own. */
#include "fixture-gate.h"

#include <limits.h>
#include <linux/fs.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define TEXT "#!/bin/sh\nexit 0\n"
#define OTHER "#!/bin/sh\nexit 1\n"

Test(gate, labels_a_file_when_its_writer_closes_it)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_start(&gate);
        fixture_gate_write(&gate, "program", TEXT);
        cr_assert(fixture_gate_gets_label(&gate, "program", TEXT));
}

Test(gate, labels_a_file_that_dpkg_has_not_renamed_yet)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_start(&gate);
        fixture_gate_write(&gate, "program.dpkg-new", TEXT);
        cr_assert(fixture_gate_gets_label(&gate, "program.dpkg-new", TEXT));
}

/* It was there before anybody watched, so that nothing but the open can label it. */
Test(gate, an_open_returns_when_the_label_is_there)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

Test(gate, other_bytes_of_the_same_size_pass_unsigned)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_write(&gate, "program", OTHER);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert_not(fixture_gate_is_labelled(&gate, "program"));
}

static BoardReport wait_report(FixtureGate *gate)
{
        struct pollfd fd = { supervisor_get_reports_fd(gate->supervisor), POLLIN, 0 };
        BoardReport report;

        cr_assert_eq(poll(&fd, 1, FIXTURE_GATE_PATIENCE), 1);
        cr_assert_eq(supervisor_take_report(gate->supervisor, &report), 1);
        return report;
}

Test(gate, reports_a_program_that_nobody_vouches_for)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);
        BoardReport report;

        fixture_gate_start(&gate);
        fixture_gate_write(&gate, "data", "no program");
        fixture_gate_write(&gate, "dropped", OTHER);
        report = wait_report(&gate);
        cr_assert_eq(report.kind, BOARD_REPORT_UNKNOWN);
        cr_assert_str_eq(report.path, fixture_gate_path(&gate, "dropped"));
        cr_assert_eq(report.pid, getpid());
}

Test(gate, the_same_bytes_at_another_path_pass_unsigned)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_write(&gate, "copy", TEXT);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "copy", O_RDONLY)), 0);
        cr_assert_not(fixture_gate_is_labelled(&gate, "copy"));
}

/* As an unprivileged user can do in name spaces of his own. */
Test(gate, a_file_mounted_over_a_vouched_path_elsewhere_passes_unsigned)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);
        char copy[PATH_MAX];
        int status;
        pid_t pid;

        fixture_gate_write(&gate, "program", OTHER);
        fixture_gate_write(&gate, "copy", TEXT);
        fixture_gate_start(&gate);
        (void) snprintf(copy, sizeof(copy), "%s/copy", gate.path);
        pid = fork();
        if (pid == 0) {
                const char *path = fixture_gate_path(&gate, "program");

                _exit(unshare(CLONE_NEWNS) < 0 || mount(copy, path, NULL, MS_BIND, NULL) < 0 ||
                                open(path, O_RDONLY | O_CLOEXEC) < 0);
        }
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_assert_eq(status, 0);
        cr_assert_not(fixture_gate_is_labelled(&gate, "copy"));
        cr_assert_not(fixture_gate_is_labelled(&gate, "program"));
}

Test(gate, a_file_that_is_opened_through_a_read_only_mount_gets_its_label)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);
        int status;
        pid_t pid;

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        pid = fork();
        if (pid == 0)
                _exit(unshare(CLONE_NEWNS) < 0 ||
                                mount(NULL, gate.path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
                                                NULL) < 0 ||
                                open(fixture_gate_path(&gate, "program"), O_RDONLY | O_CLOEXEC) <
                                                0);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_assert_eq(status, 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

Test(gate, a_label_by_another_key_is_kept)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);
        static const uint8_t vendor[] = { 3, 2, 4, 9, 9, 9, 9, 0, 1, 7 };
        uint8_t found[64];

        fixture_gate_write(&gate, "program", TEXT);
        cr_assert_eq(setxattr(fixture_gate_path(&gate, "program"), "security.ima", vendor,
                                     sizeof(vendor), 0),
                        0);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert_eq(getxattr(fixture_gate_path(&gate, "program"), "security.ima", found,
                                     sizeof(found)),
                        (ssize_t) sizeof(vendor));
        cr_assert_arr_eq(found, vendor, sizeof(vendor));
}

Test(gate, an_open_waits_for_a_signature_that_is_being_made)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        LabelNumber number = fixture_gate_vouch(&gate, "program", TEXT, false);
        pid_t opener;

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        opener = fixture_gate_open(&gate, "program", O_RDONLY);
        while (label_table_get_state(gate.table, number) != LABEL_STATE_WANTED)
                (void) poll(NULL, 0, 1);
        fixture_gate_vouch(&gate, "program", TEXT, true);
        cr_assert_eq(fixture_gate_wait(&gate, opener), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

Test(gate, an_open_does_not_wait_for_ever)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();

        fixture_gate_vouch(&gate, "program", TEXT, false);
        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert_not(fixture_gate_is_labelled(&gate, "program"));
}

Test(gate, a_second_open_costs_nothing)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);
        const Board *board;

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_write(&gate, "data", "of another size");
        fixture_gate_start(&gate);
        board = supervisor_get_board(gate.supervisor);
        for (int i = 0; i < 3; i++) {
                cr_assert_eq(fixture_gate_wait(
                                             &gate, fixture_gate_open(&gate, "program", O_RDONLY)),
                                0);
                cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "data", O_RDONLY)),
                                0);
        }
        cr_assert_eq(board->opens, 2);
}

Test(gate, what_comes_into_the_table_later_is_labelled_too)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        fixture_gate_vouch(&gate, "program", TEXT, true);
        cr_assert_eq(supervisor_refresh(gate.supervisor), 0);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

Test(gate, a_sweep_labels_what_nobody_opens)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new_for("program", TEXT);

        fixture_gate_write(&gate, "program", TEXT);
        fixture_gate_start(&gate);
        cr_assert_eq(supervisor_sweep(gate.supervisor, 1, 5 * USEC_PER_SEC), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

/* Opens go on when the gate has gone, there is another one, and what was missed is labelled. */
static void check_recovery(FixtureGate *gate, int number, unsigned killed)
{
        pid_t first = supervisor_get_status(gate->supervisor).gate_pid, opener;

        cr_assert_eq(kill(first, number), 0);
        opener = fixture_gate_open(gate, "data", O_RDONLY);
        cr_assert_eq(fixture_gate_wait(gate, opener), 0);
        cr_assert(fixture_gate_gets_label(gate, "program", TEXT));
        cr_assert_neq(supervisor_get_status(gate->supervisor).gate_pid, first);
        cr_assert_eq(supervisor_get_status(gate->supervisor).gates, 2);
        cr_assert_eq(supervisor_get_status(gate->supervisor).killed, killed);
}

static void prepare_recovery(FixtureGate *gate)
{
        fixture_gate_vouch(gate, "program", TEXT, true);
        fixture_gate_write(gate, "program", TEXT);
        fixture_gate_write(gate, "data", "of another size");
        fixture_gate_start(gate);
}

Test(gate, a_stopped_gate_is_replaced)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();

        prepare_recovery(&gate);
        check_recovery(&gate, SIGSTOP, 1);
}

Test(gate, a_killed_gate_is_replaced)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();

        prepare_recovery(&gate);
        check_recovery(&gate, SIGKILL, 0);
}

/* From outside the signal is blocked as all others; a fault of its own is not. */
Test(gate, a_fault_does_not_dump_core)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        char path[64];
        struct stat st;

        prepare_recovery(&gate);
        (void) snprintf(path, sizeof(path), "/proc/%d/maps",
                        (int) supervisor_get_status(gate.supervisor).gate_pid);
        /* Files of a process that is not dumpable belong to root, whoever it is; proc(5). */
        cr_assert_eq(setegid(65534), 0);
        cr_assert_eq(stat(path, &st), 0);
        cr_assert_eq(st.st_gid, 0);
        cr_assert_eq(setegid(0), 0);
}

Test(gate, a_killed_labeller_is_replaced)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        _cleanup_free_ char *children = NULL;
        char path[64], *save = NULL;

        prepare_recovery(&gate);
        (void) snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int) getpid());
        cr_assert_eq(fs_read_file(gate.root_fd, path, 4096, &children, NULL), 0);
        for (char *word = strtok_r(children, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                uint64_t child;

                cr_assert_eq(parse_u64(word, INT_MAX, &child), 0);
                if ((pid_t) child != supervisor_get_status(gate.supervisor).gate_pid)
                        cr_assert_eq(kill((pid_t) child, SIGKILL), 0);
        }
        (void) poll(NULL, 0, 50);
        cr_assert_eq(supervisor_check(gate.supervisor), 0);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
}

/* For want of descriptors the kernel refuses an open; that must not be the end of others. */
Test(gate, survives_want_of_descriptors)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        struct rlimit few = { 3, 0 }, before;
        pid_t pid;

        prepare_recovery(&gate);
        pid = supervisor_get_status(gate.supervisor).gate_pid;
        cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &before), 0);
        few.rlim_max = before.rlim_max;
        cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "data", O_RDONLY)), EPERM);
        cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &before, NULL), 0);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
        cr_assert_eq(supervisor_get_status(gate.supervisor).gates, 1);
}

/* Reading the event would have to break the lease. */
Test(gate, survives_a_write_lease)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        char byte;
        int ready[2];
        pid_t holder;

        prepare_recovery(&gate);
        cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
        holder = fork();
        if (holder == 0) {
                int fd = open(fixture_gate_path(&gate, "data"), O_WRONLY | O_CLOEXEC);

                (void) signal(SIGIO, SIG_IGN);
                /* The gate may still have the file open from what was before. */
                while (fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN)
                        (void) poll(NULL, 0, 10);
                _exit(fd < 0 || fcntl(fd, F_GETLEASE) != F_WRLCK || write(ready[1], "", 1) != 1 ||
                                pause() < 0);
        }
        (void) close(ready[1]);
        cr_assert_eq(read(ready[0], &byte, 1), 1);
        cr_assert_neq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "data", O_RDONLY)), -1);
        cr_assert_eq(fixture_gate_wait(&gate, fixture_gate_open(&gate, "program", O_RDONLY)), 0);
        cr_assert(fixture_gate_has_label(&gate, "program", TEXT));
        cr_assert_eq(supervisor_get_status(gate.supervisor).gates, 1);
        cr_assert_eq(kill(holder, SIGKILL), 0);
        (void) waitpid(holder, NULL, 0);
        (void) close(ready[0]);
}

Test(gate, ends_with_its_supervisor)
{
        _cleanup_gate_ FixtureGate gate = fixture_gate_new();
        pid_t pid, opener;

        prepare_recovery(&gate);
        pid = supervisor_get_status(gate.supervisor).gate_pid;
        gate.supervisor = supervisor_stop(gate.supervisor);
        cr_assert_eq(kill(pid, 0), -1);
        opener = fixture_gate_open(&gate, "program", O_RDONLY);
        cr_assert_eq(waitpid(opener, NULL, 0), opener);
        cr_assert_not(fixture_gate_is_labelled(&gate, "program"));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file system of its own that imad-gate watches, in a mount name space of the test's own, and a
 * table of files that are vouched for. The signatures are bytes of the right form.
 */
#pragma once

#include <criterion/criterion.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/digest.h"
#include "base/fs.h"
#include "core/signature/signature.h"
#include "helpers/imad-gate/supervisor.h"

#define FIXTURE_GATE_KEY 0x11223344U
#define FIXTURE_GATE_PATIENCE 5000 /* milliseconds until what was to happen has not */

typedef struct FixtureGate {
        char path[32]; /* where it is mounted */
        int root_fd;
        HostMounts mounts;
        LabelTable *table;
        Supervisor *supervisor;
} FixtureGate;

/* Whether this process may watch files; the tests of imad-gate need no more than that. */
static inline bool fixture_gate_is_allowed(void)
{
        int fd = fanotify_init(FAN_CLASS_PRE_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

        cleanup_closep(&fd);
        return fd >= 0;
}

/* A file system that only this process sees, below a name for mkdtemp(). */
static inline void fixture_gate_mount(char *path)
{
        if (!fixture_gate_is_allowed())
                cr_skip_test("files can be watched by root only");
        cr_assert_eq(unshare(CLONE_NEWNS), 0);
        cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        cr_assert_not_null(mkdtemp(path));
        cr_assert_eq(mount("none", path, "tmpfs", 0, "mode=0755"), 0);
}

/* From here on the process sees two file systems only: a new one and /proc. */
static inline void fixture_gate_enter_root(void)
{
        char path[] = "/tmp/imad-root-XXXXXX";

        fixture_gate_mount(path);
        cr_assert_eq(chroot(path), 0);
        cr_assert_eq(chdir("/"), 0);
        cr_assert_eq(mkdir("/proc", 0755), 0);
        cr_assert_eq(mount("proc", "/proc", "proc", 0, NULL), 0);
}

static inline FixtureGate fixture_gate_new(void)
{
        FixtureGate gate = { .path = "/tmp/imad-gate-XXXXXX" };

        fixture_gate_mount(gate.path);
        gate.root_fd = fs_open_root(NULL);
        cr_assert_eq(host_mounts_add(&gate.mounts, gate.path), 0);
        cr_assert_eq(label_table_new(1 << 20, &gate.table), 0);
        return gate;
}

static inline void fixture_gate_done(FixtureGate *gate)
{
        supervisor_stop(gate->supervisor);
        label_table_free(gate->table);
        host_mounts_done(&gate->mounts);
        cleanup_closep(&gate->root_fd);
        (void) umount2(gate->path, MNT_DETACH);
        (void) rmdir(gate->path);
}

#define _cleanup_gate_ _cleanup_(fixture_gate_done)

static inline void fixture_gate_start(FixtureGate *gate)
{
        const SupervisorSetup setup = { &gate->mounts, gate->table, gate->root_fd };

        cr_assert_eq(supervisor_start(&setup, &gate->supervisor), 0);
}

/* Borrowed until the next call. */
static inline const char *fixture_gate_path(const FixtureGate *gate, const char *name)
{
        static char path[PATH_MAX];

        (void) snprintf(path, sizeof(path), "%s/%s", gate->path, name);
        return path;
}

/* A file of the file system; new, as dpkg makes them. */
static inline void fixture_gate_write(const FixtureGate *gate, const char *name, const char *text)
{
        const char *path = fixture_gate_path(gate, name);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

        cr_assert_geq(fd, 0, "%s: %m", path);
        cr_assert_eq(fs_write_all(fd, text, strlen(text)), 0);
}

/* The bytes that stand for a signature of a text. */
static inline void fixture_gate_sign(const char *text, uint8_t **ret_value, size_t *ret_size)
{
        const Signature signature = { SIGNATURE_TYPE_DIGSIG, 2, HASH_SHA256, FIXTURE_GATE_KEY,
                (const uint8_t *) text, strlen(text) };

        cr_assert_eq(signature_format(&signature, ret_value, ret_size), 0);
}

static inline LabelNumber fixture_gate_vouch(
                FixtureGate *gate, const char *name, const char *text, bool with_signature)
{
        _cleanup_free_ uint8_t *value = NULL;
        LabelNumber number;
        Digest digest;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA256, text, strlen(text), &digest), 0);
        cr_assert_eq(label_table_add(gate->table, strlen(text), digest.bytes,
                                     fixture_gate_path(gate, name), &number),
                        0);
        fixture_gate_sign(text, &value, &size);
        if (with_signature)
                cr_assert_eq(label_table_set_signature(gate->table, number, value, size), 0);
        return number;
}

/* Where that file, of that text, is vouched for and signed. */
static inline FixtureGate fixture_gate_new_for(const char *name, const char *text)
{
        FixtureGate gate = fixture_gate_new();

        fixture_gate_vouch(&gate, name, text, true);
        return gate;
}

/* Whether the file has the label of that text. Opens nothing. */
static inline bool fixture_gate_has_label(
                const FixtureGate *gate, const char *name, const char *text)
{
        _cleanup_free_ uint8_t *value = NULL;
        uint8_t found[1024];
        size_t size;
        ssize_t n = getxattr(fixture_gate_path(gate, name), "security.ima", found, sizeof(found));

        fixture_gate_sign(text, &value, &size);
        return n == (ssize_t) size && memcmp(found, value, size) == 0;
}

static inline bool fixture_gate_is_labelled(const FixtureGate *gate, const char *name)
{
        return getxattr(fixture_gate_path(gate, name), "security.ima", NULL, 0) > 0;
}

/* Looks after the processes until the label is there. */
static inline bool fixture_gate_gets_label(FixtureGate *gate, const char *name, const char *text)
{
        for (int i = 0; i < FIXTURE_GATE_PATIENCE / 10; i++) {
                if (fixture_gate_has_label(gate, name, text))
                        return true;
                cr_assert_eq(supervisor_check(gate->supervisor), 0);
                (void) poll(NULL, 0, 10);
        }
        return false;
}

/* Opens in another process, for whatever holds the open; returns its pid. */
static inline pid_t fixture_gate_open(const FixtureGate *gate, const char *name, int flags)
{
        const char *path = fixture_gate_path(gate, name);
        pid_t pid = fork();

        cr_assert_geq(pid, 0);
        if (pid == 0)
                _exit(open(path, flags | O_CLOEXEC) < 0 ? errno : 0);
        return pid;
}

/* The errno of that open, or -1 when it does not return while the processes are looked after. */
static inline int fixture_gate_wait(FixtureGate *gate, pid_t opener)
{
        int status;

        for (int i = 0; i < FIXTURE_GATE_PATIENCE / 10; i++) {
                if (waitpid(opener, &status, WNOHANG) == opener)
                        return WEXITSTATUS(status);
                cr_assert_eq(supervisor_check(gate->supervisor), 0);
                (void) poll(NULL, 0, 10);
        }
        return -1;
}

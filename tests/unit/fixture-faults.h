/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands between a test and the C library (-Wl,--wrap): security attributes are kept in memory that
 * outlives a killed child, so that every user can test labels, and one call, by its number, fails,
 * or ends the process before it is made. One call of write() is torn before that.
 */
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/cleanup.h"

#define FAULTS_ATTRIBUTES_MAX 64
#define FAULTS_VALUE_MAX 128
#define FAULTS_KILLED 99

typedef struct FaultsAttribute {
        ino_t inode; /* 0: a free place */
        char name[32];
        uint8_t value[FAULTS_VALUE_MAX];
        size_t size;
} FaultsAttribute;

typedef struct Faults {
        FaultsAttribute attributes[FAULTS_ATTRIBUTES_MAX];
        unsigned calls;
        unsigned at; /* 0: no fault */
        int error;   /* 0: the process ends */
} Faults;

static Faults *faults;

static inline void faults_open(void)
{
        faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                        0);
        cr_assert_neq(faults, MAP_FAILED);
}

/* The call of that number, from now on, gets the error, or with 0 ends the process. */
static inline void faults_plan(unsigned at, int error)
{
        faults->calls = 0;
        faults->at = at;
        faults->error = error;
}

static inline bool faults_strike(void)
{
        if (!faults || ++faults->calls != faults->at)
                return false;
        if (faults->error == 0)
                _exit(FAULTS_KILLED);
        errno = faults->error;
        return true;
}

static inline FaultsAttribute *faults_find(int fd, const char *name)
{
        FaultsAttribute *free_place = NULL;
        struct stat st;

        cr_assert_eq(fstat(fd, &st), 0);
        for (size_t i = 0; i < FAULTS_ATTRIBUTES_MAX; i++) {
                FaultsAttribute *a = &faults->attributes[i];

                if (a->inode == st.st_ino && strcmp(a->name, name) == 0)
                        return a;
                if (a->inode == 0 && !free_place)
                        free_place = a;
        }
        cr_assert_not_null(free_place);
        *free_place = (FaultsAttribute){ .inode = st.st_ino };
        (void) snprintf(free_place->name, sizeof(free_place->name), "%s", name);
        return free_place;
}

ssize_t __wrap_fgetxattr(int fd, const char *name, void *value, size_t size);
int __wrap_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
int __wrap_fremovexattr(int fd, const char *name);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);

ssize_t __wrap_fgetxattr(int fd, const char *name, void *value, size_t size)
{
        const FaultsAttribute *a;

        if (faults_strike())
                return -1;
        a = faults_find(fd, name);
        if (a->size == 0 || (size > 0 && size < a->size)) {
                errno = a->size == 0 ? ENODATA : ERANGE;
                return -1;
        }
        if (size > 0)
                memcpy(value, a->value, a->size);
        return (ssize_t) a->size;
}

int __wrap_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
        FaultsAttribute *a;

        if (faults_strike())
                return -1;
        cr_assert_leq(size, FAULTS_VALUE_MAX);
        a = faults_find(fd, name);
        memcpy(a->value, value, size);
        a->size = size;
        return 0;
}

int __wrap_fremovexattr(int fd, const char *name)
{
        FaultsAttribute *a;

        if (faults_strike())
                return -1;
        a = faults_find(fd, name);
        if (a->size == 0) {
                errno = ENODATA;
                return -1;
        }
        a->size = 0;
        return 0;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
        /* What a kill leaves of it. */
        if (faults && faults->calls + 1 == faults->at && faults->error == 0)
                (void) __real_write(fd, bytes, size / 2);
        return faults_strike() ? -1 : __real_write(fd, bytes, size);
}

int __wrap_fdatasync(int fd)
{
        return faults_strike() ? -1 : __real_fdatasync(fd);
}

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
        return faults_strike() ? -1 : __real_linkat(from_fd, from, to_fd, to, flags);
}

/* Runs it in a child that ends at call number `at`. False when it ran to its end. */
static inline bool faults_kill(unsigned at, void (*work)(void *userdata), void *userdata)
{
        pid_t pid;
        int status;

        (void) fflush(stdout);
        faults_plan(at, 0);
        pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
                work(userdata);
                _exit(0);
        }
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        faults_plan(0, 0);
        cr_assert(WIFEXITED(status));
        cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FAULTS_KILLED);
        return WEXITSTATUS(status) == FAULTS_KILLED;
}

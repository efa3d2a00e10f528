/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into imad-worker by tests: security attributes become attributes that every user can
 * set, and every SHIM_EVERY-th of them that is set fails by the errno SHIM_ERROR. Files lie on a
 * file system with the magic number SHIM_MAGIC.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/vfs.h>

#define EXPORT __attribute__((visibility("default")))
#define NAME_SIZE 256

typedef ssize_t Get(int fd, const char *name, void *value, size_t size);
typedef int Set(int fd, const char *name, const void *value, size_t size, int flags);
typedef int Remove(int fd, const char *name);
typedef int Statfs(int fd, struct statfs *ret);

Get fgetxattr;
Set fsetxattr;
Remove fremovexattr;
Statfs fstatfs;

static const char *translate(const char *name, char buffer[static NAME_SIZE])
{
        (void) snprintf(buffer, NAME_SIZE, "user.%s", name);
        return strncmp(name, "security.", strlen("security.")) == 0 ? buffer : name;
}

static int strike(void)
{
        static atomic_ulong calls;
        const char *every = getenv("SHIM_EVERY"), *error = getenv("SHIM_ERROR");

        if (!every || !error || ++calls % strtoul(every, NULL, 10) != 0)
                return 0;
        return (int) strtol(error, NULL, 10);
}

EXPORT ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
        static Get *real;
        char buffer[NAME_SIZE];

        if (!real)
                real = (Get *) dlsym(RTLD_NEXT, "fgetxattr");
        return real(fd, translate(name, buffer), value, size);
}

EXPORT int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
        static Set *real;
        char buffer[NAME_SIZE];
        int error = strike();

        if (error != 0) {
                errno = error;
                return -1;
        }
        if (!real)
                real = (Set *) dlsym(RTLD_NEXT, "fsetxattr");
        return real(fd, translate(name, buffer), value, size, flags);
}

EXPORT int fremovexattr(int fd, const char *name)
{
        static Remove *real;
        char buffer[NAME_SIZE];

        if (!real)
                real = (Remove *) dlsym(RTLD_NEXT, "fremovexattr");
        return real(fd, translate(name, buffer));
}

EXPORT int fstatfs(int fd, struct statfs *ret)
{
        static Statfs *real;
        const char *magic = getenv("SHIM_MAGIC");
        int r;

        if (!real)
                real = (Statfs *) dlsym(RTLD_NEXT, "fstatfs");
        r = real(fd, ret);
        if (magic)
                ret->f_type = (__typeof__(ret->f_type)) strtoul(magic, NULL, 16);
        return r;
}

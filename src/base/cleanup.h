/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scope-bound ownership. Every local that owns something carries a cleanup attribute; handing it
 * over is an explicit TAKE_PTR() or TAKE_FD().
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(func) __attribute__((cleanup(func)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_ __attribute__((unused))

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

#define TAKE_PTR(pointer)                                                                          \
        ({                                                                                         \
                __auto_type _location = &(pointer);                                                \
                __auto_type _taken = *_location;                                                   \
                *_location = NULL;                                                                 \
                _taken;                                                                            \
        })

#define TAKE_FD(fd)                                                                                \
        ({                                                                                         \
                int *_location = &(fd);                                                            \
                int _taken = *_location;                                                           \
                *_location = -EBADF;                                                               \
                _taken;                                                                            \
        })

/* Moves a struct out and leaves a zeroed one, which its destructor accepts. */
#define TAKE_STRUCT(object)                                                                        \
        ({                                                                                         \
                __auto_type _location = &(object);                                                 \
                __auto_type _taken = *_location;                                                   \
                memset(_location, 0, sizeof(*_location));                                          \
                _taken;                                                                            \
        })

/* Defines FUNCp() for _cleanup_(FUNCp) out of a destructor FUNC() that accepts NULL. */
#define DEFINE_CLEANUP_FUNC(type, func)                                                            \
        static inline _unused_ void func##p(type *p)                                               \
        {                                                                                          \
                if (*p)                                                                            \
                        func(*p);                                                                  \
        }

static inline void cleanup_freep(void *p)
{
        free(*(void **) p);
}

static inline void cleanup_closep(const int *fd)
{
        if (*fd >= 0)
                (void) close(*fd);
}

static inline void cleanup_fclosep(FILE **file)
{
        if (*file)
                (void) fclose(*file);
}

static inline void cleanup_closedirp(DIR **dir)
{
        if (*dir)
                (void) closedir(*dir);
}

#define _cleanup_free_ _cleanup_(cleanup_freep)
#define _cleanup_close_ _cleanup_(cleanup_closep)
#define _cleanup_fclose_ _cleanup_(cleanup_fclosep)
#define _cleanup_closedir_ _cleanup_(cleanup_closedirp)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A temporary directory that stands for the root directory in a test. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"

typedef struct FixtureRoot {
        char path[32];
        int fd;
} FixtureRoot;

static inline FixtureRoot fixture_root_new(void)
{
        FixtureRoot root = { .path = "/tmp/imad-test-XXXXXX" };

        if (!mkdtemp(root.path))
                abort();
        root.fd = fs_open_root(root.path);
        return root;
}

static inline void fixture_root_done(FixtureRoot *root)
{
        int tmp = fs_open_root("/tmp");

        (void) fs_remove_tree(tmp, root->path + strlen("/tmp/"));
        (void) close(tmp);
        (void) close(root->fd);
}

/* Writes a file below the root and makes its directories. */
static inline void fixture_root_write(const FixtureRoot *root, const char *path, const char *text)
{
        _cleanup_free_ char *copy = strdup(path);
        _cleanup_close_ int fd = -EBADF;

        *strrchr(copy, '/') = '\0';
        if (*copy && fs_make_directories(root->fd, copy, 0755) < 0)
                abort();
        fd = fs_open(root->fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0)
                abort();
}

static inline void fixture_root_link(const FixtureRoot *root, const char *target, const char *path)
{
        if (symlinkat(target, root->fd, path + 1) < 0)
                abort();
}

#define _cleanup_root_ _cleanup_(fixture_root_done)

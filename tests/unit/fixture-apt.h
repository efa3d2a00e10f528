/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root with apt's lists of the archive in tests/data/apt. */
#pragma once

#include "fixture-root.h"

#define FIXTURE_APT_URI "http://user@archive.example.org:8080/a_b"
#define FIXTURE_APT_LIST "/var/lib/apt/lists/archive.example.org:8080_a%5fb_dists_stable_"
#define FIXTURE_APT_SOURCE "deb [signed-by=/keys/archive.asc] " FIXTURE_APT_URI " stable main\n"
#define FIXTURE_APT_NOW ((usec_t) 1800000000 * 1000000)

/* Copies tests/data/apt/NAME into the root. */
static inline void fixture_apt_copy(const FixtureRoot *root, const char *name, const char *path)
{
        _cleanup_close_ int data = fs_open_root(getenv("TEST_DATA")), fd = -EBADF;
        _cleanup_free_ char *bytes = NULL;
        char from[128];
        size_t size;

        (void) snprintf(from, sizeof(from), "apt/%s", name);
        if (data < 0 || fs_read_file(data, from, 1 << 20, &bytes, &size) < 0)
                abort();
        fixture_root_write(root, path, "");
        fd = fs_open(root->fd, path, O_WRONLY | O_TRUNC, 0);
        if (fd < 0 || fs_write_all(fd, bytes, size) < 0)
                abort();
}

static inline FixtureRoot fixture_apt_new(const char *source)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/etc/apt/sources.list", source);
        fixture_apt_copy(&root, "archive.asc", "/keys/archive.asc");
        fixture_apt_copy(&root, "other.asc", "/keys/other.asc");
        fixture_apt_copy(&root, "InRelease", FIXTURE_APT_LIST "InRelease");
        fixture_apt_copy(&root, "Packages", FIXTURE_APT_LIST "main_binary-all_Packages");
        return root;
}

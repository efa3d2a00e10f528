/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Manifests: which files there are, with what bytes, owner and mode, and which labels they get. The
 * files of packages, and what a bundle of signatures is about.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/digest.h"

/* What a package brings beside its files: "control:postinst". */
#define MANIFEST_CONTROL_PREFIX "control:"

#define MANIFEST_ENTRIES_MAX 4000000U
#define MANIFEST_PATH_MAX 4095U
#define MANIFEST_LABEL_MAX 65535U

/* A value of security.ima or security.evm; size 0: none. */
typedef struct ManifestLabel {
        const uint8_t *value;
        size_t size;
} ManifestLabel;

/* A regular file. Borrows. */
typedef struct ManifestEntry {
        const char *path;    /* "/usr/bin/x", or control:NAME */
        const char *package; /* NULL: not known */
        uint64_t size;
        uint32_t mode; /* permissions and type, as st_mode */
        uint32_t uid;
        uint32_t gid;
        unsigned classes; /* FileClass */
        Digest digest;
        ManifestLabel ima;
        ManifestLabel evm;
        uint32_t sequence; /* set by manifest_add() */
} ManifestEntry;

typedef struct Manifest {
        ManifestEntry *entries;
        size_t count;
        size_t allocated;
        Arena arena;
} Manifest;

void manifest_done(Manifest *manifest);

/*
 * Adds an entry and copies what it borrows. -EINVAL for a path that manifest_path_normalise() would
 * change, -E2BIG above MANIFEST_ENTRIES_MAX and for a label that is too long, -ENOMEM.
 */
int manifest_add(Manifest *manifest, const ManifestEntry *entry);

/*
 * Puts the entries in the order of their paths, by bytes. Of those with one path, and one package
 * where it is of control:, the one that was added last stays.
 */
void manifest_sort(Manifest *manifest);

/* An entry of that path, or NULL; the manifest is sorted. */
const ManifestEntry *manifest_find(const Manifest *manifest, const char *path);

/*
 * The name of a member of an archive as a path below the root: "./usr//bin/x" is "/usr/bin/x"; the
 * top directory is "/". malloc()ed. -EBADMSG for what leads elsewhere ("..", an absolute name), is
 * empty or longer than MANIFEST_PATH_MAX.
 */
int manifest_path_normalise(const char *name, char **ret_path);

#define _cleanup_manifest_ _cleanup_(manifest_done)

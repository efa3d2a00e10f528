/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of packages: Debian's (deb(5), deb-control(5)), pacman's, RPM's payload, and plain tar,
 * with every compression that they use. An archive is read once, from its first byte to its last,
 * as untrusted input; its own digest is that of the very bytes that the members came out of.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest.h"

/* Limits for what has none of its own. */
#define PACKAGE_ARCHIVE_MEMBERS_MAX 1000000U
#define PACKAGE_ARCHIVE_BYTES_MAX ((uint64_t) 64 << 30)
/* A larger control member is refused. */
#define PACKAGE_ARCHIVE_CONTROL_MAX ((size_t) 8 << 20)

typedef enum PackageArchiveKind {
        PACKAGE_ARCHIVE_DEB,
        PACKAGE_ARCHIVE_RPM,
        PACKAGE_ARCHIVE_PACMAN,
        PACKAGE_ARCHIVE_TAR,
        PACKAGE_ARCHIVE_KIND_MAX,
} PackageArchiveKind;

typedef struct PackageArchiveSettings {
        HashAlgorithm hash; /* of members */
        size_t members_max; /* 0: PACKAGE_ARCHIVE_MEMBERS_MAX */
        uint64_t bytes_max; /* of all members, unpacked; 0: PACKAGE_ARCHIVE_BYTES_MAX */
} PackageArchiveSettings;

/* Borrowed from the reader during one visit. */
typedef struct PackageMember {
        const char *path; /* normalised (core/manifest); "control:postinst", "control:.INSTALL" */
        mode_t mode;      /* type and permissions */
        uint32_t uid;
        uint32_t gid;
        uint64_t size;      /* of what was read */
        const char *target; /* of a symbolic link, as it is; NULL else */
        const char *link;   /* another member, normalised, that this is a hard link to; NULL else */
        unsigned classes;   /* FileClass of a regular file that is no link */
        Digest digest;      /* of the same */
        const char *text;   /* of a control member, NUL-terminated; NULL else */
} PackageMember;

typedef struct PackageArchive {
        PackageArchiveKind kind;
        Digest digest; /* SHA-256 of the whole archive */
        uint64_t size;
        size_t n_members;
} PackageArchive;

/*
 * Called for each member, in the order of the archive. A negative errno ends the reading. What the
 * archive is worth is not known before package_archive_read() has returned its digest.
 */
typedef int PackageMemberVisitor(void *userdata, const PackageMember *member);

/*
 * Reads the archive from the position of the descriptor, which need not be seekable, to its end.
 * -EBADMSG for what is no package or is malformed, -E2BIG above a limit, both with what is wrong in
 * *ret_reason (half a sentence after the file's name, static); -EOPNOTSUPP for a hash or a
 * compression that the libraries lack; errors of read(2) and of the visitor.
 */
int package_archive_read(int fd, const PackageArchiveSettings *settings,
                PackageMemberVisitor *visit, void *userdata, PackageArchive *ret_archive,
                const char **ret_reason);

/* "deb", "rpm", "pacman", "tar". */
const char *package_archive_kind_to_string(PackageArchiveKind kind);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of package archives over arbitrary bytes; what it hands out must keep its promises. */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "core/manifest/manifest.h"
#include "system/package-archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit(void *userdata, const PackageMember *member)
{
        const char *control = string_after(member->path, MANIFEST_CONTROL_PREFIX);

        (void) userdata;
        if (!control && (member->path[0] != '/' || strstr(member->path, "/../")))
                abort();
        if (control && (S_ISREG(member->mode) && !member->text))
                abort();
        if (member->size > 0 && !S_ISREG(member->mode))
                abort();
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const PackageArchiveSettings settings = {
                .hash = HASH_SHA256, .members_max = 1000, .bytes_max = 1 << 20
        };
        _cleanup_close_ int fd = memfd_create("archive", MFD_CLOEXEC);
        PackageArchive archive;
        const char *reason;

        if (fd < 0 || fs_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                abort();
        if (package_archive_read(fd, &settings, visit, NULL, &archive, &reason) >= 0 &&
                        archive.size != size)
                abort();
        return 0;
}

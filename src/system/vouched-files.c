/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/vouched-files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "core/manifest/file-class.h"
#include "system/package-files.h"
#include "system/package-place.h"

#define ARCHIVES_MAX 100000U
#define MD5SUMS_SIZE_MAX ((size_t) 64 << 20)
#define MD5_HEX_SIZE 32U

typedef struct Loading {
        const PackagePlace *place;
        const AptIndex *index;
        HashAlgorithm hash;
        VouchedFiles *files;
        DiagList *diags;
} Loading;

void vouched_files_done(VouchedFiles *files)
{
        manifest_done(&files->files);
        string_list_done(&files->packages);
}

static int take_entry(
                const Loading *loading, const PackageFiles *archive, const ManifestEntry *member)
{
        _cleanup_free_ char *real = NULL;
        ManifestEntry entry = *member;
        int r = package_place_find(
                        loading->place, archive->name, archive->architecture, member->path, &real);

        if (r < 0)
                return r;
        entry.path = real;
        entry.package = archive->name;
        return manifest_add(&loading->files->files, &entry);
}

static int take_members(const Loading *loading, const PackageFiles *archive)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < archive->files.count; i++)
                r = take_entry(loading, archive, &archive->files.entries[i]);
        return r;
}

static int format_package(const DpkgPackage *package, char **ret_text)
{
        if (asprintf(ret_text, "%s:%s=%s", package->name, package->architecture,
                            package->version) >= 0)
                return 0;
        *ret_text = NULL;
        return -ENOMEM;
}

static int warn(Loading *loading, const char *path, const char *hint, const char *what)
{
        return diag_warning(loading->diags, DIAG_CODE_ARCHIVE, ((DiagPlace){ .source = path }),
                        hint, "the archive %s", what);
}

static int take_archive(Loading *loading, const PackageFiles *archive, const char *path)
{
        const DpkgPackage *package =
                        dpkg_find(loading->place->dpkg, archive->name, archive->architecture);
        AptVoucher voucher = apt_index_check(loading->index, &archive->archive.digest);
        _cleanup_free_ char *text = NULL;
        int r;

        if (!package || !string_equal(package->version, archive->version))
                return 0;
        if (voucher.verdict != APT_VOUCHED) {
                loading->files->refused++;
                return warn(loading, path, "imactl sign --installed --fetch gets it anew",
                                apt_verdict_describe(voucher.verdict));
        }
        r = format_package(package, &text);
        if (r >= 0)
                r = string_list_add(&loading->files->packages, text);
        return r < 0 ? r : take_members(loading, archive);
}

static int load_archive(Loading *loading, const char *name)
{
        const PackageArchiveSettings settings = { .hash = loading->hash };
        _cleanup_package_files_ PackageFiles archive = { 0 };
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        const char *reason = NULL;
        int r;

        if (asprintf(&path, VOUCHED_ARCHIVES_DIRECTORY "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = fs_open(loading->place->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (fd < 0)
                return fd;
        r = package_files_read(fd, &settings, &archive, &reason);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && !archive.name)
                r = -EBADMSG;
        return r < 0 ? warn(loading, path, "remove it; --fetch gets it anew",
                                       reason ?: "cannot be read")
                     : take_archive(loading, &archive, path);
}

static int load_archives(Loading *loading)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(
                        loading->place->root_fd, VOUCHED_ARCHIVES_DIRECTORY, ARCHIVES_MAX, &names);

        if (r == -ENOENT)
                return 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                if (string_ends_with(names.items[i], ".deb"))
                        r = load_archive(loading, names.items[i]);
        return r;
}

int vouched_files_load(int root_fd, const AptIndex *index, const Dpkg *dpkg, HashAlgorithm hash,
                VouchedFiles *ret_files, DiagList *diags)
{
        _cleanup_vouched_files_ VouchedFiles files = { 0 };
        _cleanup_package_place_ PackagePlace place = { 0 };
        Loading loading = { &place, index, hash, &files, diags };
        int r = package_place_load(root_fd, dpkg, &place);

        if (r >= 0)
                r = load_archives(&loading);
        if (r < 0)
                return r;
        string_list_sort(&files.packages);
        *ret_files = TAKE_STRUCT(files);
        return 0;
}

/* "DIGEST  usr/bin/x" */
static int add_md5sum(const Loading *loading, const PackageFiles *archive, char *line)
{
        ManifestEntry entry = {
                .digest = {.algorithm = HASH_MD5, .size = MD5_HEX_SIZE / 2}
        };
        _cleanup_free_ char *path = NULL;
        size_t size;
        int r;

        if (strlen(line) < MD5_HEX_SIZE + 3 || line[MD5_HEX_SIZE] != ' ')
                return 0;
        line[MD5_HEX_SIZE] = '\0';
        if (hex_decode(line, entry.digest.bytes, MD5_HEX_SIZE / 2, &size) < 0 ||
                        manifest_path_normalise(line + MD5_HEX_SIZE + 2, &path) < 0)
                return 0;
        /* What it is tells the file itself, which has these bytes or is not signed. */
        entry.classes = file_class_detect(path, 0, "", 0);
        entry.path = path;
        r = take_entry(loading, archive, &entry);
        return r == -EINVAL ? 0 : r;
}

static int add_md5sums(const Loading *loading, const DpkgPackage *package)
{
        const PackageFiles archive = { .name = (char *) package->name,
                .architecture = (char *) package->architecture };
        _cleanup_free_ char *path = NULL, *text = NULL;
        char *state = NULL;
        int r = package_place_find(loading->place, package->name, package->architecture,
                        MANIFEST_CONTROL_PREFIX "md5sums", &path);

        if (r >= 0)
                r = fs_read_file(loading->place->root_fd, path, MD5SUMS_SIZE_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state))
                r = add_md5sum(loading, &archive, line);
        return r;
}

int vouched_files_add_md5sums(VouchedFiles *files, int root_fd, const Dpkg *dpkg)
{
        _cleanup_package_place_ PackagePlace place = { 0 };
        const Loading loading = { .place = &place, .files = files };
        int r = package_place_load(root_fd, dpkg, &place);

        for (size_t i = 0; r >= 0 && i < dpkg->n_packages; i++)
                if (!vouched_files_have_package(files, &dpkg->packages[i]))
                        r = add_md5sums(&loading, &dpkg->packages[i]);
        return r;
}

bool vouched_files_have_package(const VouchedFiles *files, const DpkgPackage *package)
{
        _cleanup_free_ char *text = NULL;

        return format_package(package, &text) >= 0 && string_list_contains(&files->packages, text);
}

void vouched_files_sort(VouchedFiles *files)
{
        manifest_sort(&files->files);
}

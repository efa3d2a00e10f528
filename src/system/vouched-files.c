/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/vouched-files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "core/manifest/file-class.h"
#include "core/provenance/deb822.h"
#include "system/package-archive.h"
#include "system/package.h"
#include "system/usr-merge.h"

#define ARCHIVES_MAX 100000U
#define MD5SUMS_SIZE_MAX ((size_t) 64 << 20)
#define MD5_HEX_SIZE 32U

typedef struct Link {
        char *path;
        char *target;
} Link;

/* One archive, while it is not yet known whether anybody vouches for it. */
typedef struct Archive {
        Manifest members; /* under the names of the archive */
        Link *links;
        size_t n_links;
        char *name, *version, *architecture;
} Archive;

typedef struct Loading {
        int root_fd;
        const AptIndex *index;
        const Dpkg *dpkg;
        HashAlgorithm hash;
        UsrMerge merge;
        VouchedFiles *files;
        DiagList *diags;
} Loading;

void vouched_files_done(VouchedFiles *files)
{
        manifest_done(&files->files);
        string_list_done(&files->packages);
}

static void archive_done(Archive *archive)
{
        manifest_done(&archive->members);
        for (size_t i = 0; i < archive->n_links; i++) {
                free(archive->links[i].path);
                free(archive->links[i].target);
        }
        free(archive->links);
        free(archive->name);
        free(archive->version);
        free(archive->architecture);
}

static int read_control(void *userdata, const Deb822Paragraph *paragraph)
{
        Archive *archive = userdata;
        const char *name = deb822_get(paragraph, "Package"),
                   *version = deb822_get(paragraph, "Version"),
                   *architecture = deb822_get(paragraph, "Architecture");

        if (!name || !version || !architecture || archive->name)
                return -EBADMSG;
        archive->name = strdup(name);
        archive->version = strdup(version);
        archive->architecture = strdup(architecture);
        return archive->name && archive->version && archive->architecture ? 0 : -ENOMEM;
}

static int add_link(Archive *archive, const PackageMember *member)
{
        Link *links = reallocarray(archive->links, archive->n_links + 1, sizeof(*links));

        if (!links)
                return -ENOMEM;
        archive->links = links;
        links[archive->n_links] = (Link){ strdup(member->path), strdup(member->link) };
        archive->n_links++;
        return links[archive->n_links - 1].path && links[archive->n_links - 1].target ? 0 : -ENOMEM;
}

static int visit_member(void *userdata, const PackageMember *member)
{
        const ManifestEntry entry = {
                .path = member->path,
                .size = member->size,
                .mode = member->mode,
                .uid = member->uid,
                .gid = member->gid,
                .classes = member->classes,
                .digest = member->digest,
        };
        Archive *archive = userdata;
        int r = 0;

        if (string_equal(member->path, MANIFEST_CONTROL_PREFIX "control") && member->text)
                r = deb822_parse(member->text, member->size, read_control, archive);
        if (r < 0 || !S_ISREG(member->mode))
                return r;
        return member->link ? add_link(archive, member) : manifest_add(&archive->members, &entry);
}

/* dpkg keeps them as NAME.postinst, or NAME:ARCHITECTURE.postinst where several may be installed.
 */
static int resolve_control(
                const Loading *loading, const Archive *archive, const char *name, char **ret_path)
{
        _cleanup_free_ char *plain = NULL, *qualified = NULL;

        if (asprintf(&plain, PACKAGE_DIRECTORY "/%s.%s", archive->name, name) < 0) {
                plain = NULL;
                return -ENOMEM;
        }
        if (asprintf(&qualified, PACKAGE_DIRECTORY "/%s:%s.%s", archive->name,
                            archive->architecture, name) < 0) {
                qualified = NULL;
                return -ENOMEM;
        }
        *ret_path = fs_exists(loading->root_fd, qualified) ? TAKE_PTR(qualified) : TAKE_PTR(plain);
        return 0;
}

static int resolve_path(
                const Loading *loading, const Archive *archive, const char *path, char **ret_path)
{
        const char *control = string_after(path, MANIFEST_CONTROL_PREFIX);

        if (control)
                return resolve_control(loading, archive, control, ret_path);
        *ret_path = usr_merge_resolve(
                        &loading->merge, dpkg_divert(loading->dpkg, archive->name, path));
        return *ret_path ? 0 : -ENOMEM;
}

static int take_entry(const Loading *loading, const Archive *archive, const char *path,
                const ManifestEntry *member)
{
        _cleanup_free_ char *real = NULL;
        ManifestEntry entry = *member;
        int r = resolve_path(loading, archive, path, &real);

        if (r < 0)
                return r;
        entry.path = real;
        entry.package = archive->name;
        return manifest_add(&loading->files->files, &entry);
}

/* A hard link is the file that it leads to, whose member is in the same archive. */
static int take_members(const Loading *loading, Archive *archive)
{
        int r = 0;

        manifest_sort(&archive->members);
        for (size_t i = 0; r >= 0 && i < archive->members.count; i++)
                r = take_entry(loading, archive, archive->members.entries[i].path,
                                &archive->members.entries[i]);
        for (size_t i = 0; r >= 0 && i < archive->n_links; i++) {
                const ManifestEntry *member =
                                manifest_find(&archive->members, archive->links[i].target);

                if (member)
                        r = take_entry(loading, archive, archive->links[i].path, member);
        }
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

static int take_archive(Loading *loading, Archive *archive, const Digest *digest, const char *path)
{
        const DpkgPackage *package = dpkg_find(loading->dpkg, archive->name, archive->architecture);
        AptVoucher voucher = apt_index_check(loading->index, digest);
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
        _cleanup_(archive_done) Archive archive = { 0 };
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        const char *reason = NULL;
        PackageArchive facts;
        int r;

        if (asprintf(&path, VOUCHED_ARCHIVES_DIRECTORY "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = fs_open(loading->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (fd < 0)
                return fd;
        r = package_archive_read(fd, &settings, visit_member, &archive, &facts, &reason);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && !archive.name)
                r = -EBADMSG;
        return r < 0 ? warn(loading, path, "remove it; --fetch gets it anew",
                                       reason ?: "cannot be read")
                     : take_archive(loading, &archive, &facts.digest, path);
}

static int load_archives(Loading *loading)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(
                        loading->root_fd, VOUCHED_ARCHIVES_DIRECTORY, ARCHIVES_MAX, &names);

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
        Loading loading = {
                root_fd, index, dpkg, hash, {{ 0 }, { 0 }},
                    &files, diags
        };
        int r = usr_merge_load(root_fd, &loading.merge);

        if (r >= 0)
                r = load_archives(&loading);
        usr_merge_done(&loading.merge);
        if (r < 0)
                return r;
        string_list_sort(&files.packages);
        *ret_files = TAKE_STRUCT(files);
        return 0;
}

/* "DIGEST  usr/bin/x" */
static int add_md5sum(const Loading *loading, const Archive *archive, char *line)
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
        r = take_entry(loading, archive, path, &entry);
        return r == -EINVAL ? 0 : r;
}

static int add_md5sums(Loading *loading, const DpkgPackage *package)
{
        const Archive archive = { .name = (char *) package->name,
                .version = (char *) package->version,
                .architecture = (char *) package->architecture };
        _cleanup_free_ char *path = NULL, *text = NULL;
        char *state = NULL;
        int r = resolve_control(loading, &archive, "md5sums", &path);

        if (r >= 0)
                r = fs_read_file(loading->root_fd, path, MD5SUMS_SIZE_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state))
                r = add_md5sum(loading, &archive, line);
        return r;
}

int vouched_files_add_md5sums(VouchedFiles *files, int root_fd, const Dpkg *dpkg)
{
        Loading loading = { .root_fd = root_fd, .dpkg = dpkg, .files = files };
        int r = usr_merge_load(root_fd, &loading.merge);

        for (size_t i = 0; r >= 0 && i < dpkg->n_packages; i++)
                if (!vouched_files_have_package(files, &dpkg->packages[i]))
                        r = add_md5sums(&loading, &dpkg->packages[i]);
        usr_merge_done(&loading.merge);
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

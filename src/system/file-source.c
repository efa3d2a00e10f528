/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-source.h"

#include "base/fs.h"
#include "core/provenance/deb822.h"
#include "system/package-archive.h"

typedef struct Loading {
        const FileSourceSettings *settings;
        FileSource *source;
        StringList links;   /* hard links of an archive: name and target in turn */
        Manifest others;    /* directories, symbolic links and the like */
        const char *reason; /* what is wrong with the archive */
} Loading;

static void loading_done(Loading *loading)
{
        string_list_done(&loading->links);
        manifest_done(&loading->others);
}

static int refuse(Loading *loading, const char *reason)
{
        loading->reason = reason;
        return -EBADMSG;
}

void file_source_done(FileSource *source)
{
        bundle_source_done(&source->about);
        manifest_done(&source->files);
        cleanup_closep(&source->root_fd);
        *source = FILE_SOURCE_NONE;
}

static bool is_wanted(const Loading *loading, const char *path)
{
        return !loading->settings->only || manifest_find(loading->settings->only, path);
}

static int read_control(void *userdata, const Deb822Paragraph *paragraph)
{
        BundleSource *about = userdata;
        const char *package = deb822_get(paragraph, "Package"),
                   *architecture = deb822_get(paragraph, "Architecture");

        if (!package || !architecture || about->package)
                return -EBADMSG;
        about->package = strdup(package);
        about->architecture = strdup(architecture);
        return about->package && about->architecture ? 0 : -ENOMEM;
}

static int add_link(Loading *loading, const PackageMember *member)
{
        int r = string_list_add(&loading->links, member->path);

        return r < 0 ? r : string_list_add(&loading->links, member->link);
}

static int visit_member(void *userdata, const PackageMember *member)
{
        Loading *loading = userdata;
        const bool is_control = string_after(member->path, MANIFEST_CONTROL_PREFIX);
        const ManifestEntry entry = {
                .path = member->path,
                .size = member->size,
                .mode = member->mode,
                .uid = member->uid,
                .gid = member->gid,
                .classes = member->classes,
                .digest = member->digest,
        };
        int r = 0;

        if (string_equal(member->path, MANIFEST_CONTROL_PREFIX "control") && member->text)
                r = deb822_parse(member->text, member->size, read_control, &loading->source->about);
        if (r < 0 || (is_control && member->classes == 0) || string_equal(member->path, "/"))
                return r;
        if (!S_ISREG(member->mode))
                return manifest_add(&loading->others, &entry);
        return member->link ? add_link(loading, member)
                            : manifest_add(&loading->source->files, &entry);
}

/* Sorts; which member of a name counts does not depend on the order only while all are files. */
static int sort_files(Loading *loading)
{
        Manifest *files = &loading->source->files;
        const size_t count = files->count;

        manifest_sort(files);
        if (loading->links.count > 0 && files->count != count)
                return refuse(loading, "names a member twice");
        for (size_t i = 0; i < loading->others.count; i++)
                if (manifest_find(files, loading->others.entries[i].path))
                        return refuse(loading, "names a member twice");
        return 0;
}

/* The file that a hard link leads to, under the name of the link; without path when it is none. */
static int find_linked(Loading *loading, size_t index, ManifestEntry *ret_entry)
{
        const char *target = loading->links.items[2 * index + 1];
        const ManifestEntry *file = manifest_find(&loading->source->files, target);
        const ManifestEntry *other = manifest_find(&loading->others, target);

        if (!file && (!other || S_ISDIR(other->mode)))
                return refuse(loading, "has a hard link to what is no file in it");
        if (file) {
                *ret_entry = *file;
                ret_entry->path = loading->links.items[2 * index];
        }
        return 0;
}

/* All links are looked up before the first is added, which ends the order. */
static int add_linked(Loading *loading)
{
        Manifest *files = &loading->source->files;
        const size_t n_links = loading->links.count / 2;
        _cleanup_free_ ManifestEntry *entries = calloc(n_links + 1, sizeof(*entries));
        int r = entries ? sort_files(loading) : -ENOMEM;

        manifest_sort(&loading->others);
        for (size_t i = 0; r >= 0 && i < n_links; i++)
                r = find_linked(loading, i, &entries[i]);
        for (size_t i = 0; r >= 0 && i < n_links; i++)
                if (entries[i].path)
                        r = manifest_add(files, &entries[i]);
        return r < 0 ? r : sort_files(loading);
}

static int load_archive(Loading *loading, int fd, const char *path, const char **ret_reason)
{
        const PackageArchiveSettings settings = { .hash = loading->settings->hash,
                .members_max = BUNDLE_FILES_MAX };
        BundleSource *about = &loading->source->about;
        const char *slash = strrchr(path, '/');
        PackageArchive archive;
        int r = package_archive_read(fd, &settings, visit_member, loading, &archive, ret_reason);

        if (r >= 0)
                r = add_linked(loading);
        if (r < 0 && loading->reason)
                *ret_reason = loading->reason;
        if (r < 0)
                return r;
        about->kind = strdup(package_archive_kind_to_string(archive.kind));
        about->name = strdup(slash ? slash + 1 : path);
        if (!about->kind || !about->name)
                return -ENOMEM;
        string_make_utf8(about->name);
        about->digest = archive.digest;
        return 0;
}

static int visit_file(void *userdata, const char *path, int path_fd)
{
        Loading *loading = userdata;
        struct stat st;

        if (!is_wanted(loading, path))
                return 0;
        if (fstat(path_fd, &st) < 0)
                return -errno;
        return manifest_add(&loading->source->files, &(ManifestEntry){
                                                                     .path = path,
                                                                     .size = (uint64_t) st.st_size,
                                                                     .mode = st.st_mode,
                                                                     .uid = st.st_uid,
                                                                     .gid = st.st_gid,
                                                     });
}

static int load_directory(Loading *loading, int fd)
{
        FileSource *source = loading->source;
        int r;

        source->root_fd = fd;
        source->about.kind = strdup("directory");
        if (!source->about.kind)
                return -ENOMEM;
        r = tree_walk(fd, "/", loading->settings->all_mounts, visit_file, loading, &source->tree);
        if (r >= 0)
                manifest_sort(&source->files);
        return r;
}

int file_source_load(int root_fd, const char *path, const FileSourceSettings *settings,
                FileSource *ret_source, const char **ret_reason)
{
        _cleanup_file_source_ FileSource source = FILE_SOURCE_NONE;
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        _cleanup_(loading_done) Loading loading = { .settings = settings, .source = &source };
        struct stat st;
        int r;

        *ret_reason = NULL;
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                r = load_directory(&loading, TAKE_FD(fd));
        else
                r = S_ISREG(st.st_mode) ? load_archive(&loading, fd, path, ret_reason)
                                        : -EMEDIUMTYPE;
        if (r < 0)
                return r;
        *ret_source = source;
        source = FILE_SOURCE_NONE;
        return 0;
}

int file_source_open_file(const FileSource *source, const ManifestEntry *entry, LabelFile *ret_file)
{
        _cleanup_close_ int fd = fs_open(source->root_fd, entry->path, O_PATH | O_NOFOLLOW, 0);

        return fd < 0 ? fd : label_file_open(fd, ret_file);
}

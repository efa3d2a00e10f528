/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-source.h"

#include "base/fs.h"
#include "system/package-files.h"

typedef struct Loading {
        const FileSourceSettings *settings;
        FileSource *source;
} Loading;

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

static int load_archive(Loading *loading, int fd, const char *path, const char **ret_reason)
{
        const PackageArchiveSettings settings = { .hash = loading->settings->hash,
                .members_max = BUNDLE_FILES_MAX };
        BundleSource *about = &loading->source->about;
        _cleanup_package_files_ PackageFiles files = { 0 };
        const char *slash = strrchr(path, '/');
        int r = package_files_read(fd, &settings, &files, ret_reason);

        if (r < 0)
                return r;
        about->kind = strdup(package_archive_kind_to_string(files.archive.kind));
        about->name = strdup(slash ? slash + 1 : path);
        if (!about->kind || !about->name)
                return -ENOMEM;
        string_make_utf8(about->name);
        about->digest = files.archive.digest;
        about->package = TAKE_PTR(files.name);
        about->architecture = TAKE_PTR(files.architecture);
        loading->source->files = TAKE_STRUCT(files.files);
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
        Loading loading = { settings, &source };
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

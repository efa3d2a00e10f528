/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/dpkg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "core/provenance/deb822.h"

#define STATUS_SIZE_MAX ((size_t) 256 << 20)
#define DIVERSIONS_SIZE_MAX ((size_t) 16 << 20)

typedef struct Loading {
        Dpkg dpkg;
        size_t n_allocated;
} Loading;

void dpkg_done(Dpkg *dpkg)
{
        free(dpkg->packages);
        free(dpkg->diversions);
        arena_done(&dpkg->arena);
        memset(dpkg, 0, sizeof(*dpkg));
}

static void loading_done(Loading *loading)
{
        dpkg_done(&loading->dpkg);
}

static const char *copy(Dpkg *dpkg, const char *text)
{
        return arena_copy_text(&dpkg->arena, text, strlen(text));
}

/* "want flag state": files of these are on the disk (dpkg(1), "Package states"). */
static bool is_unpacked(const char *status)
{
        static const char *const states[] = { "installed", "unpacked", "half-configured",
                "triggers-awaited", "triggers-pending" };
        const char *state = strrchr(status, ' ');

        for (size_t i = 0; state && i < ELEMENTSOF(states); i++)
                if (string_equal(state + 1, states[i]))
                        return true;
        return false;
}

static int add_package(void *userdata, const Deb822Paragraph *paragraph)
{
        Loading *loading = userdata;
        Dpkg *dpkg = &loading->dpkg;
        const char *name = deb822_get(paragraph, "Package"),
                   *status = deb822_get(paragraph, "Status"),
                   *version = deb822_get(paragraph, "Version"),
                   *architecture = deb822_get(paragraph, "Architecture");
        DpkgPackage package;

        if (!name || !status)
                return -EBADMSG;
        if (!version || !architecture || !is_unpacked(status))
                return 0;
        if (dpkg->n_packages == loading->n_allocated) {
                size_t n = loading->n_allocated ? 2 * loading->n_allocated : 256;
                DpkgPackage *packages = reallocarray(dpkg->packages, n, sizeof(*packages));

                if (!packages)
                        return -ENOMEM;
                dpkg->packages = packages;
                loading->n_allocated = n;
        }
        package = (DpkgPackage){ copy(dpkg, name), copy(dpkg, architecture), copy(dpkg, version) };
        if (!package.name || !package.architecture || !package.version)
                return -ENOMEM;
        dpkg->packages[dpkg->n_packages++] = package;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const DpkgPackage *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order != 0 ? order : strcmp(x->architecture, y->architecture);
}

static int load_status(int root_fd, Loading *loading)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, DPKG_STATUS, STATUS_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = deb822_parse(text, size, add_package, loading);
        if (r >= 0 && loading->dpkg.n_packages > 0)
                qsort(loading->dpkg.packages, loading->dpkg.n_packages, sizeof(DpkgPackage),
                                compare);
        return r;
}

static size_t count_lines(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

/* Three lines each: from, to, package. */
static int load_diversions(int root_fd, Dpkg *dpkg)
{
        _cleanup_free_ char *text = NULL;
        char *state = NULL, *line;
        const char *lines[3];
        size_t n = 0;
        int r = fs_read_file(root_fd, DPKG_DIVERSIONS, DIVERSIONS_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        dpkg->diversions = calloc(count_lines(text) / 3 + 1, sizeof(*dpkg->diversions));
        if (!dpkg->diversions)
                return -ENOMEM;
        for (line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                lines[n % 3] = copy(dpkg, line);
                if (!lines[n % 3])
                        return -ENOMEM;
                if (++n % 3 == 0)
                        dpkg->diversions[dpkg->n_diversions++] =
                                        (DpkgDiversion){ lines[0], lines[1], lines[2] };
        }
        return n % 3 == 0 ? 0 : -EBADMSG;
}

int dpkg_load(int root_fd, Dpkg *ret_dpkg)
{
        _cleanup_(loading_done) Loading loading = { 0 };
        int r = load_status(root_fd, &loading);

        if (r >= 0)
                r = load_diversions(root_fd, &loading.dpkg);
        if (r >= 0)
                *ret_dpkg = TAKE_STRUCT(loading.dpkg);
        return r;
}

const DpkgPackage *dpkg_find(const Dpkg *dpkg, const char *name, const char *architecture)
{
        const DpkgPackage wanted = { name, architecture, NULL };

        return dpkg->n_packages == 0 ? NULL
                                     : bsearch(&wanted, dpkg->packages, dpkg->n_packages,
                                                       sizeof(wanted), compare);
}

const char *dpkg_divert(const Dpkg *dpkg, const char *package, const char *path)
{
        for (size_t i = 0; i < dpkg->n_diversions; i++)
                if (string_equal(dpkg->diversions[i].from, path) &&
                                !string_equal(dpkg->diversions[i].package, package))
                        return dpkg->diversions[i].to;
        return path;
}

bool dpkg_is_locked(int root_fd)
{
        static const char *const paths[] = { "/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock" };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
                _cleanup_close_ int fd = fs_open(root_fd, paths[i], O_RDONLY | O_NOCTTY, 0);

                if (fd >= 0 && fcntl(fd, F_GETLK, &lock) >= 0 && lock.l_type != F_UNLCK)
                        return true;
        }
        return false;
}

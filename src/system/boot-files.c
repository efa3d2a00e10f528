/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/boot-files.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "config.h"
#include "core/elf.h"
#include "core/policy/simulate/critical.h"
#include "system/kernel.h"

#define FILES_MAX 20000U
#define FILE_SIZE_MAX ((size_t) 256 * 1024 * 1024)
#define TEXT_SIZE_MAX ((size_t) 4 * 1024 * 1024)
#define MODULES_SIZE_MAX ((size_t) 16 * 1024 * 1024)
#define NAMES_MAX 10000U

/* What installs packages, on any distribution; the directories are taken whole. */
static const char *const programs[] = {
        "/usr/bin/dpkg",
        "/usr/bin/dpkg-deb",
        "/usr/bin/dpkg-query",
        "/usr/bin/dpkg-split",
        "/usr/bin/dpkg-trigger",
        "/usr/bin/apt",
        "/usr/bin/apt-get",
        "/usr/bin/apt-key",
        "/usr/bin/gpgv",
        "/usr/bin/tar",
        "/usr/bin/rpm",
        "/usr/bin/dnf",
        "/usr/bin/zypper",
        "/usr/bin/pacman",
        "/usr/bin/imactl",
        "/usr/bin/systemctl",
        "/usr/bin/true",
};

static const char *const directories[] = {
        IMAD_LIBEXECDIR,
        "/usr/lib/apt/methods",
        "/usr/lib/x86_64-linux-gnu/security",
        "/usr/lib/aarch64-linux-gnu/security",
        "/usr/lib64/security",
};

static const char *const unit_directories[] = {
        "/etc/systemd/system",
        "/usr/lib/systemd/system",
};

static const char *const library_directories[] = {
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
        "/usr/local/lib",
};

typedef struct Search {
        int root_fd;
        char *root;       /* where the root lies on this machine; "" for / */
        StringList found; /* canonical paths; those behind `done` were not looked into */
        void *known;      /* tree of them */
} Search;

static int compare(const void *a, const void *b)
{
        return strcmp(a, b);
}

static void keep(void *path)
{
        (void) path;
}

static void search_done(Search *s)
{
        /* The tree borrows the strings of the list. */
        tdestroy(s->known, keep);
        string_list_done(&s->found);
        free(s->root);
}

/* The path of an open file, without links; malloc()ed. */
static int name_descriptor(int fd, char **ret_path)
{
        char link[64], path[PATH_MAX];
        ssize_t n;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);
        if (n < 0)
                return -errno;
        path[n] = '\0';
        *ret_path = strdup(path);
        return *ret_path ? 0 : -ENOMEM;
}

/* 1 when it is there and was not known; 0 when it is missing or known. */
static int add(Search *s, const char *path)
{
        _cleanup_close_ int fd = fs_open(s->root_fd, path, O_PATH, 0);
        _cleanup_free_ char *full = NULL;
        struct stat st;
        const char *inside;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;
        r = name_descriptor(fd, &full);
        if (r < 0 || !full)
                return r == -ENOMEM ? r : 0;
        inside = string_after(full, s->root);
        if (!inside || tfind(inside, &s->known, compare))
                return 0;
        if (s->found.count == FILES_MAX)
                return -E2BIG;
        r = string_list_add(&s->found, inside);
        if (r < 0)
                return r;
        return tsearch(s->found.items[s->found.count - 1], &s->known, compare) ? 1 : -ENOMEM;
}

static int add_directory(Search *s, const char *directory)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(s->root_fd, directory, NAMES_MAX, &names);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", directory, names.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = add(s, path);
        }
        return r;
}

/* The first word behind ExecStart= and its like, less what systemd takes for itself. */
static int add_unit(Search *s, const char *path)
{
        _cleanup_free_ char *text = NULL;
        char *state = NULL;
        int r = fs_read_file(s->root_fd, path, TEXT_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state)) {
                char *value = strncmp(line, "Exec", 4) == 0 ? strchr(line, '=') : NULL;

                if (!value)
                        continue;
                value += strspn(value, "=@-:+! \t");
                value[strcspn(value, " \t")] = '\0';
                if (*value == '/')
                        r = add(s, value);
        }
        return r;
}

static int add_wanted_units(Search *s, const char *directory, const char *name)
{
        _cleanup_strings_ StringList units = { 0 };
        _cleanup_free_ char *wants = NULL;
        int r;

        if (!string_ends_with(name, ".wants") && !string_ends_with(name, ".requires"))
                return 0;
        if (asprintf(&wants, "%s/%s", directory, name) < 0) {
                wants = NULL;
                return -ENOMEM;
        }
        r = fs_list_directory(s->root_fd, wants, NAMES_MAX, &units);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < units.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", wants, units.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = add_unit(s, path);
        }
        return r;
}

static int add_units(Search *s, const char *directory)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(s->root_fd, directory, NAMES_MAX, &names);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = add_wanted_units(s, directory, names.items[i]);
        return r;
}

/* File names may have '-' where module names have '_'; depmod(8). */
static char *module_name(const char *path, size_t length)
{
        const char *slash = memrchr(path, '/', length);
        size_t skipped = slash ? (size_t) (slash + 1 - path) : 0;
        char *name = strndup(path + skipped, length - skipped);

        if (!name)
                return NULL;
        name[strcspn(name, ".")] = '\0';
        for (char *c = name; *c; c++)
                *c = *c == '-' ? '_' : *c;
        return name;
}

/* The modules that this hardware has needed so far: "name size count …" each. */
static int load_module_names(int root_fd, StringList *ret_names)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *text = NULL;
        char *state = NULL;
        int r = fs_read_file(root_fd, "/proc/modules", TEXT_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state)) {
                line[strcspn(line, " ")] = '\0';
                r = string_list_add(&names, line);
        }
        if (r >= 0)
                *ret_names = TAKE_STRUCT(names);
        return r;
}

static int add_module(Search *s, const char *release, const StringList *names, char *line)
{
        size_t length = strcspn(line, ":");
        _cleanup_free_ char *name = module_name(line, length), *path = NULL;

        if (!name)
                return -ENOMEM;
        if (!string_list_contains(names, name))
                return 0;
        line[length] = '\0';
        if (asprintf(&path, "/lib/modules/%s/%s", release, line) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return add(s, path);
}

/* "path/of/module.ko: what it depends on", modules.dep(5). */
static int add_modules(Search *s)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *release = NULL, *path = NULL, *text = NULL;
        char *state = NULL;
        int r = kernel_get_release(s->root_fd, &release);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = load_module_names(s->root_fd, &names);
        if (r < 0)
                return r;
        if (asprintf(&path, "/lib/modules/%s/modules.dep", release) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (fs_read_file(s->root_fd, path, MODULES_SIZE_MAX, &text, NULL) < 0)
                return 0;
        for (char *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state))
                r = add_module(s, release, &names, line);
        return r;
}

static int add_library(Search *s, const char *name, const ElfNeeds *needs)
{
        _cleanup_free_ char *path = NULL;
        size_t n = needs->directories.count + ELEMENTSOF(library_directories);

        if (strchr(name, '/'))
                return add(s, name);
        for (size_t i = 0; i < n; i++) {
                const char *directory =
                                i < needs->directories.count
                                                ? needs->directories.items[i]
                                                : library_directories[i - needs->directories.count];

                free(TAKE_PTR(path));
                if (asprintf(&path, "%s/%s", directory, name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (fs_exists(s->root_fd, path))
                        return add(s, path);
        }
        return 0;
}

static int add_interpreter(Search *s, char *line)
{
        char *path = line + strspn(line, " \t");

        path[strcspn(path, " \t\n")] = '\0';
        return *path == '/' ? add(s, path) : 0;
}

static int add_needs(Search *s, const char *path)
{
        _cleanup_elf_needs_ ElfNeeds needs = { 0 };
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r = fs_read_file(s->root_fd, path, FILE_SIZE_MAX, &bytes, &size);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (size > 2 && bytes[0] == '#' && bytes[1] == '!')
                return add_interpreter(s, bytes + 2);
        r = elf_parse(bytes, size, &needs);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = needs.interpreter ? add(s, needs.interpreter) : 0;
        for (size_t i = 0; r >= 0 && i < needs.libraries.count; i++)
                r = add_library(s, needs.libraries.items[i], &needs);
        return r;
}

static int add_roots(Search *s)
{
        size_t n;
        const CriticalFile *files = critical_list(&n);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                if (files[i].has_xattrs && files[i].use <= FILE_USE_MAP)
                        r = add(s, files[i].path);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(programs); i++)
                r = add(s, programs[i]);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(directories); i++)
                r = add_directory(s, directories[i]);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(unit_directories); i++)
                r = add_units(s, unit_directories[i]);
        return r < 0 ? r : add_modules(s);
}

static int find_root(Search *s)
{
        int r = name_descriptor(s->root_fd, &s->root);

        if (r < 0 || !s->root)
                return r < 0 ? r : -EIO;
        if (string_equal(s->root, "/"))
                *s->root = '\0';
        return 0;
}

int boot_files_find(int root_fd, StringList *ret_paths)
{
        _cleanup_(search_done) Search s = { .root_fd = root_fd };
        int r = find_root(&s);

        if (r >= 0)
                r = add_roots(&s);
        for (size_t i = 0; r >= 0 && i < s.found.count; i++)
                r = add_needs(&s, s.found.items[i]);
        if (r < 0)
                return r;
        string_list_sort(&s.found);
        *ret_paths = TAKE_STRUCT(s.found);
        return 0;
}

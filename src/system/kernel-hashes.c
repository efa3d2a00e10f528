/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/kernel-hashes.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/fs.h"
#include "base/strings.h"
#include "core/policy/target/target.h"

#define PROC_CRYPTO_MAX (4U * 1024 * 1024)
#define MODULE_LIST_MAX (32U * 1024 * 1024)
#define MODULE_NAME_MAX 64
#define MODULES_DIRECTORY "/lib/modules"

/* The lists that depmod makes; crypto_alg_lookup() asks for the module "crypto-NAME". */
typedef struct Modules {
        int root_fd;
        const char *release;
        char *aliases;
        char *dependencies;
} Modules;

static void modules_done(Modules *modules)
{
        free(modules->aliases);
        free(modules->dependencies);
}

static int read_list(const Modules *modules, const char *name, char **ret_text)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, MODULES_DIRECTORY "/%s/%s", modules->release, name) < 0)
                return -ENOMEM;
        return fs_read_file(modules->root_fd, path, MODULE_LIST_MAX, ret_text, NULL);
}

static int modules_load(Modules *modules)
{
        int r = read_list(modules, "modules.alias", &modules->aliases);

        return r < 0 ? r : read_list(modules, "modules.dep", &modules->dependencies);
}

static bool file_exists(const Modules *modules, const char *name, size_t size)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, MODULES_DIRECTORY "/%s/%.*s", modules->release, (int) size, name) < 0)
                return false;
        return fs_exists(modules->root_fd, path);
}

/* "kernel/crypto/sha512_generic.ko.xz" is the module sha512_generic; '-' and '_' are the same. */
static bool path_is_module(const char *path, size_t size, const char *module)
{
        const char *slash = memrchr(path, '/', size);
        const char *name = slash ? slash + 1 : path, *end = path + size;

        for (; *module && name < end; module++, name++)
                if ((*name == '-' ? '_' : *name) != (*module == '-' ? '_' : *module))
                        return false;
        return *module == '\0' && string_after(name, ".ko");
}

/* A line of modules.dep: the path, ":", the paths of what it needs. */
static bool dependencies_exist(const Modules *modules, const char *line, size_t size)
{
        const char *end = line + size;

        while (line < end) {
                size_t length = 0;

                while (line + length < end && !strchr(": ", line[length]))
                        length++;
                if (length > 0 && !file_exists(modules, line, length))
                        return false;
                line += length + 1;
        }
        return true;
}

static bool module_exists(const Modules *modules, const char *module)
{
        for (const char *line = modules->dependencies; *line;) {
                size_t size = strcspn(line, "\n");
                const char *colon = memchr(line, ':', size);

                if (colon && path_is_module(line, (size_t) (colon - line), module))
                        return dependencies_exist(modules, line, size);
                line += size + (line[size] == '\n');
        }
        return false;
}

/* Takes the next word off a line, which ends at end; false when it is none or too long. */
static bool next_word(const char **line, const char *end, char word[static MODULE_NAME_MAX])
{
        const char *start = *line;
        size_t size;

        while (start < end && *start == ' ')
                start++;
        for (*line = start; *line < end && **line != ' ';)
                (*line)++;
        size = (size_t) (*line - start);
        if (size == 0 || size >= MODULE_NAME_MAX)
                return false;
        memcpy(word, start, size);
        word[size] = '\0';
        return true;
}

static uint32_t find_loadable(const Modules *modules)
{
        uint32_t hashes = 0;

        for (const char *line = modules->aliases; *line;) {
                const char *end = strchrnul(line, '\n'),
                           *rest = string_after(line, "alias crypto-");
                char name[MODULE_NAME_MAX], module[MODULE_NAME_MAX];

                if (rest && next_word(&rest, end, name) && next_word(&rest, end, module)) {
                        HashAlgorithm algorithm = hash_algorithm_from_string(name);

                        if (algorithm >= 0 && !((hashes >> algorithm) & 1) &&
                                        module_exists(modules, module))
                                hashes |= 1U << algorithm;
                }
                line = end + (*end == '\n');
        }
        return hashes;
}

/* Lines such as "name         : sha256". */
static int find_registered(int root_fd, uint32_t *ret_hashes)
{
        _cleanup_free_ char *text = NULL;
        uint32_t hashes = 0;
        int r = fs_read_file(root_fd, "/proc/crypto", PROC_CRYPTO_MAX, &text, NULL);

        if (r < 0)
                return r;
        for (const char *line = text; *line;) {
                const char *end = strchrnul(line, '\n'), *rest = string_after(line, "name");
                char colon[MODULE_NAME_MAX], name[MODULE_NAME_MAX];

                if (rest && next_word(&rest, end, colon) && next_word(&rest, end, name)) {
                        HashAlgorithm algorithm = hash_algorithm_from_string(name);

                        if (algorithm >= 0)
                                hashes |= 1U << algorithm;
                }
                line = end + (*end == '\n');
        }
        *ret_hashes = hashes;
        return 0;
}

static uint32_t find_built_in(const Kconfig *config)
{
        uint32_t hashes = 0;

        for (HashAlgorithm i = 0; i < HASH_ALGORITHM_MAX; i++) {
                const char *option = target_get_hash_config(i);

                if (option && string_equal(kconfig_get(config, option), "y"))
                        hashes |= 1U << i;
        }
        return hashes;
}

int kernel_hashes_find(int root_fd, const char *release, unsigned sources, const Kconfig *config,
                uint32_t *ret_hashes)
{
        _cleanup_(modules_done) Modules modules = { .root_fd = root_fd, .release = release };
        uint32_t hashes;
        int r;

        if (!(sources & KERNEL_HASHES_REGISTERED) || find_registered(root_fd, &hashes) < 0) {
                if (!config)
                        return -ENODATA;
                hashes = find_built_in(config);
        }
        r = sources & KERNEL_HASHES_LOADABLE ? modules_load(&modules) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                hashes |= find_loadable(&modules);
        *ret_hashes = hashes;
        return 0;
}

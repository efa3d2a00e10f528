/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-load/load-initrd.h"

#include <errno.h>

#include "base/fs.h"
#include "config.h"
#include "helpers/imad-load/boot-keys.h"
#include "system/initrd.h"
#include "system/rollout.h"
#include "system/settings.h"

int load_initrd_is_current(int root_fd, int sysroot_fd, uint64_t generation, const char *release,
                char **ret_why)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!release)
                return -EINVAL;
        r = initrd_find_stale(root_fd, sysroot_fd, generation, release, &path);
        if (r == -ENOMEM || r == 0)
                return r < 0 ? r : 1;
        if (asprintf(ret_why, "the initrd is out of date: %s: %s", path ?: "its files",
                            r < 0 ? strerror(-r) : "it is not as in the real root") < 0) {
                *ret_why = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* True when a file is there and the policy asks for its label in some use of programs. */
static bool is_refused(int root_fd, const Simulator *policy, MountTable *mounts, const char *path)
{
        static const FileUse uses[] = { FILE_USE_EXECUTE, FILE_USE_MAP, FILE_USE_READ };
        _cleanup_close_ int fd = fs_open(root_fd, path, O_PATH, 0);
        FileFacts facts;

        if (fd < 0 || file_facts_read(fd, mounts, false, &facts) < 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(uses); i++)
                if (boot_keys_is_appraised(policy, &facts, uses[i]))
                        return true;
        return false;
}

int load_initrd_is_spared(int root_fd, const char *text, size_t size, char **ret_why)
{
        static const char *const programs[] = { IMAD_LIBEXECDIR "/imad-load", "/init", "/bin/sh",
                "/bin/busybox" };
        _cleanup_(simulate_freep) Simulator *policy = NULL;
        _cleanup_mount_table_ MountTable mounts = { 0 };
        int r = boot_keys_simulate(text, size, &policy);

        if (r < 0)
                return r;
        (void) mounts_load(&mounts);
        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                if (!is_refused(root_fd, policy, &mounts, programs[i]))
                        continue;
                if (asprintf(ret_why,
                                    "the policy refuses %s of the initrd, which can have no label",
                                    programs[i]) < 0) {
                        *ret_why = NULL;
                        return -ENOMEM;
                }
                return 0;
        }
        return 1;
}

/* The intended generation, and the one that imad.policy=good or a failed trial goes back to. */
static int list_all(int root_fd, const char *release, StringList *paths)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;
        uint64_t numbers[2];
        int r = generation_state_load(root_fd, &state, &diags);

        if (r < 0 || state.intended == 0)
                return r < 0 ? r : 0;
        numbers[0] = state.intended;
        numbers[1] = rollout_find_good(&state);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                _cleanup_strings_ StringList found = { 0 };

                if (numbers[i] == 0 || (i > 0 && numbers[i] == numbers[0]))
                        continue;
                r = initrd_list_files(root_fd, numbers[i], release, &found);
                for (size_t f = 0; r >= 0 && f < found.count; f++)
                        if (!string_list_contains(paths, found.items[f]))
                                r = string_list_add(paths, found.items[f]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int load_initrd_print(int root_fd, const char *release)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_strings_ StringList paths = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r = settings_load(root_fd, &settings, &diags);

        if (r >= 0 && settings.in_initrd)
                r = list_all(root_fd, release, &paths);
        /* One generation may have no text for a kernel that was installed later. */
        for (size_t i = 0; r >= 0 && i < paths.count; i++)
                if (fs_exists(root_fd, paths.items[i]))
                        (void) puts(paths.items[i]);
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/target-probe.h"

#include <limits.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fs.h"
#include "core/policy/simulate/builtin.h"
#include "system/boot-record.h"
#include "system/kernel-hashes.h"
#include "system/kernel.h"
#include "system/securityfs.h"

#define LSM_LIST_MAX 4096
#define PROFILES_SIZE_MAX (1024U * 1024)
#define POLICY_SIZE_MAX (16U * 1024 * 1024)
#define ID_MAP_SIZE_MAX 65536U
#define ALL_IDS UINT32_MAX /* the count of the first user namespace's only range */

typedef struct Probe {
        int root_fd;
        TargetProbeTime time;
        Target *target;
} Probe;

/* A word of a list that commas separate. */
static bool list_has(const char *list, const char *word)
{
        size_t length = strlen(word);

        for (const char *p = list; (p = strstr(p, word)); p += length)
                if ((p == list || p[-1] == ',') && strchr(",\n", p[length]))
                        return true;
        return false;
}

/* Until a policy is loaded every context is the name of an initial one, without fields. */
static TargetLsm selinux_state(int root_fd)
{
        _cleanup_free_ char *context = NULL;

        if (fs_read_file(root_fd, "/proc/self/attr/current", PATH_MAX, &context, NULL) < 0)
                return TARGET_LSM_UNKNOWN;
        return strchr(context, ':') ? TARGET_LSM_SELINUX : TARGET_LSM_SELINUX_UNLOADED;
}

/* Lines such as "/usr/bin/man (enforce)". Not everybody may read them. */
static int read_profiles(Probe *p)
{
        _cleanup_free_ char *text = NULL;
        int r = fs_read_file(p->root_fd, SECURITYFS_PATH "/apparmor/profiles", PROFILES_SIZE_MAX,
                        &text, NULL);

        if (r < 0) {
                p->target->lsm = TARGET_LSM_UNKNOWN;
                return r == -ENOMEM ? r : 0;
        }
        r = 0;
        for (char *state, *line = strtok_r(text, "\n", &state); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state)) {
                char *mode = strstr(line, " (");

                if (mode)
                        *mode = '\0';
                r = string_list_add(&p->target->labels, line);
        }
        return r;
}

static int probe_lsm(Probe *p)
{
        _cleanup_free_ char *list = NULL;
        int r = fs_read_file(p->root_fd, SECURITYFS_PATH "/lsm", LSM_LIST_MAX, &list, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (list_has(list, "apparmor"))
                p->target->lsm = TARGET_LSM_APPARMOR;
        else if (list_has(list, "selinux"))
                p->target->lsm = selinux_state(p->root_fd);
        else if (list_has(list, "smack"))
                p->target->lsm = TARGET_LSM_SMACK;
        else
                p->target->lsm = TARGET_LSM_NONE;
        if (p->target->lsm == TARGET_LSM_APPARMOR && p->time == TARGET_PROBE_NOW)
                return read_profiles(p);
        return 0;
}

/* Where the kernel shows rules that its command line did not ask for, somebody has loaded them. */
static bool shows_custom_policy(const Probe *p, const Builtin *builtin)
{
        _cleanup_free_ char *text = NULL;

        if (builtin->measurement != BUILTIN_MEASUREMENT_NONE || builtin->appraise_tcb ||
                        builtin->secure_boot || builtin->critical_data)
                return false;
        return fs_read_file(p->root_fd, SECURITYFS_POLICY_PATH, POLICY_SIZE_MAX, &text, NULL) >=
                               0 &&
               text[0] != '\0';
}

static bool was_loaded_at_boot(int root_fd)
{
        _cleanup_boot_record_ BootRecord record = { 0 };

        return boot_record_load(root_fd, &record) >= 0 && record.outcome == BOOT_OUTCOME_LOADED;
}

static void probe_policy(Probe *p, const Builtin *builtin)
{
        ImaPolicyState state = IMA_POLICY_STATE_MAX;
        unsigned sticky = 0;

        if (p->time == TARGET_PROBE_NOW)
                p->target->policy_active = (securityfs_get_policy_state(p->root_fd, &state) >= 0 &&
                                                           state == IMA_POLICY_STATE_CONSUMED) ||
                                           was_loaded_at_boot(p->root_fd) ||
                                           shows_custom_policy(p, builtin);
        if (builtin_get_sticky_bits(builtin, p->target, &sticky) >= 0)
                p->target->policy_signed = (sticky & APPRAISE_MODE_POLICY) != 0;
}

static int probe_command_line(Probe *p)
{
        _cleanup_free_ char *line = NULL;
        Builtin builtin = { 0 };
        int r = kernel_read_command_line(p->root_fd, &line);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = builtin_parse(line, p->target, false, &builtin);
        if (r < 0)
                return r;
        probe_policy(p, &builtin);
        r = kernel_command_line_get(line, "ima_template_fmt", &p->target->template_format);
        return r < 0 ? r : 0;
}

/* "INSIDE OUTSIDE COUNT"; false for the range of all ids, which is none to keep. */
static bool parse_id_range(char *line, TargetIdRange *ret_range)
{
        uint64_t numbers[3];
        char *state, *word = strtok_r(line, " ", &state);

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++, word = strtok_r(NULL, " ", &state))
                if (!word || parse_u64(word, UINT32_MAX, &numbers[i]) < 0)
                        return false;
        *ret_range = (TargetIdRange){ (uint32_t) numbers[0], (uint32_t) numbers[2] };
        return ret_range->count != ALL_IDS;
}

static int read_id_map(const Probe *p, const char *path, TargetIds *ids)
{
        _cleanup_free_ char *text = NULL;
        int r = fs_read_file(p->root_fd, path, ID_MAP_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *state, *line = strtok_r(text, "\n", &state); line;
                        line = strtok_r(NULL, "\n", &state)) {
                TargetIdRange range;

                if (!parse_id_range(line, &range) || ids->count == TARGET_ID_RANGES_MAX)
                        continue;
                if (!ids->ranges)
                        ids->ranges = calloc(TARGET_ID_RANGES_MAX, sizeof(TargetIdRange));
                if (!ids->ranges)
                        return -ENOMEM;
                ids->ranges[ids->count++] = range;
        }
        return 0;
}

/* 32 bit programs run on 64 bit kernels, whose words count. */
static void probe_sizes(Probe *p)
{
        struct utsname name;

        if (!fs_root_is_host(p->root_fd))
                return;
        p->target->page_size = (unsigned) sysconf(_SC_PAGESIZE);
        if (uname(&name) >= 0)
                p->target->word_size =
                                strstr(name.machine, "64") || strcmp(name.machine, "s390x") == 0
                                                ? 64
                                                : 32;
}

static int probe_running(Probe *p)
{
        int r = probe_lsm(p);

        probe_sizes(p);
        if (r >= 0)
                r = probe_command_line(p);
        if (r >= 0)
                r = read_id_map(p, "/proc/self/uid_map", &p->target->uids);
        if (r >= 0)
                r = read_id_map(p, "/proc/self/gid_map", &p->target->gids);
        return r;
}

/* Loading modules is switched off after the boot, where it is. */
static bool modules_are_disabled(const Probe *p)
{
        _cleanup_free_ char *text = NULL;

        return p->time == TARGET_PROBE_NOW &&
               fs_read_file(p->root_fd, "/proc/sys/kernel/modules_disabled", 16, &text, NULL) >=
                               0 &&
               text[0] == '1';
}

static int probe_hashes(Probe *p, bool running, const Kconfig *config)
{
        unsigned sources = running ? KERNEL_HASHES_REGISTERED : 0;
        int r;

        if (!running || !modules_are_disabled(p))
                sources |= KERNEL_HASHES_LOADABLE;
        r = kernel_hashes_find(p->root_fd, p->target->release, sources, config, &p->target->hashes);
        p->target->hashes_known = r >= 0;
        return r == -ENOMEM ? r : 0;
}

static bool is_running(int root_fd, const char *release)
{
        _cleanup_free_ char *running = NULL;

        return kernel_get_release(root_fd, &running) >= 0 && strcmp(running, release) == 0;
}

int target_probe(int root_fd, const char *release, const Kconfig *config, TargetProbeTime time,
                Target **ret_target)
{
        _cleanup_(target_freep) Target *target = NULL;
        Probe p = { root_fd, time, NULL };
        bool running = is_running(root_fd, release);
        int r = target_new(release, config, &target);

        if (r < 0)
                return r;
        p.target = target;
        r = probe_hashes(&p, running, config);
        if (r >= 0 && running)
                r = probe_running(&p);
        if (r < 0)
                return r;
        *ret_target = TAKE_PTR(target);
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/critical.h"

#include "base/strings.h"
#include "core/policy/simulate/builtin.h"

#define ON_DISK "ext4", 0xef53, true

/* clang-format off */
static const CriticalFile files[] = {
        { "/sbin/init", "the init process", FILE_USE_EXECUTE, ON_DISK },
        { "/lib/systemd/systemd", "the init process", FILE_USE_EXECUTE, ON_DISK },
        { "/lib64/ld-linux-x86-64.so.2", "the program loader", FILE_USE_LOADER, ON_DISK },
        { "/lib/ld-linux-aarch64.so.1", "the program loader", FILE_USE_LOADER, ON_DISK },
        { "/lib/libc.so.6", "the C library", FILE_USE_MAP, ON_DISK },
        { "/lib64/libc.so.6", "the C library", FILE_USE_MAP, ON_DISK },
        { "/lib/systemd/systemd-executor", "what starts services", FILE_USE_EXECUTE, ON_DISK },
        { "/proc/sys/kernel/hostname", "a kernel setting that init writes", FILE_USE_WRITE, "proc", 0x9fa0, false },
        { "/sys/fs/cgroup/init.scope/cgroup.procs", "the control group of init", FILE_USE_WRITE, "cgroup2", 0x63677270, false },
        { "/sys/kernel/security/ima/policy", "the file that takes the policy", FILE_USE_WRITE, "securityfs", 0x73636673, false },
        { "/etc/passwd", "the list of users", FILE_USE_READ, ON_DISK },
        { "/etc/fstab", "the list of file systems", FILE_USE_READ, ON_DISK },
        { "/lib/systemd/systemd-journald", "the journal", FILE_USE_EXECUTE, ON_DISK },
        { "/run/systemd/journal/kernel-seqnum", "a file of the journal", FILE_USE_WRITE, "tmpfs", 0x01021994, true },
        { "/bin/udevadm", "the device manager", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/mount", "what mounts file systems", FILE_USE_EXECUTE, ON_DISK },
        { "/sbin/fsck", "what checks file systems", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/sh", "the shell", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/dash", "the shell", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/bash", "the shell", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/dbus-daemon", "the message bus", FILE_USE_EXECUTE, ON_DISK },
        { "/lib/systemd/systemd-logind", "the login manager", FILE_USE_EXECUTE, ON_DISK },
        { "/sbin/agetty", "the login prompt", FILE_USE_EXECUTE, ON_DISK },
        { "/bin/login", "the login program", FILE_USE_EXECUTE, ON_DISK },
        { "/lib/security/pam_unix.so", "the check of passwords", FILE_USE_MAP, ON_DISK },
        { "/sbin/sulogin", "the rescue login", FILE_USE_EXECUTE, ON_DISK },
        { "/sbin/sshd", "the remote login", FILE_USE_EXECUTE, ON_DISK },
};
/* clang-format on */

const CriticalFile *critical_list(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(files);
        return files;
}

/* Skips "lib/x86_64-linux-gnu" where the table has "lib". */
static const char *skip_multiarch(const char *path)
{
        const char *triplet = string_after(path, "/lib/");
        const char *end = triplet ? strchr(triplet, '/') : NULL;

        return end && memmem(triplet, (size_t) (end - triplet), "-linux-gnu", 10) ? end : NULL;
}

/* Without /usr, which is the same directory on most systems. */
const CriticalFile *critical_find(const char *path)
{
        const char *usr = string_after(path, "/usr"), *rest;

        if (usr && *usr == '/')
                path = usr;
        rest = skip_multiarch(path);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                const char *below_lib = string_after(files[i].path, "/lib");

                if (string_equal(files[i].path, path) ||
                                (rest && below_lib && string_equal(below_lib, rest)))
                        return &files[i];
        }
        return NULL;
}

/* An outcome that rests on a signature is good here. */
static int verify_nothing(
                void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        return 1;
}

static Appraisal judge(const SimulateDecision *decision, const Request *request,
                const CriticalFile *file, bool labelled)
{
        /* A signature of version 2 with sha256, as long as it has to be. */
        static const uint8_t signature[] = { APPRAISAL_LABEL_SIGNATURE, 2, HASH_SHA256, 0, 0, 0, 1,
                0, 1, 0 };
        static const uint8_t verity[] = { APPRAISAL_LABEL_VERITY_SIGNATURE, 3, HASH_SHA256, 0, 0, 0,
                1, 0, 1, 0 };
        static const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, false };
        static const AppraisalOracle oracle = { .verify = verify_nothing };
        bool is_verity = decision->flags & SIMULATE_FLAG_VERITY;
        bool has_label = labelled && file->has_xattrs && file->use != FILE_USE_WRITE;
        const AppraisalFile state = {
                .label = is_verity ? verity : signature,
                .label_size = has_label ? sizeof(signature) : 0,
                .has_xattrs = file->has_xattrs,
                .has_verity = has_label && is_verity,
                .is_new = file->has_xattrs && file->use == FILE_USE_WRITE,
        };

        return appraisal_judge(decision, request, &state, &settings, &oracle);
}

static int find_denied_step(const Simulator *simulator, const Target *target,
                const CriticalFile *file, bool labelled, CriticalDenial *ret_denial)
{
        FileUseStep steps[FILE_USE_STEPS_MAX];
        size_t n_steps = file_use_get_steps(file->use, target, steps);

        for (size_t i = 0; i < n_steps; i++) {
                const Request request = {
                        .func = steps[i].func,
                        .mask = steps[i].mask,
                        .user.any = true,
                        .group.any = true,
                        .fsmagic = file->fsmagic,
                        .fsname = file->fsname,
                };
                SimulateDecision decision = simulate_decide(simulator, &request);
                Appraisal appraisal = judge(&decision, &request, file, labelled);

                if (!appraisal.is_denied)
                        continue;
                *ret_denial = (CriticalDenial){ file, request.func, request.mask, decision,
                        appraisal };
                return 1;
        }
        return 0;
}

int critical_find_denial(const Simulator *simulator, const Target *target, bool labelled,
                CriticalDenial *ret_denial)
{
        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                if (find_denied_step(simulator, target, &files[i], labelled, ret_denial) > 0)
                        return 1;
        return 0;
}

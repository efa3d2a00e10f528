/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose policy is in force, what imad-load did, and what the next boot will load. */
#include <inttypes.h>

#include "base/fs.h"
#include "helpers/imad-worker/doctor.h"
#include "system/generation.h"
#include "system/securityfs.h"

#define SYSTEMD_POLICY_PATH                                                                        \
        "/etc/ima/ima-policy" /* PID 1 loads it; systemd, src/core/ima-setup.c */

#define GRUB_PATH "/etc/default/grub.d/imad.cfg" /* hooks/40-imad.in */
#define GRUB_SIZE_MAX 65536U

static const char systemd_hint[] = "imactl policy import " SYSTEMD_POLICY_PATH
                                   " --output=/etc/imad/policy.d/50-imported.yaml, imactl policy "
                                   "apply, remove " SYSTEMD_POLICY_PATH ", and reboot";

/* Where policies are put for an initrd to load; dracut, modules.d/98integrity. */
static const char *const initrd_paths[] = { "/etc/sysconfig/ima-policy", "/etc/sysconfig/ima" };

/* Somebody else used up the load: PID 1, an initrd, or nobody knows who. */
static int name_culprit(Doctor *doctor)
{
        int root_fd = doctor->worker->root_fd;

        if (fs_exists(root_fd, SYSTEMD_POLICY_PATH))
                return doctor_add(doctor, DOCTOR_RESULT_FAILED, systemd_hint,
                                "the load of this boot was used up by PID 1, "
                                "with " SYSTEMD_POLICY_PATH);
        for (size_t i = 0; i < ELEMENTSOF(initrd_paths); i++)
                if (fs_exists(root_fd, initrd_paths[i]))
                        return doctor_add(doctor, DOCTOR_RESULT_FAILED,
                                        "remove it, make the initrd anew, and reboot",
                                        "the load of this boot was used up by the initrd, with %s",
                                        initrd_paths[i]);
        return doctor_add(doctor, DOCTOR_RESULT_FAILED,
                        "the kernel log has the line \"ima: policy update completed\" where it was",
                        "the load of this boot was used up by somebody unknown, not by imad");
}

int doctor_check_policy_load(Doctor *doctor)
{
        int root_fd = doctor->worker->root_fd;
        ImaPolicyState state;
        int r = securityfs_get_policy_state(root_fd, &state);

        if (r < 0)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                                "without IMA no policy is in force");
        if (doctor->has_boot && doctor->boot.outcome == BOOT_OUTCOME_LOADED)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "imad loaded generation %" PRIu64 " with %" PRIu64 " rules",
                                doctor->boot.generation, doctor->boot.rules);
        if (state == IMA_POLICY_STATE_CONSUMED)
                return name_culprit(doctor);
        if (fs_exists(root_fd, SYSTEMD_POLICY_PATH))
                return doctor_add(doctor, DOCTOR_RESULT_WARNING, systemd_hint,
                                "PID 1 may load " SYSTEMD_POLICY_PATH
                                " at the next boot, before imad-load can");
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                        "no custom policy is in force; the kernel still takes one");
}

int doctor_check_boot(Doctor *doctor)
{
        const BootRecord *boot = &doctor->boot;

        if (!doctor->has_boot)
                return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "systemctl enable imad-load.service; it runs at the next boot",
                                "imad-load did not run at this boot");
        if (boot->initrd) {
                int r = doctor_add(doctor, DOCTOR_RESULT_WARNING,
                                "make the initrd anew (update-initramfs -u, or dracut --force), or "
                                "see INITRD in imad-load.service(8)",
                                "the initrd left the policy to the real root: %s", boot->initrd);

                if (r < 0)
                        return r;
        }
        return doctor_add(doctor,
                        boot_outcome_is_failure(boot->outcome) ||
                                                        boot->outcome == BOOT_OUTCOME_ALREADY_LOADED
                                        ? DOCTOR_RESULT_FAILED
                                        : DOCTOR_RESULT_OK,
                        boot->hint, "%s: %s", boot_outcome_to_string(boot->outcome),
                        boot->message ? boot->message : "");
}

static int report_damage(Doctor *doctor, const DiagList *diags)
{
        const Diag *d = diags->count > 0 ? &diags->items[0] : NULL;

        return doctor_add(doctor, DOCTOR_RESULT_FAILED, d ? d->hint : NULL, "%s: %s",
                        d ? d->source : GENERATION_STORE_PATH, d ? d->message : "cannot be read");
}

static int check_policy(Doctor *doctor, const Generation *generation, DiagList *diags)
{
        const GenerationKernel *kernel;
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (!doctor->release)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "generation %" PRIu64 " is intended", generation->number);
        kernel = generation_find_kernel(generation, doctor->release);
        if (!kernel)
                return doctor_add(doctor, DOCTOR_RESULT_FAILED, "run imactl policy apply",
                                "generation %" PRIu64 " has no policy for Linux %s",
                                generation->number, doctor->release);
        if (generation_read_policy(
                            doctor->worker->root_fd, generation, kernel, &text, &size, diags) < 0)
                return report_damage(doctor, diags);
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                        "generation %" PRIu64 " is intact and has %zu rules for Linux %s",
                        generation->number, kernel->rules, doctor->release);
}

/* A kernel that the file names and that lacks a policy is a reason for it. */
static bool is_lacking(Doctor *doctor, const Generation *intended, char *line)
{
        const char *release = string_after(line, "# Linux ");
        const GenerationKernel *kernel;
        _cleanup_free_ char *modules = NULL;
        char *end = release ? strchr(release, ' ') : NULL;

        if (!end)
                return false;
        *end = '\0';
        if (asprintf(&modules, "/lib/modules/%s", release) < 0) {
                modules = NULL;
                return true;
        }
        kernel = generation_find_kernel(intended, release);
        return fs_exists(doctor->worker->root_fd, modules) && (!kernel || kernel->rules == 0);
}

/* Written by the hook for new kernels, which runs again only when another one is installed. */
static int check_grub(Doctor *doctor, const Generation *intended)
{
        _cleanup_free_ char *text = NULL;
        char *save = NULL;

        if (fs_read_file(doctor->worker->root_fd, GRUB_PATH, GRUB_SIZE_MAX, &text, NULL) < 0)
                return 0;
        for (char *line = strtok_r(text, "\n", &save); intended->number > 0 && line;
                        line = strtok_r(NULL, "\n", &save))
                if (is_lacking(doctor, intended, line))
                        return 0;
        return doctor_add(doctor, DOCTOR_RESULT_WARNING, "rm " GRUB_PATH " && update-grub",
                        "GRUB still boots an older kernel by " GRUB_PATH
                        ", though no newer one lacks its policy any more");
}

int doctor_check_generation(Doctor *doctor)
{
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;
        int r = generation_state_load(doctor->worker->root_fd, &state, &diags);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return report_damage(doctor, &diags);
        if (state.intended > 0 && generation_load(doctor->worker->root_fd, state.intended,
                                                  &generation, &diags) < 0)
                return report_damage(doctor, &diags);
        r = check_grub(doctor, &generation);
        if (r < 0)
                return r;
        if (state.intended == 0)
                return doctor_add(doctor, DOCTOR_RESULT_OK,
                                "imactl preset list shows policies to begin with",
                                "no policy is intended");
        return check_policy(doctor, &generation, &diags);
}

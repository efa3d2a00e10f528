/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/doctor.h"

#include <stdarg.h>

#include "system/kernel.h"

static const char *const result_names[DOCTOR_RESULT_MAX] = {
        [DOCTOR_RESULT_OK] = "ok",
        [DOCTOR_RESULT_WARNING] = "warning",
        [DOCTOR_RESULT_FAILED] = "failed",
        [DOCTOR_RESULT_UNKNOWN] = "unknown",
};

/* clang-format off */
static const struct {
        const char *id;
        const char *title;
        DoctorCheck *check;
} checks[] = {
        { "kernel-config", "Kernel configuration",  doctor_check_kconfig },
        { "command-line",  "Kernel command line",   doctor_check_command_line },
        { "securityfs",    "securityfs and IMA",    doctor_check_securityfs },
        { "tpm",           "TPM",                   doctor_check_tpm },
        { "keyrings",      "Keyrings",              doctor_check_keyrings },
        { "policy-load",   "Policy in force",       doctor_check_policy_load },
        { "boot",          "imad-load at this boot", doctor_check_boot },
        { "generation",    "Policy of the next boot", doctor_check_generation },
        { "evm",           "EVM",                   doctor_check_evm },
        { "labels",        "Runs that label files", doctor_check_labels },
};
/* clang-format on */

static void doctor_done(Doctor *doctor)
{
        free(doctor->release);
        free(doctor->command_line);
        free(doctor->config_path);
        kconfig_freep(&doctor->config);
        boot_record_done(&doctor->boot);
}

int doctor_add(Doctor *doctor, DoctorResult result, const char *hint, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        json_t *item;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&message, format, args);
        va_end(args);
        if (r < 0) {
                message = NULL;
                return -ENOMEM;
        }
        doctor->counts[result]++;
        item = json_pack("{s:s, s:s, s:s, s:s, s:s?}", "id", doctor->id, "title", doctor->title,
                        "result", result_names[result], "message", message, "hint", hint);
        return item && json_array_append_new(doctor->checks, item) >= 0 ? 0 : -ENOMEM;
}

static void load_config(Doctor *doctor)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (!doctor->release || kernel_read_config(doctor->worker->root_fd, doctor->release, &text,
                                                &size, &doctor->config_path) < 0)
                return;
        (void) kconfig_parse(text, size, &doctor->config);
}

/* What cannot be had stays NULL, and the checks say so. */
static void gather(Doctor *doctor)
{
        int root_fd = doctor->worker->root_fd;

        (void) kernel_get_release(root_fd, &doctor->release);
        (void) kernel_read_command_line(root_fd, &doctor->command_line);
        doctor->has_boot = boot_record_load(root_fd, &doctor->boot) >= 0;
        load_config(doctor);
}

static const char *find_nearest_option(const char *name)
{
        size_t count;
        const KconfigOption *options = kconfig_list_options(&count);
        _cleanup_free_ const char **names = calloc(count + 1, sizeof(char *));

        if (!names)
                return NULL;
        for (size_t i = 0; i < count; i++)
                names[i] = options[i].name;
        return string_nearest(name, names);
}

static int explain_mistake(Doctor *doctor, const char *name, const char *hint)
{
        const char *nearest = hint ? NULL : find_nearest_option(name);
        _cleanup_free_ char *suggestion = NULL;

        if (nearest && asprintf(&suggestion, "did you mean CONFIG_%s?", nearest) < 0)
                return -ENOMEM;
        return doctor_add(doctor, DOCTOR_RESULT_FAILED, hint ? hint : suggestion,
                        "CONFIG_%s does not exist: no kernel has such an option", name);
}

static int explain_real(Doctor *doctor, const char *name, const char *gives)
{
        const char *value = doctor->config ? kconfig_get(doctor->config, name) : NULL;

        if (!doctor->config)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN,
                                "the kernel's package has it as /boot/config-RELEASE",
                                "CONFIG_%s: %s; the configuration of this kernel is not known",
                                name, gives);
        if (!value || string_equal(value, "n"))
                return doctor_add(doctor, DOCTOR_RESULT_WARNING, NULL,
                                "CONFIG_%s is not set in Linux %s: %s", name, doctor->release,
                                gives);
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL, "CONFIG_%s=%s in Linux %s: %s", name,
                        value, doctor->release, gives);
}

static int explain_other(Doctor *doctor, const char *name)
{
        const char *value = doctor->config ? kconfig_get(doctor->config, name) : NULL;

        if (value)
                return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "CONFIG_%s=%s in Linux %s; IMA does not depend on it", name, value,
                                doctor->release);
        return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                        "CONFIG_%s is no option of IMA or EVM, nor set in this kernel", name);
}

/* 1 when the option does not exist. */
static int explain(Doctor *doctor, const char *word)
{
        const char *name = string_after(word, "CONFIG_"), *hint = NULL;

        name = name ? name : word;
        doctor->id = name;
        doctor->title = "Kernel option";
        switch (kconfig_explain_name(name, &hint)) {
        case KCONFIG_NAME_REAL:
                return explain_real(doctor, name, hint);
        case KCONFIG_NAME_MISTAKE:
                return explain_mistake(doctor, name, hint);
        default:
                return explain_other(doctor, name);
        }
}

ExitCode verb_doctor(Worker *worker)
{
        _cleanup_(doctor_done) Doctor doctor = { .worker = worker, .checks = json_array() };
        int r = worker_set(worker, "checks", doctor.checks);

        gather(&doctor);
        for (size_t i = 0; r >= 0 && i < worker->n_words; i++)
                r = explain(&doctor, worker->words[i]);
        for (size_t i = 0; r >= 0 && worker->n_words == 0 && i < ELEMENTSOF(checks); i++) {
                doctor.id = checks[i].id;
                doctor.title = checks[i].title;
                r = checks[i].check(&doctor);
        }
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot check the system");
        if (doctor.counts[DOCTOR_RESULT_FAILED] == 0)
                return EXIT_CODE_OK;
        return worker->n_words > 0 ? EXIT_CODE_NOT_FOUND : EXIT_CODE_FAILURE;
}

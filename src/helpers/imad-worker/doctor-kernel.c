/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel was built with and started with. */
#include "core/policy/target/target.h"
#include "helpers/imad-worker/doctor.h"
#include "system/kernel.h"

/* Options that IMA needs, and what is lost without them; security/integrity/Kconfig and below. */
/* clang-format off */
static const struct {
        const char *name;
        DoctorResult missing;
        const char *consequence;
        const char *hint;
} needed[] = {
        { "SECURITYFS", DOCTOR_RESULT_FAILED,
          "no policy can be loaded and no measurement list read", "use a kernel that has it" },
        { "IMA", DOCTOR_RESULT_FAILED,
          "nothing is measured or appraised", "use a kernel that has it" },
        { "IMA_APPRAISE", DOCTOR_RESULT_WARNING,
          "files can be measured but not refused", "use another kernel to enforce signatures" },
        { "INTEGRITY_SIGNATURE", DOCTOR_RESULT_WARNING,
          "appraisal cannot verify signatures", "use another kernel to enforce signatures" },
        { "INTEGRITY_ASYMMETRIC_KEYS", DOCTOR_RESULT_WARNING,
          "signatures by X.509 keys cannot be verified",
          "use another kernel to enforce signatures" },
        { "IMA_APPRAISE_BOOTPARAM", DOCTOR_RESULT_WARNING,
          "ima_appraise= is ignored, so appraisal cannot be tried in log mode",
          "try the policy on another kernel first" },
        { "TCG_TPM", DOCTOR_RESULT_WARNING,
          "no TPM vouches for the measurement list", "use a kernel that has it" },
        { "AUDIT", DOCTOR_RESULT_WARNING,
          "the kernel cannot tell what IMA denied", "use a kernel that has it" },
        { "INTEGRITY_AUDIT", DOCTOR_RESULT_WARNING,
          "the kernel does not tell what IMA denied", "use a kernel that has it" },
};
/* clang-format on */

static int check_needed(Doctor *doctor, bool *ret_complete)
{
        *ret_complete = true;
        for (size_t i = 0; i < ELEMENTSOF(needed); i++) {
                int r;

                if (kconfig_is_enabled(doctor->config, needed[i].name))
                        continue;
                *ret_complete = false;
                r = doctor_add(doctor, needed[i].missing, needed[i].hint,
                                "Linux %s lacks CONFIG_%s: %s", doctor->release, needed[i].name,
                                needed[i].consequence);
                if (r < 0)
                        return r;
        }
        return 0;
}

int doctor_check_kconfig(Doctor *doctor)
{
        bool complete;
        int r;

        if (!doctor->release)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                                "no kernel runs in this root directory");
        if (!doctor->config)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN,
                                "install the kernel's package, or run modprobe configs",
                                "the configuration of Linux %s is not known", doctor->release);
        r = check_needed(doctor, &complete);
        if (r < 0)
                return r;
        if (complete)
                r = doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "Linux %s has every option that IMA needs (%s)", doctor->release,
                                doctor->config_path);
        if (r < 0 || !kconfig_is_enabled(doctor->config, "IMA"))
                return r;
        return doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                        kconfig_is_enabled(doctor->config, "IMA_WRITE_POLICY")
                                        ? "this kernel takes further rules at run time"
                                        : "this kernel takes one policy for each boot");
}

/* Parameters that are worth a word when they have such a value; value NULL stands for any. */
/* clang-format off */
static const struct {
        const char *name;
        const char *value;
        DoctorResult result;
        const char *message;
        const char *hint;
} parameters[] = {
        { "ima", "off", DOCTOR_RESULT_FAILED, "IMA is switched off", "remove it and reboot" },
        { "ima_appraise", "off", DOCTOR_RESULT_WARNING, "nothing is appraised",
          "remove it to enforce appraise rules" },
        { "ima_appraise", "log", DOCTOR_RESULT_WARNING, "denials are logged, not enforced",
          "remove it to enforce appraise rules" },
        { "ima_appraise", "fix", DOCTOR_RESULT_WARNING, "labels are written, not enforced",
          "remove it when the labels are complete" },
        { "ima_hash", "md5", DOCTOR_RESULT_WARNING, "md5 proves nothing", "use sha256" },
        { "ima_hash", "sha1", DOCTOR_RESULT_WARNING, "sha1 is broken", "use sha256" },
        { "ima_template", "ima", DOCTOR_RESULT_WARNING,
          "the template ima holds SHA-1 digests and short names only", "use ima-ng or ima-sig" },
        { "ima_policy", NULL, DOCTOR_RESULT_OK, "a built-in policy is in force until imad's is",
          NULL },
        { "ima_tcb", NULL, DOCTOR_RESULT_OK, "a built-in policy is in force until imad's is",
          NULL },
        { "ima_appraise_tcb", NULL, DOCTOR_RESULT_WARNING,
          "a built-in policy refuses root's files without label", "use fragments instead" },
        { "audit", "0", DOCTOR_RESULT_WARNING, "the kernel does not tell what IMA denied",
          "remove it" },
        { "imad.policy", "off", DOCTOR_RESULT_WARNING, "imad-load loads no policy",
          "remove it and reboot" },
};
/* clang-format on */

/* security/integrity/ima/ima_template.c */
static const char *const templates[] = { "ima", "ima-ng", "ima-ngv2", "ima-sig", "ima-sigv2",
        "ima-buf", "ima-modsig", "evm-sig", "d|n", "d-ng|n-ng", "d-ngv2|n-ng", "d-ng|n-ng|sig",
        "d-ngv2|n-ng|sig", "d-ng|n-ng|buf", NULL };

static int check_template(Doctor *doctor)
{
        _cleanup_free_ char *value = NULL;
        const char *nearest;

        if (kernel_command_line_get(doctor->command_line, "ima_template", &value) <= 0)
                return 0;
        for (size_t i = 0; templates[i]; i++)
                if (string_equal(templates[i], value))
                        return 0;
        nearest = string_nearest(value, templates);
        return doctor_add(doctor, DOCTOR_RESULT_WARNING,
                        nearest ? nearest : "use ima-ng or ima-sig",
                        "ima_template=%s is no template; the kernel uses its default", value);
}

/* Until 6.8 IMA was behind the security module "integrity"; without it the first hook panics. */
static int check_lsm(Doctor *doctor)
{
        static const uint32_t always_there[] = { 6, 9 };
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_free_ char *value = NULL;
        char *name, *next;

        if (!doctor->release || target_new(doctor->release, NULL, &target) < 0 ||
                        target_compare_version(target, always_there, 2) >= 0)
                return 0;
        if (kernel_command_line_get(doctor->command_line, "lsm", &value) <= 0)
                return 0;
        for (name = strtok_r(value, ",", &next); name; name = strtok_r(NULL, ",", &next))
                if (string_equal(name, "integrity"))
                        return 0;
        return doctor_add(doctor, DOCTOR_RESULT_FAILED, "add integrity to lsm=, and reboot",
                        "lsm= lacks integrity: Linux %s panics at the first file that a policy "
                        "covers",
                        doctor->release);
}

int doctor_check_command_line(Doctor *doctor)
{
        size_t before = json_array_size(doctor->checks);
        int r = 0;

        if (!doctor->command_line)
                return doctor_add(doctor, DOCTOR_RESULT_UNKNOWN, NULL,
                                "the kernel command line is not known");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(parameters); i++) {
                _cleanup_free_ char *value = NULL;

                if (kernel_command_line_get(doctor->command_line, parameters[i].name, &value) <= 0)
                        continue;
                if (!parameters[i].value || string_equal(parameters[i].value, value))
                        r = doctor_add(doctor, parameters[i].result, parameters[i].hint,
                                        "%s%s%s: %s", parameters[i].name, *value ? "=" : "", value,
                                        parameters[i].message);
        }
        if (r >= 0)
                r = check_template(doctor);
        if (r >= 0)
                r = check_lsm(doctor);
        if (r >= 0 && json_array_size(doctor->checks) == before)
                r = doctor_add(doctor, DOCTOR_RESULT_OK, NULL,
                                "the kernel command line leaves IMA as it is");
        return r;
}

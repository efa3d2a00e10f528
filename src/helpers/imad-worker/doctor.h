/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of `imactl doctor`: each looks at one thing, and says what it means and what to do. */
#pragma once

#include "core/policy/target/kconfig.h"
#include "helpers/imad-worker/worker.h"
#include "system/boot-record.h"

typedef enum DoctorResult {
        DOCTOR_RESULT_OK,
        DOCTOR_RESULT_WARNING, /* works, but something is lost by it */
        DOCTOR_RESULT_FAILED,  /* imad cannot do its work like this */
        DOCTOR_RESULT_UNKNOWN, /* it cannot be told, for want of a file or of permission */
        DOCTOR_RESULT_MAX,
} DoctorResult;

/* What several checks need, gathered once. */
typedef struct Doctor {
        Worker *worker;
        json_t *checks;
        size_t counts[DOCTOR_RESULT_MAX];
        const char *id; /* of the check that runs */
        const char *title;
        char *release;      /* NULL: no kernel runs here */
        char *command_line; /* NULL: not known */
        Kconfig *config;    /* NULL: not known */
        char *config_path;
        BootRecord boot;
        bool has_boot;
} Doctor;

/* Adds one finding of the running check. `hint` may be NULL. -ENOMEM. */
int doctor_add(Doctor *doctor, DoctorResult result, const char *hint, const char *format, ...)
                _printf_(4, 5);

typedef int DoctorCheck(Doctor *doctor);

/* doctor-kernel.c */
DoctorCheck doctor_check_kconfig;
DoctorCheck doctor_check_command_line;

/* doctor-system.c */
DoctorCheck doctor_check_securityfs;
DoctorCheck doctor_check_tpm;
DoctorCheck doctor_check_keyrings;

/* doctor-policy.c */
DoctorCheck doctor_check_policy_load;
DoctorCheck doctor_check_boot;
DoctorCheck doctor_check_generation;

/* doctor-evm.c */
DoctorCheck doctor_check_evm;

/* doctor-labels.c */
DoctorCheck doctor_check_labels;

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways in which a file is used, and what the kernel asks the policy each time: one use is
 * several requests. Source: the callers of the hooks in security/integrity/ima/ima_main.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/simulate/request.h"

typedef enum FileUse {
        FILE_USE_EXECUTE, /* a program, or what may be one */
        FILE_USE_SCRIPT,  /* that is executed; its interpreter is executed besides */
        FILE_USE_LOADER,  /* the interpreter that an ELF program names: ld.so */
        FILE_USE_MAP,     /* a shared library */
        FILE_USE_READ,
        FILE_USE_WRITE,
        FILE_USE_MODULE, /* by finit_module(2) */
        FILE_USE_FIRMWARE,
        FILE_USE_POLICY, /* its path written to securityfs */
        FILE_USE_KEXEC_KERNEL,
        FILE_USE_KEXEC_INITRAMFS,
        FILE_USE_MAX,
        FILE_USE_INVALID = -EINVAL,
} FileUse;

#define FILE_USE_STEPS_MAX 5

typedef struct FileUseStep {
        RuleFunc func;
        unsigned mask;
} FileUseStep;

/* The requests in order, those that the target's kernel has; returns how many. */
size_t file_use_get_steps(FileUse use, const Target *target,
                FileUseStep ret_steps[static FILE_USE_STEPS_MAX]);

/*
 * Puts in a request, which is one of the steps, what the task is by then: a program that is
 * executed loses its saved ids first, and with a set-id bit it has the file's owner or group when
 * it is mapped; AppArmor does not tell CREDS_CHECK the subject. `mode` is the file's, owner and
 * group stand in the request.
 */
void file_use_set_subject(FileUse use, unsigned mode, const Target *target, Request *request);

/*
 * The uses, as BIT(FileUse), that a regular file normally sees, by its path and permission bits.
 * What it holds is not looked at; writing is no normal use.
 */
unsigned file_use_guess(const char *path, unsigned mode);

/* The mask of a hook when nobody says it. */
unsigned file_use_default_mask(RuleFunc func);

const char *file_use_to_string(FileUse use);

/* Else FILE_USE_INVALID. */
FileUse file_use_from_string(const char *name);

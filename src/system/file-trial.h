/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uses a file as far as the kernel asks its policy about it, and no further: nothing is run, and no
 * module or kernel is loaded. 0 when it is allowed, or what the use leaves behind is no verdict of
 * the policy; -EACCES when it is denied; other errors when the file cannot be tried.
 */
#pragma once

#include "core/policy/simulate/file-use.h"

/*
 * Lets the dynamic loader map a program and all its libraries, without running it: with
 * LD_TRACE_LOADED_OBJECTS, ld.so(8). A static program is told to show its version.
 */
int file_trial_execute(const char *path);

/* Maps a library as the loader would; -ENOEXEC for an empty file. */
int file_trial_map(const char *path);

/*
 * Execute, map, read, module and kexec-kernel; -EOPNOTSUPP for other uses. A module or kernel must
 * be a file that is neither: IMA looks first (kernel/module/main.c, kernel/kexec_file.c), and what
 * the kernel then says of its form is no denial.
 */
int file_trial_use(FileUse use, const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fragments, compiled for each installed kernel: what the policy verbs share. */
#pragma once

#include "helpers/imad-worker/worker.h"
#include "system/fragments.h"
#include "system/generation.h"

typedef struct CompiledKernel {
        char *release;
        char *text; /* NULL when it did not compile */
        size_t size;
        size_t rules;
        json_t *provenance;
        size_t errors; /* of the fragments for this kernel */
} CompiledKernel;

typedef struct Compilation {
        FragmentFiles fragments;
        CompiledKernel *kernels;
        size_t n_kernels;
        size_t selected; /* --kernel=, else the running one, else the last */
        bool refuses;    /* the policy of any kernel appraises, also where it is observed only */
} Compilation;

void compilation_done(Compilation *compilation);

typedef enum CompilationFlags {
        COMPILATION_FALLBACK = 1, /* without installed kernels take this machine's release */
        COMPILATION_LINT = 2,     /* warn of rules that are valid but wrong */
        COMPILATION_OBSERVE = 4,  /* list what would be refused, see core/policy/observe.h */
} CompilationFlags;

/*
 * Compiles the files named as arguments, or the fragment directories, for --kernel= or all
 * installed kernels.
 * -EBADMSG when the diagnostics have errors; *ret_compilation is written even then, with what
 * compiled. Other errors have set the worker's error.
 */
int compilation_run(Worker *worker, CompilationFlags flags, Compilation *ret_compilation);

/*
 * Sets "fragments", "kernels", "kernel" (the selected one) and "rules" of the result; on request
 * also the selected kernel's "policy" and "provenance", and those of all in "kernels".
 */
int compilation_report(Worker *worker, const Compilation *compilation, bool with_text);

/* What policy-apply would write, without a number. */
int compilation_make_generation(const Compilation *compilation, Generation *ret_generation);

/* Most rules that a kernel gets: 0 when there is nothing to load anywhere. */
size_t compilation_count_rules(const Compilation *compilation);

/* Whether the policy of any kernel refuses files. */
bool compilation_appraises(const Compilation *compilation);

#define _cleanup_compilation_ _cleanup_(compilation_done)

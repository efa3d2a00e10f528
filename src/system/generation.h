/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store of policy generations below /var/lib/imad. A generation holds the compiled policy of
 * each installed kernel with its provenance, and the fragments that it was made from. It is written
 * once, under a number that is never used again; state.json says which one the next boot loads.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/time.h"
#include "system/generation-state.h"

#define GENERATION_DIRECTORY GENERATION_STORE_PATH "/generations"
#define GENERATION_POLICY_MAX (4U * 1024 * 1024)
#define GENERATION_DIGEST_TEXT_SIZE 65 /* SHA-256 in hexadecimal and a NUL */

typedef struct GenerationFragment {
        char *name;
        char *path; /* where it was read, below the root */
        char sha256[GENERATION_DIGEST_TEXT_SIZE];
        char *text; /* for writing only; NULL in a loaded generation */
        size_t size;
} GenerationFragment;

typedef struct GenerationKernel {
        char *release;
        size_t rules;
        char sha256[GENERATION_DIGEST_TEXT_SIZE]; /* of the policy text */
        char *text;                               /* for writing only */
        size_t size;
        json_t *provenance; /* for writing only */
} GenerationKernel;

#define GENERATION_REASON_MAX 1024U

typedef struct Generation {
        uint64_t number;
        usec_t created_usec;
        char *state;  /* "candidate" */
        char *forced; /* names of the gates that were forced, with commas; NULL: none */
        char *reason; /* why they were */
        GenerationFragment *fragments;
        size_t n_fragments;
        GenerationKernel *kernels;
        size_t n_kernels;
} Generation;

void generation_done(Generation *generation);

/*
 * Copies a fragment or a compiled policy into the generation and computes its digest. -EFBIG for a
 * policy above GENERATION_POLICY_MAX, which generation_load() would take for damage.
 */
int generation_add_fragment(Generation *generation, const char *name, const char *path,
                const char *text, size_t size);
int generation_add_kernel(Generation *generation, const char *release, const char *text,
                size_t size, size_t rules, json_t *provenance);

const GenerationKernel *generation_find_kernel(const Generation *generation, const char *release);

/* Same fragments in the same order? Same kernels with the same policies? */
bool generation_has_same_fragments(const Generation *a, const Generation *b);
bool generation_has_same_policies(const Generation *a, const Generation *b);

/* Same fragments, and the same policy for each kernel that both have? */
bool generation_has_same_rules(const Generation *a, const Generation *b);

/*
 * Holds the store against other writers until the descriptor is closed; makes its directory.
 * -EAGAIN when somebody else holds it.
 */
int generation_store_lock(int root_fd, int *ret_fd);

/* The same, but waits for a while, as long as others need for a change of the state. -EAGAIN. */
int generation_store_wait(int root_fd, int *ret_fd);

/* The lowest number that no generation has had: at least state->next. */
int generation_next_number(int root_fd, const GenerationState *state, uint64_t *ret_number);

/* Writes generation->number: beside, synced, renamed. -EEXIST when the number is taken. */
int generation_write(int root_fd, const Generation *generation);

/* Removes a generation whole: renamed first, so that no half of it is ever found. */
int generation_remove(int root_fd, uint64_t number);

/*
 * Loads the manifest of a generation. -ENOENT when there is none, -EBADMSG when it is malformed or
 * of another version; both with an error in diags.
 */
int generation_load(int root_fd, uint64_t number, Generation *ret_generation, DiagList *diags);

/* Path of a kernel's policy text below the root, as the kernel is told it. */
int generation_policy_path(uint64_t number, const char *release, char **ret_path);

/*
 * Reads a kernel's policy text and holds it against the manifest: -ENOENT or -EBADMSG with an error
 * in diags when it is missing, cut short or altered. The text is NUL-terminated; ret_size may be
 * NULL.
 */
int generation_read_policy(int root_fd, const Generation *generation,
                const GenerationKernel *kernel, char **ret_text, size_t *ret_size, DiagList *diags);

/*
 * Where each rule of a kernel's policy comes from, as policy_provenance_to_json() made it. -ENOENT,
 * -EBADMSG when it is malformed or not one object for each rule.
 */
int generation_read_provenance(int root_fd, const Generation *generation,
                const GenerationKernel *kernel, json_t **ret_provenance);

#define _cleanup_generation_ _cleanup_(generation_done)

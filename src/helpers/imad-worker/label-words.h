/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a run was called, as its journal keeps it: the working directory and the arguments, each
 * ending in a NUL. Secrets never are among them: a key is named, not given, and a URI with a PIN in
 * it is left out.
 */
#pragma once

#include "helpers/imad-worker/worker.h"

/* malloc()ed. */
int label_words_format(const Worker *worker, char **ret_words, size_t *ret_size);

/*
 * Executes this program with the words of the journal of that number; options of this call come
 * behind those of the journal. Returns only an error.
 */
int label_words_execute(const Worker *worker, uint64_t number, const char *words, size_t size);

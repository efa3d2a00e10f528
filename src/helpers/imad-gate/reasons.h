/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a transaction is not covered: a line for each reason, which ends in what to do about it. */
#pragma once

#include "base/buffer.h"

/* All return the error, so that they end a function. */
int reasons_add(Buffer *reasons, int error, const char *text, const char *hint);

/* An archive that nothing is signed for: -EKEYREJECTED. text begins with its path. */
int reasons_add_archive(Buffer *reasons, const char *text);

/* What label_signers_start() says of the key; -ENOENT as well where none is configured. */
int reasons_add_key(Buffer *reasons, int error);

/* Leaves the first lines, at most max bytes, and how many there are more. */
void reasons_shorten(Buffer *reasons, size_t max);

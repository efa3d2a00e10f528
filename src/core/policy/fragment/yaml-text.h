/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is checked of a fragment's bytes before libyaml sees them, because libyaml either accepts it
 * or explains it badly: size, byte order mark, NUL, carriage return, control characters, invalid
 * UTF-8, tabs as indentation.
 */
#pragma once

#include <stddef.h>

#include "base/diag.h"

/* 0, or -EBADMSG with one diagnostic for each kind of fault, at its first place. */
int yaml_text_check(const char *text, size_t size, const char *source, DiagList *diags);

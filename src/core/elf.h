/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an ELF file needs to be executed: its interpreter and its libraries. Source: elf(5), and
 * fs/binfmt_elf.c and ld.so(8) for which of it counts.
 */
#pragma once

#include <stddef.h>

#include "base/strings.h"

#define ELF_NEEDED_MAX 1024U

typedef struct ElfNeeds {
        char *interpreter;      /* PT_INTERP, or NULL */
        StringList libraries;   /* DT_NEEDED */
        StringList directories; /* of DT_RPATH and DT_RUNPATH, with $ORIGIN as it stands there */
} ElfNeeds;

void elf_needs_done(ElfNeeds *needs);

/*
 * Reads a whole file. -ENOEXEC for what is no ELF file of 32 or 64 bits, -EBADMSG for one whose
 * tables lie outside of it, -E2BIG above ELF_NEEDED_MAX libraries, -ENOMEM.
 */
int elf_parse(const void *bytes, size_t size, ElfNeeds *ret_needs);

#define _cleanup_elf_needs_ _cleanup_(elf_needs_done)

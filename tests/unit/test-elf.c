/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>

#include "base/fs.h"
#include "core/elf.h"

/* This test's own program is a file of a real linker. */
static char *read_self(size_t *ret_size)
{
        _cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        char *text;

        cr_assert_eq(fs_read_fd(fd, (size_t) 64 << 20, &text, ret_size), 0);
        return text;
}

Test(elf, program_has_interpreter_and_libraries)
{
        _cleanup_elf_needs_ ElfNeeds needs = { 0 };
        size_t size;
        _cleanup_free_ char *text = read_self(&size);

        cr_assert_eq(elf_parse(text, size, &needs), 0);
        cr_assert_not_null(needs.interpreter);
        cr_assert(strstr(needs.interpreter, "/ld"), "%s", needs.interpreter);
        cr_assert(string_list_contains(&needs.libraries, "libc.so.6"));
}

Test(elf, other_files_are_no_elf_files)
{
        ElfNeeds needs;

        cr_assert_eq(elf_parse("#!/bin/sh\necho hello, world\n", 28, &needs), -ENOEXEC);
        cr_assert_eq(elf_parse("", 0, &needs), -ENOEXEC);
        cr_assert_eq(elf_parse("\x7f"
                               "ELF",
                                     4, &needs),
                        -ENOEXEC);
}

Test(elf, tables_behind_the_end_are_malformed)
{
        size_t size;
        _cleanup_free_ char *text = read_self(&size);
        ElfNeeds needs;

        cr_assert_eq(elf_parse(text, sizeof(Elf64_Ehdr), &needs), -EBADMSG);
        cr_assert_eq(elf_parse(text, sizeof(Elf64_Ehdr) - 8, &needs), -EBADMSG);
}

Test(elf, cut_anywhere_it_does_no_harm)
{
        size_t size;
        _cleanup_free_ char *text = read_self(&size);

        for (size_t cut = 0; cut < size; cut += size / 200 + 1) {
                _cleanup_elf_needs_ ElfNeeds needs = { 0 };
                int r = elf_parse(text, cut, &needs);

                cr_assert(r == 0 || r == -ENOEXEC || r == -EBADMSG, "%zu: %d", cut, r);
        }
}

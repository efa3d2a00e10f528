/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/elf.h"

#include <elf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/cursor.h"

#define SEGMENTS_MAX 512U
#define DYNAMIC_MAX 4096U

typedef struct Segment {
        uint32_t type;
        uint64_t offset;
        uint64_t address;
        uint64_t size; /* in the file */
} Segment;

typedef struct Elf {
        Cursor file; /* from its beginning */
        bool is_64;
        uint64_t segments_offset;
        uint16_t segment_size;
        uint16_t n_segments;
} Elf;

void elf_needs_done(ElfNeeds *needs)
{
        free(needs->interpreter);
        string_list_done(&needs->libraries);
        string_list_done(&needs->directories);
        *needs = (ElfNeeds){ 0 };
}

/* A cursor over the file from an offset on; an empty one behind its end. */
static Cursor seek(const Elf *elf, uint64_t offset)
{
        Cursor at = elf->file;
        const uint8_t *skipped;

        if (offset > cursor_left(&at) || cursor_read_view(&at, (size_t) offset, &skipped) < 0)
                (void) cursor_read_view(&at, cursor_left(&at), &skipped);
        return at;
}

/* An address or offset. */
static int read_word(const Elf *elf, Cursor *at, uint64_t *ret_value)
{
        uint32_t value = 0;
        int r;

        if (elf->is_64)
                return cursor_read_u64(at, ret_value);
        r = cursor_read_u32(at, &value);
        *ret_value = value;
        return r;
}

static int read_header(Elf *elf)
{
        const uint8_t *ident;
        Cursor at = elf->file;
        uint64_t entry, sections;
        uint32_t version, flags;
        uint16_t type, machine, size;

        if (cursor_read_view(&at, EI_NIDENT, &ident) < 0 || memcmp(ident, ELFMAG, SELFMAG) != 0 ||
                        (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64))
                return -ENOEXEC;
        elf->is_64 = ident[EI_CLASS] == ELFCLASS64;
        elf->file.big_endian = at.big_endian = ident[EI_DATA] == ELFDATA2MSB;
        if (cursor_read_u16(&at, &type) < 0 || cursor_read_u16(&at, &machine) < 0 ||
                        cursor_read_u32(&at, &version) < 0 || read_word(elf, &at, &entry) < 0 ||
                        read_word(elf, &at, &elf->segments_offset) < 0 ||
                        read_word(elf, &at, &sections) < 0 || cursor_read_u32(&at, &flags) < 0 ||
                        cursor_read_u16(&at, &size) < 0 ||
                        cursor_read_u16(&at, &elf->segment_size) < 0 ||
                        cursor_read_u16(&at, &elf->n_segments) < 0)
                return -EBADMSG;
        return elf->n_segments <= SEGMENTS_MAX ? 0 : -EBADMSG;
}

/* The flags of a segment stand second in files of 64 bits, and last in others. */
static int read_segment(const Elf *elf, size_t index, Segment *ret_segment)
{
        Cursor at = seek(elf, elf->segments_offset + (uint64_t) index * elf->segment_size);
        uint64_t physical;
        uint32_t flags;

        if (cursor_read_u32(&at, &ret_segment->type) < 0 ||
                        (elf->is_64 && cursor_read_u32(&at, &flags) < 0) ||
                        read_word(elf, &at, &ret_segment->offset) < 0 ||
                        read_word(elf, &at, &ret_segment->address) < 0 ||
                        read_word(elf, &at, &physical) < 0 ||
                        read_word(elf, &at, &ret_segment->size) < 0)
                return -EBADMSG;
        return 0;
}

static int find_segment(const Elf *elf, uint32_t type, Segment *ret_segment)
{
        for (size_t i = 0; i < elf->n_segments; i++) {
                int r = read_segment(elf, i, ret_segment);

                if (r < 0 || ret_segment->type == type)
                        return r < 0 ? r : 1;
        }
        return 0;
}

/* The dynamic section has addresses, and the file offsets. */
static int find_offset(const Elf *elf, uint64_t address, uint64_t *ret_offset)
{
        for (size_t i = 0; i < elf->n_segments; i++) {
                Segment s;
                int r = read_segment(elf, i, &s);

                if (r < 0)
                        return r;
                if (s.type == PT_LOAD && address >= s.address && address - s.address < s.size) {
                        *ret_offset = s.offset + (address - s.address);
                        return 0;
                }
        }
        return -EBADMSG;
}

/* A string with its NUL inside the file; malloc()ed. */
static int read_string(const Elf *elf, uint64_t offset, char **ret_string)
{
        Cursor at = seek(elf, offset);
        size_t left = cursor_left(&at), length;
        const uint8_t *view;

        if (cursor_read_view(&at, left, &view) < 0)
                return -EBADMSG;
        length = strnlen((const char *) view, left);
        if (length == left)
                return -EBADMSG;
        *ret_string = strndup((const char *) view, length);
        return *ret_string ? 0 : -ENOMEM;
}

static int add_directories(char *paths, ElfNeeds *needs)
{
        char *state = NULL;
        int r = 0;

        for (char *path = strtok_r(paths, ":", &state); r >= 0 && path;
                        path = strtok_r(NULL, ":", &state))
                r = needs->directories.count < ELF_NEEDED_MAX
                                    ? string_list_add(&needs->directories, path)
                                    : -E2BIG;
        return r;
}

static int take_entry(
                const Elf *elf, uint64_t strings, uint64_t tag, uint64_t value, ElfNeeds *needs)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
                return 0;
        if (value > UINT32_MAX)
                return -EBADMSG;
        r = read_string(elf, strings + value, &text);
        if (r < 0)
                return r;
        if (tag != DT_NEEDED)
                return add_directories(text, needs);
        return needs->libraries.count < ELF_NEEDED_MAX ? string_list_add(&needs->libraries, text)
                                                       : -E2BIG;
}

/* Twice: the strings' address may stand behind the entries that use it. */
static int read_dynamic(const Elf *elf, const Segment *dynamic, ElfNeeds *needs)
{
        uint64_t strings = 0, tag, value;
        bool has_strings = false;

        for (int pass = 0; pass < 2; pass++) {
                Cursor at = seek(elf, dynamic->offset);

                for (size_t i = 0; i < DYNAMIC_MAX; i++) {
                        int r = 0;

                        if (read_word(elf, &at, &tag) < 0 || read_word(elf, &at, &value) < 0)
                                return -EBADMSG;
                        if (tag == DT_NULL)
                                break;
                        if (pass == 0 && tag == DT_STRTAB) {
                                r = find_offset(elf, value, &strings);
                                has_strings = r >= 0;
                        } else if (pass == 1 && has_strings) {
                                r = take_entry(elf, strings, tag, value, needs);
                        }
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int elf_parse(const void *bytes, size_t size, ElfNeeds *ret_needs)
{
        _cleanup_elf_needs_ ElfNeeds needs = { 0 };
        Elf elf = { .file = cursor_new(bytes, size) };
        Segment segment;
        int r = read_header(&elf);

        if (r >= 0)
                r = find_segment(&elf, PT_INTERP, &segment);
        if (r > 0)
                r = read_string(&elf, segment.offset, &needs.interpreter);
        if (r >= 0)
                r = find_segment(&elf, PT_DYNAMIC, &segment);
        if (r > 0)
                r = read_dynamic(&elf, &segment, &needs);
        if (r < 0)
                return r;
        *ret_needs = TAKE_STRUCT(needs);
        return 0;
}

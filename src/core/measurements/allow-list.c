/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/allow-list.h"

#include <inttypes.h>

#include "base/diag-code.h"
#include "base/strings.h"

/* MD5, SHA-1, SHA-224 and longer ones: nothing else measures files. */
static const size_t digest_sizes[] = { 16, 20, 28, 32, 48, 64 };

void allow_list_done(AllowList *list)
{
        free(list->items);
        arena_done(&list->arena);
        *list = (AllowList){ 0 };
}

static int grow(AllowList *list)
{
        size_t allocated = list->allocated > 0 ? 2 * list->allocated : 64;
        AllowListEntry *items;

        if (list->count < list->allocated)
                return 0;
        items = reallocarray(list->items, allocated, sizeof(*items));
        if (!items)
                return -ENOMEM;
        list->items = items;
        list->allocated = allocated;
        return 0;
}

int allow_list_add(AllowList *list, const char *name, size_t name_size, const Digest *digest)
{
        const char *name_copy, *digest_copy;

        if (name_size == 0 || digest->size == 0)
                return -EINVAL;
        name_copy = arena_copy_text(&list->arena, name, name_size);
        digest_copy = arena_copy_text(&list->arena, (const char *) digest->bytes, digest->size);
        if (!name_copy || !digest_copy || grow(list) < 0)
                return -ENOMEM;
        list->items[list->count++] = (AllowListEntry){
                .name = name_copy,
                .name_size = name_size,
                .digest_size = (uint8_t) digest->size,
                .digest = (const uint8_t *) digest_copy,
        };
        list->sorted = false;
        return 0;
}

int allow_list_merge(AllowList *list, const AllowList *other)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < other->count; i++) {
                Digest digest = { .size = other->items[i].digest_size };

                memcpy(digest.bytes, other->items[i].digest, digest.size);
                r = allow_list_add(list, other->items[i].name, other->items[i].name_size, &digest);
        }
        return r;
}

/* Undoes the escapes in place; 0 for one that sha256sum does not write. */
static size_t unescape(char *name, size_t size)
{
        size_t out = 0;

        for (size_t i = 0; i < size; i++) {
                static const char from[] = "\\nr", to[] = "\\\n\r";
                const char *found;

                if (name[i] != '\\') {
                        name[out++] = name[i];
                        continue;
                }
                found = i + 1 < size && name[i + 1] ? strchr(from, name[i + 1]) : NULL;
                if (!found)
                        return 0;
                name[out++] = to[found - from];
                i++;
        }
        return out;
}

static bool digest_size_is_known(size_t size)
{
        for (size_t i = 0; i < ELEMENTSOF(digest_sizes); i++)
                if (digest_sizes[i] == size)
                        return true;
        return false;
}

/* -EBADMSG for a line that is none. */
static int parse_line(AllowList *list, const char *line, size_t size)
{
        bool escaped = size > 0 && line[0] == '\\';
        const char *space;
        char hex[2 * DIGEST_SIZE_MAX + 1];
        _cleanup_free_ char *name = NULL;
        Digest digest = { 0 };
        size_t hex_size, name_size;

        line += escaped;
        size -= escaped;
        space = memchr(line, ' ', size);
        hex_size = space ? (size_t) (space - line) : 0;
        if (!space || hex_size >= sizeof(hex) || size - hex_size < 3 ||
                        (space[1] != ' ' && space[1] != '*') || memchr(line, '\0', size))
                return -EBADMSG;
        memcpy(hex, line, hex_size);
        hex[hex_size] = '\0';
        if (hex_decode(hex, digest.bytes, sizeof(digest.bytes), &digest.size) < 0 ||
                        !digest_size_is_known(digest.size))
                return -EBADMSG;
        name_size = size - hex_size - 2;
        name = strndup(space + 2, name_size);
        if (!name)
                return -ENOMEM;
        if (escaped)
                name_size = unescape(name, name_size);
        return name_size == 0 ? -EBADMSG : allow_list_add(list, name, name_size, &digest);
}

int allow_list_parse(
                AllowList *list, const char *text, size_t size, DiagList *diags, const char *source)
{
        uint32_t number = 0;
        bool failed = false;

        if (size > ALLOW_LIST_SIZE_MAX)
                return -E2BIG;
        for (size_t at = 0; at < size;) {
                const char *line = text + at, *end = memchr(line, '\n', size - at);
                size_t length = end ? (size_t) (end - line) : size - at;
                int r = 0;

                number++;
                at += length + 1;
                if (length > 0 && line[0] != '#')
                        r = parse_line(list, line, length);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        failed = true;
                if (r < 0)
                        (void) diag_error(diags, DIAG_CODE_ALLOW_LIST_LINE,
                                        (DiagPlace){ .source = source, .line = number },
                                        "make the list with sha256sum, or with imactl "
                                        "measurements export --format=sha256sum",
                                        "the line is not a digest, two spaces and a file name");
        }
        return failed ? -EBADMSG : 0;
}

/* As the kernel shows it; ima_template_lib.c, ima_eventname_init_common. */
static unsigned char fold(char c)
{
        return c == ' ' ? '_' : (unsigned char) c;
}

static int compare_names(const AllowListEntry *a, const AllowListEntry *b)
{
        size_t common = a->name_size < b->name_size ? a->name_size : b->name_size;

        for (size_t i = 0; i < common; i++)
                if (fold(a->name[i]) != fold(b->name[i]))
                        return fold(a->name[i]) < fold(b->name[i]) ? -1 : 1;
        return a->name_size == b->name_size ? 0 : a->name_size < b->name_size ? -1 : 1;
}

static int compare_entries(const void *left, const void *right)
{
        const AllowListEntry *a = left, *b = right;
        int order = compare_names(a, b);

        if (order != 0)
                return order;
        if (a->digest_size != b->digest_size)
                return a->digest_size < b->digest_size ? -1 : 1;
        return a->digest_size > 0 ? memcmp(a->digest, b->digest, a->digest_size) : 0;
}

void allow_list_sort(AllowList *list)
{
        size_t kept = 0;

        if (list->sorted)
                return;
        if (list->count > 0)
                qsort(list->items, list->count, sizeof(*list->items), compare_entries);
        for (size_t i = 0; i < list->count; i++)
                if (kept == 0 || compare_entries(&list->items[kept - 1], &list->items[i]) != 0)
                        list->items[kept++] = list->items[i];
        list->count = kept;
        list->sorted = true;
}

/* The first entry that is not before this one. */
static size_t find_lower_bound(const AllowList *list, const AllowListEntry *wanted)
{
        size_t low = 0, high = list->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_entries(&list->items[middle], wanted) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

AllowListVerdict allow_list_find(
                const AllowList *list, const char *name, size_t name_size, const Digest *digest)
{
        AllowListEntry wanted = { .name = name, .name_size = name_size };
        size_t first = find_lower_bound(list, &wanted), at;

        if (first == list->count || compare_names(&list->items[first], &wanted) != 0)
                return ALLOW_LIST_UNKNOWN;
        wanted.digest_size = (uint8_t) digest->size;
        wanted.digest = digest->bytes;
        at = find_lower_bound(list, &wanted);
        return at < list->count && compare_entries(&list->items[at], &wanted) == 0
                               ? ALLOW_LIST_LISTED
                               : ALLOW_LIST_OTHER;
}

static int append_escaped(const AllowListEntry *entry, Buffer *buffer)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < entry->name_size; i++) {
                char c = entry->name[i];
                const char *text = c == '\\'   ? "\\\\"
                                   : c == '\n' ? "\\n"
                                   : c == '\r' ? "\\r"
                                               : NULL;

                r = text ? buffer_append_string(buffer, text) : buffer_append(buffer, &c, 1);
        }
        return r;
}

int allow_list_format_entry(const AllowListEntry *entry, Buffer *buffer)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];
        bool escaped = false;
        int r;

        for (size_t i = 0; i < entry->name_size; i++)
                escaped = escaped || strchr("\\\n\r", entry->name[i]);
        hex_encode(entry->digest, entry->digest_size, hex);
        r = buffer_append_format(buffer, "%s%s  ", escaped ? "\\" : "", hex);
        if (r >= 0)
                r = append_escaped(entry, buffer);
        return r < 0 ? r : buffer_append(buffer, "\n", 1);
}

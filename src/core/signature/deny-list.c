/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/deny-list.h"

#include <inttypes.h>

#include "base/diag-code.h"
#include "base/strings.h"

#define BLANKS " \t\r"
#define ALGORITHM_NAME_MAX 32
#define BLACKLIST_PREFIX "bin"

void deny_list_done(DenyList *list)
{
        free(list->items);
        *list = (DenyList){ 0 };
}

static int add(DenyList *list, const Digest *digest)
{
        if (list->count == list->allocated) {
                size_t n = list->allocated ? 2 * list->allocated : 64;
                Digest *items = reallocarray(list->items, n, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                list->items = items;
                list->allocated = n;
        }
        list->items[list->count++] = *digest;
        list->algorithms |= UINT64_C(1) << digest->algorithm;
        return 0;
}

static HashAlgorithm algorithm_of_size(size_t size)
{
        static const HashAlgorithm algorithms[] = { HASH_SHA1, HASH_SHA224, HASH_SHA256,
                HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++)
                if (hash_algorithm_size(algorithms[i]) == size)
                        return algorithms[i];
        return HASH_ALGORITHM_INVALID;
}

/* "sha256", or "bin", which leaves it to the length. */
static bool parse_algorithm(const char *text, size_t size, HashAlgorithm *ret_algorithm)
{
        char name[ALGORITHM_NAME_MAX];

        if (size >= sizeof(name))
                return false;
        memcpy(name, text, size);
        name[size] = '\0';
        *ret_algorithm = hash_algorithm_from_string(name);
        return *ret_algorithm >= 0 || string_equal(name, BLACKLIST_PREFIX);
}

/* The line has no newline and no NUL. */
static int parse_line(const char *line, size_t size, Digest *ret_digest)
{
        HashAlgorithm algorithm = HASH_ALGORITHM_INVALID;
        const char *colon = memchr(line, ':', size);
        char hex[2 * DIGEST_SIZE_MAX + 1];
        Digest digest = { 0 };

        if (colon && !parse_algorithm(line, (size_t) (colon - line), &algorithm))
                return -EBADMSG;
        if (colon) {
                size -= (size_t) (colon + 1 - line);
                line = colon + 1;
        }
        if (size >= sizeof(hex))
                return -EBADMSG;
        memcpy(hex, line, size);
        hex[size] = '\0';
        if (hex_decode(hex, digest.bytes, sizeof(digest.bytes), &digest.size) < 0)
                return -EBADMSG;
        digest.algorithm = algorithm >= 0 ? algorithm : algorithm_of_size(digest.size);
        if (digest.algorithm < 0 || hash_algorithm_size(digest.algorithm) != digest.size)
                return -EBADMSG;
        *ret_digest = digest;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const Digest *x = a, *y = b;

        if (x->algorithm != y->algorithm)
                return x->algorithm < y->algorithm ? -1 : 1;
        return memcmp(x->bytes, y->bytes, x->size);
}

/* The word that the line begins with; what follows is a name. */
static int take_line(DenyList *list, const char *line, size_t size, uint32_t number,
                DiagList *diags, const char *source)
{
        Digest digest;
        size_t word = 0;

        while (size > 0 && strchr(BLANKS, *line) && *line) {
                line++;
                size--;
        }
        if (size == 0 || *line == '#')
                return 0;
        while (word < size && (!strchr(BLANKS, line[word]) || !line[word]))
                word++;
        if (memchr(line, '\0', word) || parse_line(line, word, &digest) < 0)
                return diag_error(diags, DIAG_CODE_DENY_LIST_LINE,
                                (DiagPlace){ .source = source, .line = number },
                                "write digests in hexadecimal, or ALGORITHM:HEX",
                                "this is no digest of an algorithm that is known");
        return add(list, &digest);
}

int deny_list_parse(
                DenyList *list, const char *text, size_t size, DiagList *diags, const char *source)
{
        const char *end = text + size;
        uint32_t number = 0;
        bool failed = false;

        if (size > DENY_LIST_SIZE_MAX)
                return -E2BIG;
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ?: end) - text);
                int r = take_line(list, text, length, ++number, diags, source);

                if (r < 0 && r != -EBADMSG)
                        return r;
                failed |= r < 0;
                text += length + (newline ? 1 : 0);
        }
        if (list->count > 0)
                qsort(list->items, list->count, sizeof(*list->items), compare);
        return failed ? -EBADMSG : 0;
}

bool deny_list_has(const DenyList *list, const Digest *digest)
{
        return list->count > 0 &&
               bsearch(digest, list->items, list->count, sizeof(*digest), compare) != NULL;
}

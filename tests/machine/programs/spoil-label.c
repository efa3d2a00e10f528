/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spoils labels, each in its own way, for the stages about labels.
 *
 * spoil-label ima|evm: reads lines "WAY FILE" and changes that attribute of the file, or its
 * content.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/strings.h"

#define LABEL_MAX 2048U
#define CONTENT_MAX ((size_t) 1 << 20)
#define HEADER_SIZE 9U
#define KEY_ID_OFFSET 3U
#define LINE_MAX_SIZE 4096

typedef struct Label {
        uint8_t bytes[LABEL_MAX];
        size_t size;
} Label;

typedef struct Way {
        const char *name;
        void (*change)(Label *label, const char *path, const struct Way *way);
        size_t offset; /* what change() makes of it */
        uint8_t byte;
} Way;

static void fail(const char *what, const char *path)
{
        fprintf(stderr, "%s %s: %s\n", what, path, strerror(errno));
        exit(1);
}

static void set_byte(Label *label, const char *path, const Way *way)
{
        label->bytes[way->offset] = way->byte;
}

static void flip(Label *label, const char *path, const Way *way)
{
        label->bytes[label->size - 1] ^= 1;
}

/* To that size; 0: one byte less. */
static void cut(Label *label, const char *path, const Way *way)
{
        label->size = way->offset ?: label->size - 1;
}

static void lengthen(Label *label, const char *path, const Way *way)
{
        label->bytes[label->size++] = 0;
}

static void take_away(Label *label, const char *path, const Way *way)
{
        label->size = 0;
}

static void keep(Label *label, const char *path, const Way *way)
{
}

static void append(Label *label, const char *path, const Way *way)
{
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

        if (fd < 0 || write(fd, "more", 4) != 4)
                fail("cannot change", path);
        (void) close(fd);
}

/* The key id of the file "rsa4096" beside it. */
static void take_key_of_other(Label *label, const char *path, const Way *way)
{
        uint8_t other[LABEL_MAX];
        char name[LINE_MAX_SIZE];

        (void) snprintf(name, sizeof(name), "%.*s/rsa4096", (int) (strrchr(path, '/') - path),
                        path);
        if (getxattr(name, "security.ima", other, sizeof(other)) < (ssize_t) HEADER_SIZE)
                fail("no label of", name);
        memcpy(label->bytes + KEY_ID_OFFSET, other + KEY_ID_OFFSET, sizeof(uint32_t));
}

/* The digest of its content: type 4, or type 1 when offset is 1. */
static void digest(Label *label, const char *path, const Way *way)
{
        static uint8_t content[CONTENT_MAX];
        HashAlgorithm algorithm = way->offset == 1 ? HASH_SHA1 : HASH_SHA256;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, content, sizeof(content));
        Digest hash;

        if (n < 0 || digest_compute(algorithm, content, (size_t) n, &hash) < 0)
                fail("cannot hash", path);
        (void) close(fd);
        label->bytes[0] = way->offset == 1 ? 0x01 : 0x04;
        label->bytes[1] = HASH_SHA256;
        memcpy(label->bytes + way->offset, hash.bytes, hash.size);
        label->size = way->offset + hash.size;
}

static void digest_and_more(Label *label, const char *path, const Way *way)
{
        digest(label, path, way);
        lengthen(label, path, way);
}

static void digest_and_cut(Label *label, const char *path, const Way *way)
{
        digest(label, path, way);
        label->size--;
}

static void digest_and_flip(Label *label, const char *path, const Way *way)
{
        digest(label, path, way);
        flip(label, path, way);
}

static void digest_of_unknown(Label *label, const char *path, const Way *way)
{
        digest(label, path, way);
        label->bytes[1] = 0xff;
}

static const Way ways[] = {
        {"unsigned",       take_away,         0,           0},
        { "changed",       append,            0,           0},
        { "bad-signature", flip,              0,           0},
        { "cut",           cut,               0,           0},
        { "header",        cut,               HEADER_SIZE, 0},
        { "long",          lengthen,          0,           0},
        { "key-of-other",  take_key_of_other, 0,           0},
        { "says-sha1",     set_byte,          2,           2},
        { "version-1",     set_byte,          1,           1},
        { "version-3",     set_byte,          1,           3},
        { "type-digsig",   set_byte,          0,           3},
        { "type-portable", set_byte,          0,           5},
        { "type-verity",   set_byte,          0,           6},
        { "hash",          digest,            2,           0},
        { "hash-sha1",     digest,            1,           0},
        { "hash-long",     digest_and_more,   2,           0},
        { "hash-short",    digest_and_cut,    2,           0},
        { "hash-wrong",    digest_and_flip,   2,           0},
        { "hash-unknown",  digest_of_unknown, 2,           0},
        { "same",          keep,              0,           0},
};

static void spoil(const char *attribute, const char *way_name, const char *path)
{
        Label label = { 0 };
        ssize_t n = getxattr(path, attribute, label.bytes, sizeof(label.bytes) - 1);
        const Way *way = NULL;

        if (n < 0 && errno != ENODATA)
                fail("no label of", path);
        label.size = n < 0 ? 0 : (size_t) n;
        for (size_t i = 0; i < ELEMENTSOF(ways); i++)
                if (string_equal(ways[i].name, way_name))
                        way = &ways[i];
        if (!way) {
                fprintf(stderr, "no way %s\n", way_name);
                exit(1);
        }
        way->change(&label, path, way);
        if (label.size == 0 ? removexattr(path, attribute) < 0 && errno != ENODATA
                            : setxattr(path, attribute, label.bytes, label.size, 0) < 0)
                fail("cannot label", path);
}

int main(int argc, char **argv)
{
        char line[LINE_MAX_SIZE], attribute[64];

        if (argc != 2)
                return 2;
        (void) snprintf(attribute, sizeof(attribute), "security.%s", argv[1]);
        while (fgets(line, sizeof(line), stdin)) {
                char *path = strchr(line, ' ');

                if (!path)
                        return 2;
                *path++ = '\0';
                path[strcspn(path, "\n")] = '\0';
                spoil(attribute, line, path);
        }
        return 0;
}

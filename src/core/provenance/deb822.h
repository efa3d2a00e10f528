/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paragraphs of "Name: value" (deb822(5)), read as a stream: indexes of packages, Release files,
 * sources of apt, control files, the database of dpkg.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define DEB822_FIELDS_MAX 256U
#define DEB822_WORD_MAX 200U
#define DEB822_PARAGRAPH_MAX ((size_t) 64 << 20)

typedef struct Deb822Field {
        const char *name;
        const char *value; /* further lines follow a "\n" each, with the blank they begin with */
} Deb822Field;

/* Borrows from the reader, for one visit. */
typedef struct Deb822Paragraph {
        Deb822Field fields[DEB822_FIELDS_MAX];
        size_t n_fields;
        uint32_t line; /* its first one, from 1 */
} Deb822Paragraph;

/* The value, or NULL. Names do not depend on case. */
const char *deb822_get(const Deb822Paragraph *paragraph, const char *name);

/*
 * Whether a value may be name, version or architecture of a package, as deb-control(5) and
 * deb-version(7) allow them: such a word can be a part of a path. NULL is none.
 */
bool deb822_is_word(const char *value);

/*
 * The next word of a value, which blanks and the ends of lines part; NULL at the end. *position
 * begins as the value.
 */
const char *deb822_next_word(const char **position, size_t *ret_size);

/* A negative errno ends the reading. */
typedef int Deb822Visitor(void *userdata, const Deb822Paragraph *paragraph);

typedef struct Deb822Reader Deb822Reader;

int deb822_reader_new(Deb822Visitor *visit, void *userdata, Deb822Reader **ret_reader);
Deb822Reader *deb822_reader_free(Deb822Reader *reader);

/*
 * -EBADMSG for a line that is none, a field that comes twice, a NUL; -E2BIG above the limits; what
 * the visitor returned. Nothing may be fed after an error.
 */
int deb822_reader_feed(Deb822Reader *reader, const void *bytes, size_t size);

/* The end of the text, which ends the last paragraph. */
int deb822_reader_end(Deb822Reader *reader);

/* The line that was read last, for messages. */
uint32_t deb822_reader_get_line(const Deb822Reader *reader);

/* The three at once, for a whole text. */
int deb822_parse(const char *text, size_t size, Deb822Visitor *visit, void *userdata);

DEFINE_CLEANUP_FUNC(Deb822Reader *, deb822_reader_free)
#define _cleanup_deb822_ _cleanup_(deb822_reader_freep)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signature that a package transaction attaches to a file as soon as the file has these bytes,
 * and its record in the transaction's journal:
 *
 *   label SIZE SHA256 SIGNATURE PATH
 *
 * with digest and signature in lower-case hexadecimal, "-" for a signature that is not made yet,
 * and a NUL at the end, so that a path may hold anything else.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define ATTACHMENT_DIGEST_SIZE 32U /* SHA-256 */
#define ATTACHMENT_SIGNATURE_MAX 1024U
#define ATTACHMENT_PATH_MAX 4095U

/*
 * Names under which dpkg has a file on its way to its place, or keeps it beside (dpkg(1)); the last
 * one is NULL.
 */
extern const char *const attachment_suffixes[];

typedef struct Attachment {
        const char *path; /* of the host; borrowed */
        uint64_t size;    /* of the file */
        uint8_t digest[ATTACHMENT_DIGEST_SIZE];
        uint8_t signature[ATTACHMENT_SIGNATURE_MAX]; /* for security.ima */
        size_t signature_size;                       /* 0: none yet */
} Attachment;

/* Appends the record. -ENAMETOOLONG for a path above the limit. */
int attachment_format(const Attachment *attachment, Buffer *buffer);

/* Parses a record without its NUL; the path lies in it. -EBADMSG. */
int attachment_parse(const char *record, Attachment *ret_attachment);

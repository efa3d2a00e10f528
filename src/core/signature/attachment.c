/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/attachment.h"

#include <inttypes.h>

#include "base/strings.h"

#define VERB "label "
#define NUMBER_MAX 20U

const char *const attachment_suffixes[] = { ".dpkg-new", "", ".dpkg-tmp", ".dpkg-dist", NULL };

int attachment_format(const Attachment *attachment, Buffer *buffer)
{
        char digest[2 * ATTACHMENT_DIGEST_SIZE + 1];
        char signature[2 * ATTACHMENT_SIGNATURE_MAX + 1] = "-";
        int r;

        if (strlen(attachment->path) > ATTACHMENT_PATH_MAX)
                return -ENAMETOOLONG;
        hex_encode(attachment->digest, sizeof(attachment->digest), digest);
        if (attachment->signature_size > 0)
                hex_encode(attachment->signature, attachment->signature_size, signature);
        r = buffer_append_format(buffer, VERB "%" PRIu64 " %s %s %s", attachment->size, digest,
                        signature, attachment->path);
        return r < 0 ? r : buffer_append(buffer, "", 1);
}

/* Takes a word of at most max characters, which a blank ends. NULL: there is none. */
static const char *take_word(const char *text, char *ret_word, size_t max)
{
        size_t length = strcspn(text, " ");

        if (text[length] != ' ' || length > max)
                return NULL;
        memcpy(ret_word, text, length);
        ret_word[length] = '\0';
        return text + length + 1;
}

int attachment_parse(const char *record, Attachment *ret_attachment)
{
        char size[NUMBER_MAX + 1], digest[2 * ATTACHMENT_DIGEST_SIZE + 1];
        char signature[2 * ATTACHMENT_SIGNATURE_MAX + 1];
        Attachment attachment = { 0 };
        const char *rest = string_after(record, VERB);
        size_t n;

        rest = rest ? take_word(rest, size, NUMBER_MAX) : NULL;
        rest = rest ? take_word(rest, digest, 2 * ATTACHMENT_DIGEST_SIZE) : NULL;
        rest = rest ? take_word(rest, signature, 2 * ATTACHMENT_SIGNATURE_MAX) : NULL;
        if (!rest || *rest != '/' || strlen(rest) > ATTACHMENT_PATH_MAX ||
                        parse_u64(size, UINT64_MAX, &attachment.size) < 0 ||
                        hex_decode(digest, attachment.digest, ATTACHMENT_DIGEST_SIZE, &n) < 0 ||
                        n != ATTACHMENT_DIGEST_SIZE)
                return -EBADMSG;
        if (!string_equal(signature, "-") &&
                        (hex_decode(signature, attachment.signature, ATTACHMENT_SIGNATURE_MAX,
                                         &attachment.signature_size) < 0 ||
                                        attachment.signature_size == 0))
                return -EBADMSG;
        attachment.path = rest;
        *ret_attachment = attachment;
        return 0;
}

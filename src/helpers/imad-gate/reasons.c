/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/reasons.h"

#include <errno.h>
#include <string.h>

#define SIZE_LIMIT ((size_t) 1 << 20) /* whoever reads archives may say anything */
#define MORE_MAX sizeof("\nand 1048576 more")

int reasons_add(Buffer *reasons, int error, const char *text, const char *hint)
{
        if (reasons->size < SIZE_LIMIT)
                (void) buffer_append_format(
                                reasons, "%s%s; %s", reasons->size > 0 ? "\n" : "", text, hint);
        return error;
}

int reasons_add_archive(Buffer *reasons, const char *text)
{
        return reasons_add(reasons, -EKEYREJECTED, text,
                        "install it from a signed repository, or let imactl transaction allow it");
}

static const struct {
        int error;
        const char *text, *hint;
} key_errors[] = {
        {ENOENT,      "the signing key is not there",                "set SigningKey= in imad.conf(5)"},
        { EBADMSG,    "SigningKey= names no private key in PEM",     "set it to one"                  },
        { ENOKEY,     "the signing key is encrypted",
         "give imad-signer.service its passphrase, see imad.conf(5)"                                  },
        { EOPNOTSUPP, "the signing key is one that no kernel knows",
         "use RSA, or a key on P-256 or P-384"                                                        },
};

int reasons_add_key(Buffer *reasons, int error)
{
        for (size_t i = 0; i < ELEMENTSOF(key_errors); i++)
                if (key_errors[i].error == -error)
                        return reasons_add(reasons, error, key_errors[i].text, key_errors[i].hint);
        return reasons_add(
                        reasons, error, "the signing key cannot be used", strerrordesc_np(-error));
}

static size_t count_lines(const char *text, size_t size)
{
        size_t n = size > 0;

        for (size_t i = 0; i < size; i++)
                n += text[i] == '\n';
        return n;
}

void reasons_shorten(Buffer *reasons, size_t max)
{
        size_t lines = count_lines(reasons->data, reasons->size), size = 0;

        if (reasons->size <= max || max < MORE_MAX)
                return;
        for (size_t i = 0; i <= max - MORE_MAX; i++)
                if (reasons->data[i] == '\n')
                        size = i;
        if (size == 0) /* one that is too long by itself */
                size = max - MORE_MAX;
        lines -= count_lines(reasons->data, size);
        reasons->size = size;
        reasons->data[size] = '\0';
        if (lines > 0)
                (void) buffer_append_format(reasons, "\nand %zu more", lines);
}

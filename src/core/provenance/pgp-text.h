/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenPGP messages in ASCII: clear-signed texts, which InRelease files are, and armored keys. They
 * are taken apart only; verifying is done by gpgv(1). Source: RFC 4880, 6.2 and 7.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Splits a clear-signed text into what is signed and its armored signature. The whole of it must be
 * one message, with nothing before and behind. In the text, "- " at the start of lines is
 * gone and the newline before the signature is left out, as it is not signed. -EBADMSG, -ENOMEM.
 */
int pgp_text_split_signed(const char *text, size_t size, Buffer *ret_signed, Buffer *ret_signature);

/* Whether it looks like an armored key. */
bool pgp_text_is_armored(const void *bytes, size_t size);

/*
 * Appends the bytes of every armored public key in the text; what is between the keys is ignored.
 * -EBADMSG when there is none or one is malformed.
 */
int pgp_text_decode_keys(const char *text, size_t size, Buffer *keys);

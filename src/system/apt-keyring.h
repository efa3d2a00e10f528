/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys that apt trusts for a source: those that its Signed-By names, else all of
 * /etc/apt/trusted.gpg and /etc/apt/trusted.gpg.d. Source: sources.list(5), apt-key(8).
 */
#pragma once

#include "base/buffer.h"
#include "base/strings.h"

#define APT_KEYRING_DIRECTORY "/etc/apt/trusted.gpg.d"
#define APT_KEYRING_FILE "/etc/apt/trusted.gpg"

/*
 * The keys, in the form that gpgv(1) takes for a keyring, and the fingerprints that one of them
 * must have, if any. signed_by NULL: a source that says nothing. Files that are missing or no
 * keyrings add no key. -ENOMEM, and errors of reading.
 */
int apt_keyring_load(
                int root_fd, const char *signed_by, Buffer *ret_keys, StringList *ret_fingerprints);

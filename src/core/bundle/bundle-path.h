/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths as bundles write them: JSON is UTF-8, paths are bytes. What is no UTF-8, control
 * characters and "%" are "%" and two hexadecimal digits (RFC 3986, 2.1) for each byte.
 */
#pragma once

/* malloc()ed; NULL: no memory. */
char *bundle_path_encode(const char *path);

/* malloc()ed. -EBADMSG for a malformed or needless escape, and for NUL; -ENOMEM. */
int bundle_path_decode(const char *text, char **ret_path);

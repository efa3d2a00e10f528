/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/apt-keyring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "core/provenance/pgp-text.h"

#define KEYRING_SIZE_MAX ((size_t) 16 << 20)
#define KEYRINGS_MAX 4096U
#define PACKET_BIT 0x80 /* of the first byte of every OpenPGP packet (RFC 4880, 4.2) */
#define WORD_ENDS ", \t\r\n"

static int add_keys(const char *bytes, size_t size, Buffer *keys)
{
        size_t before = keys->size;
        int r;

        if (size > 0 && ((unsigned char) bytes[0] & PACKET_BIT))
                return buffer_append(keys, bytes, size);
        if (!pgp_text_is_armored(bytes, size))
                return 0;
        r = pgp_text_decode_keys(bytes, size, keys);
        if (r == -EBADMSG)
                keys->size = before;
        return r == -EBADMSG ? 0 : r;
}

static int add_file(int root_fd, const char *path, Buffer *keys)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r = fs_read_file(root_fd, path, KEYRING_SIZE_MAX, &bytes, &size);

        if (r == -ENOENT || r == -EINVAL || r == -EISDIR || r == -ELOOP)
                return 0;
        return r < 0 ? r : add_keys(bytes, size, keys);
}

/* apt ignores other names. */
static int add_trusted(int root_fd, Buffer *keys)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = add_file(root_fd, APT_KEYRING_FILE, keys);

        if (r >= 0)
                r = fs_list_directory(root_fd, APT_KEYRING_DIRECTORY, KEYRINGS_MAX, &names);
        if (r == -ENOENT)
                return 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (!string_ends_with(names.items[i], ".gpg") &&
                                !string_ends_with(names.items[i], ".asc"))
                        continue;
                if (asprintf(&path, APT_KEYRING_DIRECTORY "/%s", names.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = add_file(root_fd, path, keys);
        }
        return r;
}

/* A key within the source: each line begins with a blank, and a "." alone is an empty one. */
static int add_embedded(const char *text, Buffer *keys)
{
        _cleanup_buffer_ Buffer plain = { 0 };
        int r = 0;

        while (r >= 0 && *text) {
                size_t blanks = strspn(text, " \t"), size = strcspn(text + blanks, "\n");
                const char *line = text + blanks;

                text = line + size + (line[size] == '\n');
                if (size == 1 && line[0] == '.')
                        size = 0;
                r = buffer_append(&plain, line, size);
                if (r >= 0)
                        r = buffer_append(&plain, "\n", 1);
        }
        return r < 0 ? r : add_keys(plain.data, plain.size, keys);
}

static int add_named(int root_fd, const char *names, Buffer *keys, StringList *fingerprints,
                bool *ret_has_file)
{
        int r = 0;

        *ret_has_file = false;
        while (r >= 0 && *(names += strspn(names, WORD_ENDS))) {
                size_t size = strcspn(names, WORD_ENDS);
                _cleanup_free_ char *name = strndup(names, size);

                names += size;
                if (!name)
                        return -ENOMEM;
                *ret_has_file |= name[0] == '/';
                r = name[0] == '/' ? add_file(root_fd, name, keys)
                                   : string_list_add(fingerprints, name);
        }
        return r;
}

int apt_keyring_load(
                int root_fd, const char *signed_by, Buffer *ret_keys, StringList *ret_fingerprints)
{
        _cleanup_strings_ StringList fingerprints = { 0 };
        _cleanup_buffer_ Buffer keys = { 0 };
        bool has_keys = false;
        int r = 0;

        if (signed_by && pgp_text_is_armored(signed_by, strlen(signed_by))) {
                has_keys = true;
                r = add_embedded(signed_by, &keys);
        } else if (signed_by) {
                r = add_named(root_fd, signed_by, &keys, &fingerprints, &has_keys);
        }
        if (r >= 0 && !has_keys)
                r = add_trusted(root_fd, &keys);
        if (r < 0)
                return r;
        *ret_keys = TAKE_STRUCT(keys);
        *ret_fingerprints = TAKE_STRUCT(fingerprints);
        return 0;
}

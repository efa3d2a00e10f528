/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/strings.h"

#define KEYS_TEXT_MAX (4U * 1024 * 1024)
#define KEYRINGS_MAX 1000U
/* View, read and search for the possessor; include/linux/key.h. */
#define PERMISSIONS_CLOSED 0x0b000000U

static const char *const names[] = {
        ".ima",
        "_ima",
        ".evm",
        "_evm",
        ".ima_blacklist",
        ".builtin_trusted_keys",
        ".secondary_trusted_keys",
        ".machine",
        ".platform",
        ".blacklist",
};

static void keyring_done(Keyring *keyring)
{
        free(keyring->name);
        *keyring = (Keyring){ 0 };
}

void keyring_list_done(KeyringList *list)
{
        for (size_t i = 0; i < list->count; i++)
                keyring_done(&list->items[i]);
        free(list->items);
        *list = (KeyringList){ 0 };
}

static bool is_known(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (string_equal(names[i], name))
                        return true;
        return false;
}

/* "0fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .ima: 2"; "empty" for none. */
static int parse_line(const char *line, Keyring *ret_keyring)
{
        char type[16], name[128], count[32];
        long long uid;
        Keyring keyring = { 0 };
        char *colon;

        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers, and none of them decides */
        if (sscanf(line, "%x %*s %*s %*s %x %lld %*s %15s %127s %31s", &keyring.id,
                            &keyring.permissions, &uid, type, name, count) != 6 ||
                        !string_equal(type, "keyring"))
                return 0;
        colon = strrchr(name, ':');
        if (!colon || colon[1] != '\0')
                return 0;
        *colon = '\0';
        if (!is_known(name))
                return 0;
        if (parse_u64(count, UINT32_MAX, &keyring.n_keys) < 0)
                keyring.n_keys = 0;
        keyring.uid = uid;
        keyring.name = strdup(name);
        if (!keyring.name)
                return -ENOMEM;
        *ret_keyring = keyring;
        return 1;
}

static int append(KeyringList *list, Keyring *keyring)
{
        Keyring *items;

        if (list->count >= KEYRINGS_MAX)
                return -E2BIG;
        items = reallocarray(list->items, list->count + 1, sizeof(Keyring));
        if (!items)
                return -ENOMEM;
        list->items = items;
        list->items[list->count++] = TAKE_STRUCT(*keyring);
        return 0;
}

int keyring_list_load(int root_fd, KeyringList *ret_list)
{
        _cleanup_keyrings_ KeyringList list = { 0 };
        _cleanup_free_ char *text = NULL;
        char *line, *next;
        size_t size;
        int r = fs_read_file(root_fd, "/proc/keys", KEYS_TEXT_MAX, &text, &size);

        if (r < 0)
                return r;
        for (line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
                _cleanup_(keyring_done) Keyring keyring = { 0 };

                r = parse_line(line, &keyring);
                if (r > 0)
                        r = append(&list, &keyring);
                if (r < 0)
                        return r;
        }
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

const Keyring *keyring_list_find(const KeyringList *list, const char *name)
{
        for (size_t i = 0; i < list->count; i++)
                if (string_equal(list->items[i].name, name))
                        return &list->items[i];
        return NULL;
}

/* "… asymmetri Debian Secure Boot CA: 6ccece…: X509.rsa bb419ea1 []"; false for other keys. */
static bool parse_key_id(const char *line, uint32_t *ret_id)
{
        const char *end = strrchr(line, '[');
        uint8_t bytes[4];
        char digits[9] = "";
        size_t size;

        if (!strstr(line, " asymmetri ") || !end || end - line < 10 || end[-1] != ' ')
                return false;
        memcpy(digits, end - 9, 8);
        if (hex_decode(digits, bytes, sizeof(bytes), &size) < 0 || size != sizeof(bytes))
                return false;
        *ret_id = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
                  bytes[3];
        return true;
}

int keyring_load_key_ids(int root_fd, uint32_t **ret_ids, size_t *ret_n_ids)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_free_ uint32_t *ids = NULL;
        size_t n_ids = 0, n_lines = 1;
        char *next;
        int r = fs_read_file(root_fd, "/proc/keys", KEYS_TEXT_MAX, &text, NULL);

        if (r < 0)
                return r;
        for (const char *c = text; *c; c++)
                n_lines += *c == '\n';
        ids = calloc(n_lines, sizeof(uint32_t));
        if (!ids)
                return -ENOMEM;
        for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
                n_ids += parse_key_id(line, &ids[n_ids]);
        *ret_ids = TAKE_PTR(ids);
        *ret_n_ids = n_ids;
        return 0;
}

int keyring_join_private(void)
{
        long id = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

        return id < 0 ? -errno : (int) id;
}

int keyring_make(const char *name, int32_t parent)
{
        long id = syscall(SYS_add_key, "keyring", name, NULL, 0, parent);

        return id < 0 ? -errno : (int) id;
}

int keyring_close(int32_t keyring)
{
        return syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, PERMISSIONS_CLOSED) < 0 ? -errno : 0;
}

void keyring_key_list_done(KeyringKeyList *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i].description);
        free(list->items);
        *list = (KeyringKeyList){ 0 };
}

/* "asymmetric;UID;GID;PERMISSIONS;DESCRIPTION", the last four bytes of the SKI at its end. */
static int describe_key(int32_t id, KeyringKey *ret_key)
{
        char text[1024];
        long size = syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, text, sizeof(text) - 1);
        KeyringKey key = { 0 };
        const char *description = text, *digits;
        uint8_t bytes[4];
        size_t n;

        if (size < 0 || (size_t) size >= sizeof(text))
                return size < 0 ? -errno : -E2BIG;
        text[size] = '\0';
        for (int i = 0; i < 4 && description; i++)
                description = strchr(description, ';') ? strchr(description, ';') + 1 : NULL;
        if (!description)
                return -EBADMSG;
        n = strlen(description);
        digits = n >= 8 ? description + n - 8 : "";
        if (string_after(text, "asymmetric;") &&
                        hex_decode(digits, bytes, sizeof(bytes), &n) >= 0 && n == sizeof(bytes)) {
                key.has_key_id = true;
                key.key_id = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 |
                             (uint32_t) bytes[2] << 8 | bytes[3];
        }
        key.description = strdup(description);
        if (!key.description)
                return -ENOMEM;
        *ret_key = key;
        return 0;
}

int keyring_load_keys(const Keyring *keyring, KeyringKeyList *ret_list)
{
        _cleanup_keyring_keys_ KeyringKeyList list = { 0 };
        int32_t ids[KEYRINGS_MAX];
        long size = syscall(SYS_keyctl, KEYCTL_READ, keyring->id, ids, sizeof(ids));
        size_t count;

        if (size < 0)
                return -errno;
        count = (size_t) size < sizeof(ids) ? (size_t) size / sizeof(ids[0]) : KEYRINGS_MAX;
        list.items = calloc(count + 1, sizeof(KeyringKey));
        if (!list.items)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                int r = describe_key(ids[i], &list.items[list.count]);

                if (r == -ENOMEM)
                        return r;
                list.count += r >= 0;
        }
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

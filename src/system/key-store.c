/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/key-store.h"

#include "base/diag-code.h"
#include "base/fs.h"

#define FILES_MAX 256
#define FILE_SIZE_MAX ((size_t) 256 * 1024)

void key_store_done(KeyStore *store)
{
        certificate_list_done(&store->certificates);
        string_list_done(&store->names);
}

bool key_store_is_certificate(const char *name)
{
        static const char *const suffixes[] = { ".der", ".pem", ".crt" };

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (*name != '.' && string_ends_with(name, suffixes[i]))
                        return true;
        return false;
}

/* The kernel takes certificates only. */
static int add_file(KeyStore *store, const char *name, CertificateList *found)
{
        for (size_t i = 0; i < found->count; i++) {
                Certificate *items;

                if (!found->items[i].x509)
                        continue;
                items = reallocarray(store->certificates.items, store->certificates.count + 1,
                                sizeof(Certificate));
                if (!items)
                        return -ENOMEM;
                store->certificates.items = items;
                if (string_list_add(&store->names, name) < 0)
                        return -ENOMEM;
                items[store->certificates.count++] = TAKE_STRUCT(found->items[i]);
        }
        return 0;
}

static int load_file(int root_fd, const char *name, KeyStore *store, DiagList *diags)
{
        _cleanup_certificates_ CertificateList found = { 0 };
        _cleanup_free_ char *path = NULL, *bytes = NULL;
        size_t size;
        int r;

        if (asprintf(&path, KEY_STORE_PATH "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = fs_read_file(root_fd, path, FILE_SIZE_MAX, &bytes, &size);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_error(diags, DIAG_CODE_CERTIFICATE, (DiagPlace){ .source = path },
                                "make it a certificate that root can read, or remove it",
                                "it cannot be read: %s", strerror(-r));
        r = certificate_list_parse(&found, bytes, size, diags, path);
        return r < 0 ? r : add_file(store, name, &found);
}

int key_store_load(int root_fd, KeyStore *ret_store, DiagList *diags)
{
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(root_fd, KEY_STORE_PATH, FILES_MAX, &names);

        if (r < 0 && r != -ENOENT)
                return r;
        string_list_sort(&names);
        for (size_t i = 0; i < names.count; i++) {
                if (!key_store_is_certificate(names.items[i]))
                        continue;
                r = load_file(root_fd, names.items[i], &store, diags);
                if (r < 0 && r != -EBADMSG)
                        return r;
        }
        *ret_store = TAKE_STRUCT(store);
        return 0;
}

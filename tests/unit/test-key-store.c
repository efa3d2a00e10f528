/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-certificate.h"
#include "fixture-root.h"
#include "system/key-store.h"

static void put(const FixtureRoot *root, const char *path, const char *name)
{
        size_t size;
        _cleanup_free_ char *text = fixture_signature_file(name, &size);

        fixture_root_write(root, path, text);
}

Test(key_store, certificates_are_read_in_the_order_of_their_names)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        put(&root, KEY_STORE_PATH "/b.crt", "cert-rsa.pem");
        put(&root, KEY_STORE_PATH "/a.pem", "cert-ec.pem");
        put(&root, KEY_STORE_PATH "/c.key", "cert-rsa.pem");
        put(&root, KEY_STORE_PATH "/.d.pem", "cert-rsa.pem");
        cr_assert_eq(key_store_load(root.fd, &store, &diags), 0);
        cr_assert_eq(store.certificates.count, 2);
        cr_assert_str_eq(store.names.items[0], "a.pem");
        cr_assert_str_eq(store.names.items[1], "b.crt");
        cr_assert_eq(diags.count, 0);
}

Test(key_store, file_without_certificate_is_told_and_left_out)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, KEY_STORE_PATH "/a.pem", "nothing\n");
        put(&root, KEY_STORE_PATH "/b.pem", "cert-rsa.pem");
        cr_assert_eq(key_store_load(root.fd, &store, &diags), 0);
        cr_assert_eq(store.certificates.count, 1);
        cr_assert_eq(diags.errors, 1);
        cr_assert_str_eq(diags.items[0].source, KEY_STORE_PATH "/a.pem");
}

Test(key_store, no_directory_is_an_empty_store)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_key_store_ KeyStore store = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(key_store_load(root.fd, &store, &diags), 0);
        cr_assert_eq(store.certificates.count, 0);
}

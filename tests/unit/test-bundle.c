/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What imactl makes of whole files, and refuses, is in tests/cli/test-bundle.sh. */
#include "core/bundle/bundle.h"

#include "base/json.h"
#include "fixture-key.h"

/* A signer with its certificate. */
typedef struct Kit {
        SigningKey key;
        Signer *signer;
        CertificateList certificates;
        SignatureVerifier *verifier;
        uint8_t *label;
        Manifest files;
} Kit;

static void kit_done(Kit *kit)
{
        free(kit->label);
        manifest_done(&kit->files);
        signature_verifier_free(kit->verifier);
        certificate_list_done(&kit->certificates);
        signer_free(kit->signer);
        signing_key_done(&kit->key);
}

static void kit_make(Kit *kit)
{
        static const char *const paths[] = { "/a", "/b\n", "control:postinst" };
        ManifestEntry entry = {
                .size = 1, .mode = 0100755, .digest = {HASH_SHA256, 32, { 7 }}
        };
        _cleanup_diags_ DiagList diags = { 0 };
        EVP_PKEY *key = fixture_key("rsa");
        _cleanup_free_ char *pem = fixture_key_to_pem(key, NULL),
                            *certificate = fixture_certificate(key, "hash");

        EVP_PKEY_free(key);
        cr_assert_eq(signing_key_parse_pem(pem, strlen(pem), NULL, &kit->key), 0);
        cr_assert_eq(signer_new(&kit->key, HASH_SHA256, &kit->signer), 0);
        cr_assert_eq(certificate_list_parse(&kit->certificates, certificate, strlen(certificate),
                                     &diags, "certificate"),
                        0);
        cr_assert_eq(signature_verifier_new(&kit->certificates, &kit->verifier), 0);
        cr_assert_eq(signer_sign(kit->signer, SIGNATURE_TYPE_DIGSIG, &entry.digest, &kit->label,
                                     &entry.ima.size),
                        0);
        entry.ima.value = kit->label;
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                entry.path = paths[i];
                cr_assert_eq(manifest_add(&kit->files, &entry), 0);
        }
}

static const BundleSource package = {
        .kind = (char *) "deb",
        .name = (char *) "a.deb",
        .package = (char *) "a",
        .architecture = (char *) "all",
        .digest = {HASH_SHA256, 32, { 9 }}
};

/* An envelope as a line; malloc()ed. */
static char *make_line(Kit *kit, char *payload, size_t size)
{
        _cleanup_json_ json_t *json = NULL;
        char *line;

        cr_assert_eq(dsse_sign(kit->signer, STATEMENT_PAYLOAD_TYPE, payload, size, &json), 0);
        cr_assert_eq(json_format(json, &line), 0);
        free(payload);
        return line;
}

static char *make_bundle(Kit *kit)
{
        char *payload;
        size_t size;

        cr_assert_eq(bundle_format_statement(&package, &kit->files, &payload, &size), 0);
        return make_line(kit, payload, size);
}

static char *make_provenance(Kit *kit, const BundleSource *source)
{
        _cleanup_json_ json_t *predicate =
                        json_pack("{s:{s:{s:s}}}", "runDetails", "builder", "id", "b");
        char *payload;
        size_t size;

        cr_assert_eq(bundle_format_provenance(source, &kit->files, predicate, &payload, &size), 0);
        return make_line(kit, payload, size);
}

static int parse(const char *text, size_t *ret_errors, Bundle *ret_bundle)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = bundle_parse(text, strlen(text), &diags, "bundle", ret_bundle);

        *ret_errors = diags.errors;
        return r;
}

Test(bundle, what_is_written_is_read)
{
        _cleanup_(kit_done) Kit kit = { 0 };
        _cleanup_bundle_ Bundle bundle = { 0 };
        _cleanup_free_ char *line = NULL;
        const ManifestEntry *file;
        size_t errors;

        kit_make(&kit);
        line = make_bundle(&kit);
        cr_assert_eq(parse(line, &errors, &bundle), 0);
        cr_expect_str_eq(bundle.source.package, "a");
        cr_expect(digest_equal(&bundle.source.digest, &package.digest));
        cr_assert_eq(bundle.files.count, 3);
        file = manifest_find(&bundle.files, "/b\n");
        cr_assert_not_null(file);
        cr_expect_eq(file->mode, 0100755);
        cr_expect_eq(file->ima.size, kit.files.entries[0].ima.size);
        cr_expect_arr_eq(file->ima.value, kit.label, file->ima.size);
        cr_expect_eq(bundle_check_file(file, kit.verifier), SIGNATURE_VERDICT_GOOD);
}

Test(bundle, a_label_of_other_bytes_is_bad)
{
        _cleanup_(kit_done) Kit kit = { 0 };
        ManifestEntry file;

        kit_make(&kit);
        file = kit.files.entries[0];
        file.digest.bytes[0] ^= 1;
        cr_expect_eq(bundle_check_file(&file, kit.verifier), SIGNATURE_VERDICT_BAD);
}

Test(bundle, provenance_is_about_the_archive)
{
        _cleanup_(kit_done) Kit kit = { 0 };
        _cleanup_bundle_ Bundle bundle = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *line = NULL, *provenance = NULL, *text = NULL;
        BundleSource other = package;
        size_t errors;

        kit_make(&kit);
        line = make_bundle(&kit);
        provenance = make_provenance(&kit, &package);
        cr_assert_gt(asprintf(&text, "%s\n%s", line, provenance), 0);
        cr_assert_eq(parse(text, &errors, &bundle), 0);
        cr_assert(bundle.has_provenance);
        cr_expect_str_eq(statement_get_builder(&bundle.provenance_statement), "b");
        cr_expect_eq(bundle_check_provenance(&bundle.source, &bundle.files,
                                     &bundle.provenance_statement, &diags, "bundle"),
                        0);
        other.digest.bytes[0] ^= 1;
        cr_expect_eq(bundle_check_provenance(&other, &bundle.files, &bundle.provenance_statement,
                                     &diags, "bundle"),
                        -EBADMSG);
        cr_expect_eq(diags.errors, 1);
}

Test(bundle, provenance_of_a_directory_names_every_file)
{
        static const BundleSource directory = { .kind = (char *) "directory" };
        _cleanup_(kit_done) Kit kit = { 0 };
        _cleanup_bundle_ Bundle bundle = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *line = NULL, *provenance = NULL, *text = NULL;
        size_t errors;

        kit_make(&kit);
        line = make_bundle(&kit);
        provenance = make_provenance(&kit, &directory);
        cr_assert_gt(asprintf(&text, "%s%s", line, provenance), 0);
        cr_assert_eq(parse(text, &errors, &bundle), 0);
        cr_expect_eq(bundle_check_provenance(&directory, &kit.files, &bundle.provenance_statement,
                                     &diags, "bundle"),
                        0);
        cr_expect_eq(bundle_check_provenance(&package, &kit.files, &bundle.provenance_statement,
                                     &diags, "bundle"),
                        -EBADMSG);
}

Test(bundle, what_holds_no_bundle_is_an_error)
{
        static const char *const cases[] = {
                "", "\n\n", "{}", "x",
                "{\"payloadType\":\"t\",\"payload\":\"AA==\",\"signatures\":[{\"sig\":\"AA==\"}]}"
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Bundle bundle;
                size_t errors;

                cr_expect_eq(parse(cases[i], &errors, &bundle), -EBADMSG, "%s", cases[i]);
                cr_expect_eq(errors, 1, "%s", cases[i]);
        }
}

Test(bundle, one_that_is_too_large_is_not_looked_at)
{
        _cleanup_diags_ DiagList diags = { 0 };
        Bundle bundle;

        cr_expect_eq(bundle_parse("", BUNDLE_SIZE_MAX + 1, &diags, "bundle", &bundle), -E2BIG);
}

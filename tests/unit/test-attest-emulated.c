/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence of a real, if emulated, TPM; and tpm2-tools as another opinion. */
#include <criterion/criterion.h>

#include "core/attest/attest-key.h"
#include "core/attest/quote.h"
#include "fixture-list.h"
#include "fixture-swtpm.h"
#include "fixture-worker.h"
#include "system/securityfs.h"
#include "system/tpm.h"

#define NONCE "00112233445566778899aabbccddeeff"

static FixtureSwtpm swtpm;

/* Appends an ima-ng entry of this digest, and lets the TPM know. */
static void measure(Buffer *list, const Digest *digest, const char *name)
{
        _cleanup_buffer_ Buffer data = { 0 };
        char field[8 + 32] = "sha256:";

        memcpy(field + 8, digest->bytes, 32);
        fixture_append_field(&data, field, sizeof(field), false);
        fixture_append_field(&data, name, strlen(name) + 1, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-ng", &data, false);
        fixture_swtpm_extend(&swtpm, 10, data.data, data.size);
}

/* The digest over PCR 0 to 9 of the SHA-256 bank. */
static Digest read_boot_aggregate(void)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        uint8_t joined[10 * 32];
        Digest value, aggregate;

        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        for (uint32_t pcr = 0; pcr < 10; pcr++) {
                cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA256, pcr, &value), 0);
                memcpy(joined + 32 * (size_t) pcr, value.bytes, 32);
        }
        cr_assert_eq(digest_compute(HASH_SHA256, joined, sizeof(joined), &aggregate), 0);
        return aggregate;
}

/* The machine boots: firmware and IMA extend PCRs, and the kernel shows its list. */
static void setup(void)
{
        _cleanup_buffer_ Buffer list = { 0 };
        Digest aggregate;

        swtpm = fixture_swtpm_new();
        fixture_swtpm_extend(&swtpm, 0, "firmware", 8);
        aggregate = read_boot_aggregate();
        measure(&list, &aggregate, "boot_aggregate");
        measure(&list, &aggregate, "/bin/a");
        cr_assert_eq(fs_make_directories(swtpm.root.fd, SECURITYFS_IMA_PATH, 0755), 0);
        cr_assert_eq(fs_create_file(swtpm.root.fd,
                                     SECURITYFS_IMA_PATH "/binary_runtime_measurements", list.data,
                                     list.size, 0600),
                        0);
}

static void teardown(void)
{
        fixture_swtpm_done(&swtpm);
}

TestSuite(attest_emulated, .init = setup, .fini = teardown, .timeout = 60);

static Run quote(const char *nonce)
{
        _cleanup_free_ char *arguments = NULL;

        cr_assert_geq(asprintf(&arguments, "--tcti=%s --nonce=%s --output=/e.tar attest-quote",
                                      swtpm.tcti, nonce),
                        0);
        return run(&swtpm.root, arguments);
}

/* Runs a command in the root directory, where the evidence is unpacked in e. */
static int shell(const char *command)
{
        _cleanup_free_ char *text = NULL;

        cr_assert_geq(asprintf(&text,
                                      "cd %s && TPM2TOOLS_TCTI=%s && export TPM2TOOLS_TCTI && "
                                      "{ %s; } >/dev/null 2>&1",
                                      swtpm.root.path, swtpm.tcti, command),
                        0);
        return system(text); /* NOLINT(cert-env33-c): the command is our own */
}

Test(attest_emulated, evidence_of_this_machine_is_verified)
{
        _cleanup_run_ Run made = quote(NONCE), seen = { 0 };

        cr_assert_eq(made.code, EXIT_CODE_OK);
        cr_assert_eq(shell("mkdir e && tar -C e -xf e.tar"), 0);
        seen = run(&swtpm.root, "--nonce=" NONCE " --ak=/e/ak.pub attest-verify /e.tar");
        cr_assert_eq(seen.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(seen.json, "status"), "verified");
        cr_assert_eq(get_number(&seen, "attested"), 2);
        cr_assert_str_eq(get_string(json_object_get(seen.json, "key"), "fingerprint"),
                        get_string(json_object_get(made.json, "key"), "fingerprint"));
}

Test(attest_emulated, the_key_is_always_the_same)
{
        _cleanup_run_ Run first = quote(NONCE), second = quote("01");

        cr_assert_str_eq(get_string(json_object_get(first.json, "key"), "fingerprint"),
                        get_string(json_object_get(second.json, "key"), "fingerprint"));
}

Test(attest_emulated, another_nonce_is_refuted)
{
        _cleanup_run_ Run made = quote(NONCE), seen = { 0 };

        seen = run(&swtpm.root, "--nonce=ff attest-verify /e.tar");
        cr_assert_eq(seen.code, EXIT_CODE_MISMATCH);
        cr_assert_str_eq(get_string(seen.json, "failed"), "nonce");
}

Test(attest_emulated, a_list_that_lags_behind_the_tpm_is_refuted)
{
        _cleanup_run_ Run made = { 0 }, seen = { 0 };
        Digest digest = read_boot_aggregate();
        _cleanup_buffer_ Buffer hidden = { 0 };

        measure(&hidden, &digest, "/bin/hidden");
        made = quote(NONCE);
        seen = run(&swtpm.root, "--nonce=" NONCE " attest-verify /e.tar");
        cr_assert_eq(seen.code, EXIT_CODE_MISMATCH);
        cr_assert_str_eq(get_string(seen.json, "failed"), "list");
}

Test(attest_emulated, a_file_that_is_cut_off_is_malformed)
{
        _cleanup_run_ Run made = quote(NONCE), seen = { 0 };

        cr_assert_eq(shell("truncate -s 3000 e.tar"), 0);
        seen = run(&swtpm.root, "--nonce=" NONCE " attest-verify /e.tar");
        cr_assert_eq(seen.code, EXIT_CODE_MALFORMED);
        cr_assert_str_eq(get_string(seen.json, "status"), "malformed");
        cr_assert(has_code(&seen, "E450"));
}

Test(attest_emulated, without_a_tpm_there_is_no_evidence)
{
        _cleanup_run_ Run made = run(&swtpm.root, "--nonce=01 attest-quote");

        cr_assert_eq(made.code, EXIT_CODE_NOT_SUPPORTED);
        cr_assert(fs_exists(swtpm.root.fd, SECURITYFS_IMA_PATH));
        cr_assert_not(fs_exists(swtpm.root.fd, "/evidence.tar"));
}

Test(attest_emulated, an_endorsement_password_is_named)
{
        _cleanup_run_ Run made = { 0 };

        if (shell("command -v tpm2_changeauth") != 0)
                cr_skip_test("tpm2-tools are not installed");
        cr_assert_eq(shell("tpm2_changeauth -c endorsement secret"), 0);
        made = quote(NONCE);
        cr_assert_eq(made.code, EXIT_CODE_NOT_PERMITTED);
}

Test(attest_emulated, tpm2_checkquote_agrees)
{
        _cleanup_run_ Run made = quote(NONCE);

        if (shell("command -v tpm2_checkquote") != 0)
                cr_skip_test("tpm2-tools are not installed");
        cr_assert_eq(shell("mkdir e && tar -C e -xf e.tar && cd e && tpm2_checkquote -u ak.pem "
                           "-m quote.msg -s quote.sig -g sha256 -q " NONCE),
                        0);
        cr_assert_neq(shell("cd e && tpm2_checkquote -u ak.pem -m quote.msg -s quote.sig -g sha256 "
                            "-q ff"),
                        0);
        cr_assert_eq(shell("cd e && test \"$(sha256sum <pcrs | cut -c1-64)\" = "
                           "\"$(tail -c 32 quote.msg | od -An -v -tx1 | tr -d ' \\n')\""),
                        0);
}

static AttestKey *load_key(const char *path)
{
        _cleanup_free_ char *bytes = NULL;
        AttestKey *key;
        size_t size;

        cr_assert_eq(fs_read_file(swtpm.root.fd, path, 4096, &bytes, &size), 0);
        cr_assert_eq(attest_key_parse_any(bytes, size, &key), 0);
        return key;
}

/* What tpm2_quote makes with a key of its own kind and scheme verifies here. */
static void assert_tool_agrees(const char *algorithm, const char *options)
{
        _cleanup_free_ char *create = NULL, *quote_command = NULL, *message = NULL,
                            *signature = NULL, *values = NULL;
        _cleanup_attest_key_ AttestKey *key = NULL, *pem = NULL;
        size_t message_size, signature_size, values_size;
        PcrValueList parsed;
        HashAlgorithm hash;
        Digest digest;
        Quote made;

        cr_assert_geq(asprintf(&create,
                                      "tpm2_createprimary -C e -G %s -c k -a 'fixedtpm|fixedparent|"
                                      "sensitivedataorigin|userwithauth|restricted|sign'",
                                      algorithm),
                        0);
        cr_assert_eq(shell(create), 0);
        cr_assert_geq(asprintf(&quote_command,
                                      "tpm2_flushcontext -t; tpm2_readpublic -c k -f tss -o k.pub "
                                      "&& "
                                      "tpm2_flushcontext -t; tpm2_readpublic -c k -f pem -o k.pem "
                                      "&& "
                                      "tpm2_flushcontext -t; tpm2_quote -c k %s -q 0102 -m m -s s "
                                      "-l sha1:0,10+sha256:0,10 -o p -F values && "
                                      "tpm2_flushcontext -t",
                                      options),
                        0);
        cr_assert_eq(shell(quote_command), 0, "%s", algorithm);
        key = load_key("/k.pub");
        pem = load_key("/k.pem");
        cr_assert(attest_key_equal(key, pem));
        cr_assert(attest_key_is_restricted(key));
        cr_assert_eq(fs_read_file(swtpm.root.fd, "/m", 4096, &message, &message_size), 0);
        cr_assert_eq(fs_read_file(swtpm.root.fd, "/s", 4096, &signature, &signature_size), 0);
        cr_assert_eq(fs_read_file(swtpm.root.fd, "/p", 4096, &values, &values_size), 0);
        cr_assert_eq(attest_key_verify(key, message, message_size, signature, signature_size), 0);
        cr_assert_eq(quote_parse(message, message_size, &made), 0);
        cr_assert_eq(made.nonce_size, 2);
        cr_assert_eq(quote_parse_values(&made, values, values_size, &parsed), 0);
        cr_assert_eq(attest_signature_get_hash(signature, signature_size, &hash), 0);
        cr_assert_eq(quote_compute_digest(&made, &parsed, hash, &digest), 0);
        cr_assert_eq(digest.size, made.pcr_digest_size);
        cr_assert_arr_eq(digest.bytes, made.pcr_digest, digest.size);
}

Test(attest_emulated, quotes_of_tpm2_quote_are_understood)
{
        if (shell("command -v tpm2_quote") != 0)
                cr_skip_test("tpm2-tools are not installed");
        assert_tool_agrees("ecc256:ecdsa-sha256:null", "-g sha256");
        assert_tool_agrees("ecc384:ecdsa-sha384:null", "-g sha384");
        assert_tool_agrees("rsa2048:rsassa-sha256:null", "-g sha256");
        assert_tool_agrees("rsa2048:rsapss-sha256:null", "-g sha256 --scheme rsapss");
}

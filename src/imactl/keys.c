/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

static void render_reason(const json_t *json, Tone tone, FILE *file, Style style)
{
        _cleanup_free_ char *reason = result_escape(result_get_string(json, "reason"), style);
        const char *hint = result_get_string(json, "hint");

        fprintf(file, "  %s%s%s %s%s%s\n", style_begin(style, tone), style_mark(style, tone),
                        style_end(style, tone), reason ?: "", hint ? "; " : "", hint ?: "");
}

/* What the kernel said, in one line; nothing where it was not asked. */
static void render_proof(const json_t *json, const char *about, FILE *file, Style style)
{
        const char *result = result_get_string(json, "result");

        if (!result)
                return;
        if (string_equal(result, "verified"))
                fprintf(file, "  %s%s%s this kernel verifies a signature of the key%s\n",
                                style_begin(style, TONE_GOOD), style_mark(style, TONE_GOOD),
                                style_end(style, TONE_GOOD), about);
        else if (string_equal(result, "accepted"))
                fprintf(file, "  %s%s%s this kernel takes the certificate%s\n",
                                style_begin(style, TONE_GOOD), style_mark(style, TONE_GOOD),
                                style_end(style, TONE_GOOD), about);
        else
                render_reason(json, string_equal(result, "refused") ? TONE_BAD : TONE_WARN, file,
                                style);
}

static void render_certificate(const json_t *json, FILE *file, Style style)
{
        _cleanup_free_ char *subject = result_escape(result_get_string(json, "subject"), style);
        const json_t *findings = json_object_get(json, "findings"), *finding;
        bool usable = result_get_bool(json, "usable");
        const char *expires = result_get_string(json, "expires");
        size_t i;

        fprintf(file, "%s: %s, key id %s%s%.10s: %s\n",
                        subject && *subject ? subject : "public key",
                        result_get_string(json, "type") ?: "",
                        result_get_string(json, "key_id") ?: "", expires ? ", until " : "",
                        expires ?: "", usable ? "usable" : "not usable");
        json_array_foreach (findings, i, finding)
                render_reason(finding, result_get_bool(finding, "refusal") ? TONE_BAD : TONE_WARN,
                                file, style);
        render_proof(json_object_get(json, "proof"), "", file, style);
        render_proof(json_object_get(json, "chain"), ", as its own keyring asks for", file, style);
}

static void render_check(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *list = json_object_get(result, "certificates"), *item;
        size_t i;

        if (!arguments_have(args, OPTION_NO_LEGEND))
                fprintf(file, "Linux %s%s; certificates that its keyrings take: %s\n",
                                result_get_string(result, "kernel") ?: "",
                                result_get_bool(result, "asked") ? "" : ", which was not asked",
                                result_get_string(result, "vouchers") ?: "");
        json_array_foreach (list, i, item)
                render_certificate(item, file, style);
}

static void render_keyring(const json_t *ring, FILE *file, Style style)
{
        const json_t *keys = json_object_get(ring, "keys"), *key;
        size_t i;

        fprintf(file, "%s: %" PRIu64 " keys%s\n", result_get_string(ring, "name") ?: "",
                        result_get_number(ring, "count"),
                        result_get_bool(ring, "readable") ? "" : ", which may not be read");
        json_array_foreach (keys, i, key) {
                _cleanup_free_ char *text =
                                result_escape(result_get_string(key, "description"), style);

                fprintf(file, "  %s  %s\n", result_get_string(key, "key_id") ?: "        ",
                                text ?: "");
        }
}

static void render_list(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"CERTIFICATE", false, true },
                { "TYPE",       false, false},
                { "KEY ID",     false, false},
                { "EXPIRES",    false, false},
                { "USABLE",     false, false},
        };
        const json_t *certificates = json_object_get(result, "certificates"),
                     *rings = json_object_get(result, "keyrings"),
                     *configured = json_object_get(result, "configured"), *item;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        const char *key = result_get_string(configured, "key");
        size_t i;

        json_array_foreach (certificates, i, item) {
                char expires[11];

                (void) snprintf(expires, sizeof(expires), "%.10s",
                                result_get_string(item, "expires") ?: "");
                table_add_row(table, (const char *const[]){
                                                     result_get_string(item, "path"),
                                                     result_get_string(item, "type"),
                                                     result_get_string(item, "key_id"),
                                                     expires,
                                                     result_get_bool(item, "usable") ? "yes" : "no",
                                     });
        }
        if (json_array_size(certificates) > 0)
                table_print(table);
        if (!arguments_have(args, OPTION_NO_LEGEND)) {
                _cleanup_free_ char *text = result_escape(key, style);

                fprintf(file, "%sSigning key: %s%s\n",
                                json_array_size(certificates) > 0 ? "\n" : "",
                                key ? text ?: "" : "none is configured",
                                result_get_bool(configured, "signer") ? ", held by imad-signer"
                                                                      : "");
        }
        json_array_foreach (rings, i, item)
                render_keyring(item, file, style);
}

static void render_create(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *key = result_escape(result_get_string(result, "key"), style),
                            *certificate = result_escape(
                                            result_get_string(result, "certificate"), style),
                            *ca = result_escape(result_get_string(result, "ca"), style);

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(file, "Key:         %s\nCertificate: %s\nCA:          %s\n", key ?: "",
                        certificate ?: "", ca ?: "");
        if (result_get_bool(result, "ca_created"))
                fputs("The CA is new: take ca.key off this machine when all keys are made, and "
                      "keep it safe.\n",
                                file);
        fprintf(file,
                        "imactl keys check --key='%s' %s says whether this kernel verifies with "
                        "it.\n",
                        key ?: "", certificate ?: "");
}

ExitCode verb_keys_create(const Arguments *args)
{
        return worker_run_verb(args, "keys-create", render_create);
}

ExitCode verb_keys_list(const Arguments *args)
{
        return worker_run_verb(args, "keys-list", render_list);
}

ExitCode verb_keys_check(const Arguments *args)
{
        return worker_run_verb(args, "keys-check", render_check);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/inspect.h"

#include <inttypes.h>

#include "imactl/verbs.h"
#include "imactl/worker.h"

static void render_attribute(const json_t *label, const char *name, const char *verdict, FILE *out)
{
        const char *hash = result_get_string(label, "hash"),
                   *digest = result_get_string(label, "digest"),
                   *key_id = result_get_string(label, "key_id");

        if (!json_is_object(label)) {
                fprintf(out, "%s: none\n", name);
                return;
        }
        fprintf(out, "%s: %s", name, result_get_string(label, "kind") ?: "?");
        if (result_get_string(label, "type"))
                fprintf(out, " (type %s)", result_get_string(label, "type"));
        fputc('\n', out);
        if (json_is_integer(json_object_get(label, "version")))
                fprintf(out, "  version:   %" PRIu64 "\n", result_get_number(label, "version"));
        if (hash)
                fprintf(out, "  hash:      %s%s\n", hash,
                                result_get_bool(label, "weak") ? ", which is weak" : "");
        if (key_id)
                fprintf(out, "  key id:    %s\n", key_id);
        if (digest)
                fprintf(out, "  digest:    %s\n", digest);
        fprintf(out, "  size:      %" PRIu64 " bytes\n", result_get_number(label, "size"));
        fprintf(out, "  verdict:   %s\n", verdict ?: "unchecked");
}

static void render_parts(const json_t *result, FILE *out)
{
        const json_t *appended = json_object_get(result, "appended"),
                     *verity = json_object_get(result, "verity");

        if (json_is_object(appended))
                fprintf(out,
                                "appended signature: PKCS#7, %" PRIu64 " bytes\n  hash:      %s\n"
                                "  verdict:   %s\n",
                                result_get_number(appended, "size"),
                                result_get_string(appended, "hash") ?: "",
                                result_get_string(appended, "verdict") ?: "");
        if (json_is_object(verity))
                fprintf(out, "fs-verity: %s\n  digest:    %s\n",
                                result_get_string(verity, "hash") ?: "",
                                result_get_string(verity, "digest") ?: "");
}

static void render_use(const json_t *use, FILE *out, Style style)
{
        const char *verdict = result_get_string(use, "verdict") ?: "unknown",
                   *cause = result_get_string(use, "cause"),
                   *text = result_get_string(json_object_get(use, "rule"), "text");
        Tone tone = string_equal(verdict, "denied")    ? TONE_BAD
                    : string_equal(verdict, "allowed") ? TONE_GOOD
                                                       : TONE_WARN;

        fprintf(out, "%s%s%s %s: %s", style_begin(style, tone), style_mark(style, tone),
                        style_end(style, tone), result_get_string(use, "use") ?: "", verdict);
        if (cause)
                fprintf(out, ", %s", cause);
        if (text)
                fprintf(out, " (%s)", text);
        fputc('\n', out);
}

/* Uses that nothing is said about are named in one line. */
static void render_uses(const json_t *result, FILE *out, Style style)
{
        const json_t *uses = json_object_get(result, "uses"),
                     *policy = json_object_get(result, "policy"), *use;
        const char *separator = "not appraised: ";
        size_t i;

        if (!json_is_array(uses)) {
                fputs("The policy in force is not known; name one with --policy=\n", out);
                return;
        }
        fprintf(out, "Under the policy %s, ima_appraise=%s%s:\n",
                        result_get_string(policy, "source") ?: "",
                        result_get_string(policy, "appraise_mode") ?: "",
                        result_get_bool(policy, "evm") ? ", EVM active" : "");
        json_array_foreach (uses, i, use)
                if (!string_equal(result_get_string(use, "verdict"), "not-appraised"))
                        render_use(use, out, style);
        json_array_foreach (uses, i, use)
                if (string_equal(result_get_string(use, "verdict"), "not-appraised")) {
                        fprintf(out, "%s%s", separator, result_get_string(use, "use") ?: "");
                        separator = ", ";
                }
        if (separator[0] == ',')
                fputc('\n', out);
}

void inspect_render(const json_t *result, const Arguments *args, FILE *out, Style style)
{
        const json_t *keys = json_object_get(result, "keys");

        render_attribute(json_object_get(result, "ima"), "security.ima",
                        result_get_string(result, "ima_verdict"), out);
        render_attribute(json_object_get(result, "evm"), "security.evm",
                        result_get_string(result, "evm_verdict"), out);
        render_parts(result, out);
        render_uses(result, out, style);
        if (result_get_number(keys, "certificates") == 0 && !result_get_string(keys, "keyring"))
                fputs("The keys of the kernel are not seen from here; give their certificates with "
                      "--cert=\n",
                                out);
}

ExitCode verb_inspect(const Arguments *args)
{
        return worker_run_verb(args, "inspect", inspect_render);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/bundle.h"

#include <inttypes.h>

#include "imactl/sign.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

void bundle_render_created(const json_t *result, const Arguments *args, FILE *out, Style style)
{
        const json_t *bundle = json_object_get(result, "bundle");
        _cleanup_free_ char *path = result_escape(result_get_string(bundle, "path"), style);
        uint64_t files = result_get_number(bundle, "files");

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(out, "%s%s: %" PRIu64 " file%s of a %s signed%s\n",
                        result_get_bool(bundle, "dry_run") ? "dry run: " : "", path, files,
                        plural(files), result_get_string(bundle, "kind"),
                        result_get_bool(bundle, "provenance") ? ", with provenance" : "");
}

static void render_name(
                const json_t *object, const char *key, const char *label, FILE *out, Style style)
{
        const char *text = result_get_string(object, key);
        _cleanup_free_ char *name = text ? result_escape(text, style) : NULL;

        if (name)
                fprintf(out, "%s%s\n", label, name);
}

static void render_verified(const json_t *result, const Arguments *args, FILE *out, Style style)
{
        const json_t *provenance = json_object_get(result, "provenance");

        if (!arguments_have(args, OPTION_QUIET)) {
                render_name(json_object_get(result, "signer"), "subject", "signed by ", out, style);
                render_name(provenance, "builder",
                                result_get_bool(provenance, "verified") ? "built by "
                                                                        : "said to be built by ",
                                out, style);
        }
        sign_render_files(result, args, out, style);
}

ExitCode verb_bundle_create(const Arguments *args)
{
        if (!arguments_have(args, OPTION_KEY))
                return report_error(args, EXIT_CODE_USAGE,
                                "give a private key with --key=", "no key is named");
        return worker_run_verb(args, "bundle-create", bundle_render_created);
}

ExitCode verb_bundle_verify(const Arguments *args)
{
        return worker_run_verb(args, "bundle-verify", render_verified);
}

ExitCode verb_bundle_apply(const Arguments *args)
{
        return worker_run_verb(args, "bundle-apply", render_verified);
}

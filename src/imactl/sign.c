/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus/names.h"
#include "imactl/bundle.h"
#include "imactl/job.h"
#include "imactl/sign.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

/* What a verb says of results other than failed ones, in this order. */
static const char *const result_names[] = { "signed", "kept", "good", "removed", "unsigned",
        "hash-only", "wrong-digest", "bad-signature", "unknown-key", "unchecked", "restored",
        "unchanged", "different", "missing", "altered", "unvouched", "passed-over", "denied",
        "other-bytes", "other-metadata", "uncovered", "denied-by-policy", "not-appraised",
        "expired", "not-yet-valid", "revoked", "no-revocation-list", "untrusted" };

/* What results mean that do not say it themselves. */
static const struct {
        const char *result;
        const char *text;
} result_texts[] = {
        {"altered",           "its bytes are not those that are vouched for; reinstall its package"  },
        { "other-bytes",      "its bytes are not those that were signed"                             },
        { "missing",          "it is not there"                                                      },
        { "uncovered",        "the policy appraises it, and the bundle has no label for it"          },
        { "other-metadata",   "owner, mode or attributes are not those that were signed"             },
        { "denied-by-policy", "the policy would deny it with the label that the bundle has"          },
        { "unvouched",        "nobody vouches for it; see --fetch, or sign it by name with --reason="},
};

static const char *describe_result(const char *result)
{
        for (size_t i = 0; i < ELEMENTSOF(result_texts); i++)
                if (string_equal(result_texts[i].result, result))
                        return result_texts[i].text;
        return result;
}

static void render_file(const json_t *file, FILE *out, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(file, "path"), style);
        const char *reason = result_get_string(file, "reason"),
                   *hint = result_get_string(file, "hint"),
                   *key_id = result_get_string(file, "key_id"),
                   *evm = result_get_string(file, "evm"),
                   *signer = result_get_string(file, "signer"),
                   *then = result_get_string(file, "chain_then");

        fprintf(out, "%s%s%s %s: %s", style_begin(style, TONE_BAD), style_mark(style, TONE_BAD),
                        style_end(style, TONE_BAD), path ?: "",
                        reason ?: describe_result(result_get_string(file, "result")) ?: "");
        if (result_get_string(file, "cause"))
                fprintf(out, " (%s)", result_get_string(file, "cause"));
        if (key_id)
                fprintf(out, ", key id %s", key_id);
        if (signer) {
                _cleanup_free_ char *name = result_escape(signer, style);

                fprintf(out, " (%s)", name);
        }
        if (then && !string_equal(then, result_get_string(file, "chain_now")))
                fprintf(out, ", %s when it was labelled", then);
        if (string_equal(evm, "bad"))
                fputs(", and security.evm does not fit", out);
        if (string_equal(evm, "unknown_key"))
                fputs(", and security.evm is by an unknown key", out);
        if (hint)
                fprintf(out, "; %s", hint);
        fputc('\n', out);
}

/* What an earlier run left, and what was done about it. */
static void tell_recovered(const json_t *result)
{
        const json_t *list = json_object_get(result, "recovered"), *item;
        size_t i;

        json_array_foreach (list, i, item) {
                uint64_t number = result_get_number(item, "journal");

                if (result_get_bool(item, "undone")) {
                        fprintf(stderr,
                                        "imactl: the undoing of run %" PRIu64 " was interrupted "
                                        "and is done now\n",
                                        number);
                        continue;
                }
                fprintf(stderr,
                                "imactl: run %" PRIu64 " was interrupted: %" PRIu64
                                " labelled, %" PRIu64 " put back, %" PRIu64 " changed by others\n"
                                "  hint: imactl sign --resume=%" PRIu64 " goes on with it, "
                                "--undo=%" PRIu64 " takes it back\n",
                                number, result_get_number(item, "labelled"),
                                result_get_number(item, "restored"),
                                result_get_number(item, "different") +
                                                result_get_number(item, "missing"),
                                number, number);
        }
}

static void render_counts(const json_t *result, FILE *out)
{
        const json_t *results = json_object_get(result, "results");

        for (size_t i = 0; i < ELEMENTSOF(result_names); i++)
                if (json_object_get(results, result_names[i]))
                        fprintf(out, ", %" PRIu64 " %s",
                                        result_get_number(results, result_names[i]),
                                        result_names[i]);
}

/* How much of the system somebody vouches for. */
static void render_adoption(const json_t *result, FILE *out)
{
        const json_t *adoption = json_object_get(result, "adoption");

        if (!adoption)
                return;
        fprintf(out, "%" PRIu64 " of %" PRIu64 " packages vouched for by signed indexes",
                        result_get_number(adoption, "vouched"),
                        result_get_number(adoption, "packages"));
        if (result_get_number(adoption, "md5sums") > 0)
                fprintf(out, ", %" PRIu64 " files by MD5 sums of dpkg",
                                result_get_number(adoption, "md5sums"));
        fputc('\n', out);
}

void sign_render_files(const json_t *result, const Arguments *args, FILE *out, Style style)
{
        const json_t *list = json_object_get(result, "list"), *file;
        uint64_t files = result_get_number(result, "files");
        size_t i;

        tell_recovered(result);
        json_array_foreach (list, i, file)
                render_file(file, out, style);
        if (result_get_number(result, "unlisted") > 0)
                fprintf(out, "… and %" PRIu64 " more\n", result_get_number(result, "unlisted"));
        if (arguments_have(args, OPTION_QUIET))
                return;
        render_adoption(result, out);
        fprintf(out, "%s%" PRIu64 " file%s", result_get_bool(result, "dry_run") ? "dry run: " : "",
                        files, plural(files));
        render_counts(result, out);
        fprintf(out, ", %" PRIu64 " failed, %.1f s\n", result_get_number(result, "failed"),
                        json_number_value(json_object_get(result, "seconds")));
        if (result_get_number(result, "skipped_mounts") > 0)
                fprintf(out, "%" PRIu64 " other file systems were not entered; see --all-mounts\n",
                                result_get_number(result, "skipped_mounts"));
        if (result_get_number(result, "unreadable") > 0)
                fprintf(out, "%" PRIu64 " directories or files could not be read\n",
                                result_get_number(result, "unreadable"));
}

/* Standard output and error are taken, and the worker's progress has the third. */
static bool is_taken(const char *fd)
{
        return string_equal(fd, "1") || string_equal(fd, "2") || string_equal(fd, "3");
}

/* What says for whom files are signed goes with what it is about. */
static ExitCode check_adoption(const Arguments *args)
{
        const bool installed = arguments_have(args, OPTION_INSTALLED);

        if (!installed && (arguments_have(args, OPTION_FETCH) ||
                                          arguments_have(args, OPTION_ACCEPT_MD5SUMS)))
                return report_error(args, EXIT_CODE_USAGE, "add --installed",
                                "--fetch and --accept-md5sums are about installed packages");
        if (installed && arguments_have(args, OPTION_REASON))
                return report_error(args, EXIT_CODE_USAGE, "name the files instead of --installed",
                                "--reason= is for files that nobody vouches for");
        return EXIT_CODE_OK;
}

static ExitCode check_paths(const Arguments *args)
{
        if (args->words.count > 0 || arguments_have(args, OPTION_MANIFEST))
                return EXIT_CODE_OK;
        return report_error(args, EXIT_CODE_USAGE,
                        "name files or directories, or a --manifest=", "no path is given");
}

static ExitCode check_passphrase_fd(const Arguments *args)
{
        const char *fd = arguments_get(args, OPTION_PASSPHRASE_FD);

        return fd && is_taken(fd) ? report_error(args, EXIT_CODE_USAGE, "use 0 or one above 3",
                                                    "descriptor %s is used otherwise", fd)
                                  : EXIT_CODE_OK;
}

/* Paths mean the same to the daemon as to the user. */
static int append_paths(const Arguments *args, sd_bus_message *call)
{
        _cleanup_free_ char *directory = get_current_dir_name();
        int r = directory ? sd_bus_message_open_container(call, 'a', "s") : -errno;

        for (size_t i = 0; r >= 0 && i < args->words.count; i++) {
                const char *word = args->words.items[i];
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s%s%s", *word == '/' ? "" : directory,
                                    *word == '/' ? "" : "/", word) < 0)
                        return -ENOMEM;
                r = string_is_utf8(path) ? sd_bus_message_append_basic(call, 's', path) : -EILSEQ;
        }
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static int append_options(const Arguments *args, sd_bus_message *call)
{
        static const struct {
                OptionId id;
                const char *key;
        } flags[] = {
                {OPTION_DRY_RUN,     "dry-run"   },
                { OPTION_EVM,        "evm"       },
                { OPTION_ALL_MOUNTS, "all-mounts"},
        };
        const char *hash = arguments_get(args, OPTION_HASH);
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(flags); i++)
                if (arguments_have(args, flags[i].id))
                        r = sd_bus_message_append(call, "{sv}", flags[i].key, "b", 1);
        if (r >= 0 && hash)
                r = sd_bus_message_append(call, "{sv}", "hash", "s", hash);
        if (r >= 0 && args->json != JSON_OFF)
                r = sd_bus_message_append(call, "{sv}", "details", "b", 1);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static ExitCode run_job(const Arguments *args, const char *method)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_bus_message_ sd_bus_message *call = NULL;
        ExitCode code = client_connect(args, &bus);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = client_new_call(args, bus, BUS_PATH_SIGNING, BUS_INTERFACE_SIGNING, method, &call);
        if (r >= 0)
                r = append_paths(args, call);
        if (r >= 0)
                r = append_options(args, call);
        if (r == -EILSEQ)
                return report_error(args, EXIT_CODE_USAGE, "name the directory",
                                "a path that is no UTF-8 cannot be told to imad");
        return r < 0 ? client_report(args, NULL, r) : job_run(args, bus, call, sign_render_files);
}

/* What a job of the daemon takes; all else is for a run of one's own. */
static ExitCode run_by_daemon(const Arguments *args, const char *method, const char *missing)
{
        static const OptionId own[] = { OPTION_MANIFEST, OPTION_OUTPUT, OPTION_JOURNAL,
                OPTION_CACHE, OPTION_CERT, OPTION_PASSPHRASE_FD, OPTION_INSTALLED, OPTION_REASON };

        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                if (arguments_have(args, own[i]))
                        return report_error(args, EXIT_CODE_USAGE, missing,
                                        "--%s is not for a job of imad", option_table[own[i]].name);
        return args->words.count > 0 ? run_job(args, method) : check_paths(args);
}

/* The worker makes a bundle of what else would get labels. */
static ExitCode sign_into_bundle(const Arguments *args)
{
        static const OptionId others[] = { OPTION_MANIFEST, OPTION_JOURNAL, OPTION_CACHE,
                OPTION_INSTALLED, OPTION_REASON, OPTION_FS_VERITY };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (arguments_have(args, others[i]))
                        return report_error(args, EXIT_CODE_USAGE, "leave one of the two out",
                                        "--%s is about files that are labelled, not about a bundle",
                                        option_table[others[i]].name);
        return worker_run_verb(args, "sign", bundle_render_created);
}

ExitCode verb_sign(const Arguments *args)
{
        const bool earlier =
                        arguments_have(args, OPTION_UNDO) || arguments_have(args, OPTION_RESUME);
        const char *output = arguments_get(args, OPTION_OUTPUT);
        ExitCode code;

        if (earlier && args->words.count > 0)
                return report_error(args, EXIT_CODE_USAGE, "leave the paths out",
                                "--resume= and --undo= are about the files of an earlier run");
        code = check_adoption(args);
        if (code != EXIT_CODE_OK)
                return code;
        if (!earlier && !arguments_have(args, OPTION_KEY))
                return run_by_daemon(args, "Sign", "give a private key with --key=");
        code = check_passphrase_fd(args);
        if (code == EXIT_CODE_OK && !earlier && output && string_equal(output, "bundle"))
                return sign_into_bundle(args);
        if (code == EXIT_CODE_OK && !earlier && !arguments_have(args, OPTION_INSTALLED))
                code = check_paths(args);
        return code == EXIT_CODE_OK ? worker_run_verb(args, "sign", sign_render_files) : code;
}

ExitCode verb_verify(const Arguments *args)
{
        ExitCode code;

        if (!arguments_have(args, OPTION_CERT))
                return run_by_daemon(args, "Verify", "give certificates with --cert=");
        code = check_paths(args);
        return code == EXIT_CODE_OK ? worker_run_verb(args, "verify", sign_render_files) : code;
}

/* Who can set labels needs nobody; sidecars are one's own. */
ExitCode verb_unsign(const Arguments *args)
{
        ExitCode code;

        if (geteuid() != 0 && !arguments_have(args, OPTION_OUTPUT))
                return run_by_daemon(args, "Unsign", "run it as root");
        code = check_paths(args);
        return code == EXIT_CODE_OK ? worker_run_verb(args, "unsign", sign_render_files) : code;
}

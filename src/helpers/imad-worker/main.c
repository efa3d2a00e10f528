/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * imad-worker: what touches files, keys or the TPM without the daemon. One verb, one JSON object on
 * stdout; its diagnostics are members of that object.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "base/json.h"
#include "config.h"
#include "helpers/imad-worker/job-relay.h"
#include "helpers/imad-worker/worker.h"

/* Bad input must not use up the machine. The emulated test machine is 50 times slower. */
#define ADDRESS_SPACE_MAX ((rlim_t) 1024 * 1024 * 1024)
#define CPU_SECONDS_MAX 600

#define WORDS_ANY SIZE_MAX

typedef struct WorkerVerb {
        const char *name;
        size_t min_words;
        size_t max_words;
        const char *usage; /* arguments behind the verb */
        WorkerRun *run;
} WorkerVerb;

/* clang-format off */
static const WorkerVerb verbs[] = {
        { "policy-check",        0, WORDS_ANY, "[FILE…]",      verb_policy_check },
        { "policy-compile",      0, WORDS_ANY, "[FILE…]",      verb_policy_compile },
        { "policy-apply",        0, 0,         "",             verb_policy_apply },
        { "policy-off",          0, 0,         "",             verb_policy_off },
        { "policy-confirm",      0, 0,         "",             verb_policy_confirm },
        { "policy-rollback",     0, 0,         "",             verb_policy_rollback },
        { "policy-log",          0, 0,         "",             verb_policy_log },
        { "policy-kernel",       1, 1,         "RELEASE",      verb_policy_kernel },
        { "policy-pending",      0, 0,         "",             verb_policy_pending },
        { "policy-diff",         1, 2,         "A [B]",        verb_policy_diff },
        { "policy-import",       0, 1,         "[FILE|-]",     verb_policy_import },
        { "policy-simulate",     0, WORDS_ANY, "[PATH…]",      verb_policy_simulate },
        { "preset-list",         0, 0,         "",             verb_preset_list },
        { "preset-cat",          1, 1,         "NAME",         verb_preset_cat },
        { "preset-enable",       1, 1,         "NAME",         verb_preset_enable },
        { "preset-disable",      1, 1,         "NAME",         verb_preset_disable },
        { "transaction-allow",   1, 1,         "FILE",         verb_transaction_allow },
        { "transaction-list",    0, 0,         "",             verb_transaction_list },
        { "transaction-show",    1, 1,         "NUMBER",       verb_transaction_show },
        { "vouch-check",         0, WORDS_ANY, "[FILE…]",      verb_vouch_check },
        { "measurements-list",   0, 0,         "--list=FILE",  verb_measurements_list },
        { "measurements-show",   1, 1,         "--list=FILE NUMBER", verb_measurements_show },
        { "measurements-archive", 0, 0,        "",             verb_measurements_archive },
        { "measurements-export", 0, 0,         "--format=FORMAT", verb_measurements_export },
        { "measurements-verify", 0, 0,         "",             verb_measurements_verify },
        { "package-files",       1, 1,         "PACKAGE",      verb_package_files },
        { "attest-quote",        0, 0,         "--nonce=HEX",  verb_attest_quote },
        { "attest-verify",       1, 1,         "FILE",         verb_attest_verify },
        { "bundle-create",       1, 1,         "--key=FILE SOURCE", verb_bundle_create },
        { "bundle-verify",       1, 2,         "BUNDLE [SOURCE]", verb_bundle_verify },
        { "bundle-apply",        1, 2,         "BUNDLE [DIRECTORY]", verb_bundle_apply },
        { "sign",                0, WORDS_ANY, "--key=FILE PATH…", verb_sign },
        { "verify",              0, WORDS_ANY, "--cert=FILE PATH…", verb_verify },
        { "unsign",              0, WORDS_ANY, "PATH…",        verb_unsign },
        { "inspect",             1, 1,         "FILE",         verb_inspect },
        { "explain",             1, 1,         "FILE",         verb_explain },
        { "keys-check",          0, WORDS_ANY, "[CERT…]",      verb_keys_check },
        { "keys-create",         0, 1,         "[NAME]",       verb_keys_create },
        { "keys-list",           0, 0,         "",             verb_keys_list },
        { "coverage",            0, WORDS_ANY, "[DIRECTORY…]", verb_coverage },
        { "label-recover",       0, 0,         "",             verb_label_recover },
        { "job-serve",           0, 0,         "",             verb_job_serve },
        { "doctor",              0, WORDS_ANY, "[OPTION…]",    verb_doctor },
};
/* clang-format on */

static void print_usage(FILE *file)
{
        fputs("Usage: imad-worker [--root=DIR] [--progress-fd=N] VERB …\n", file);
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                fprintf(file, "  %s %s\n", verbs[i].name, verbs[i].usage);
        fputs("Options: --dry-run, --kernel=RELEASE, --target=NAME, --list=FILE, "
              "--pcr=ALGORITHM:N=HEX,\n         --pcrs=FILE, --event-log=FILE, --cert=FILE|DIR, "
              "--ca=FILE|DIR, --crl=FILE, --deny-list=FILE, "
              "--output=FILE, --running, --strict, --live,\n         --tree, --packages, "
              "--all-mounts, --prune, "
              "--explain, --evm, --fs-verity, --missing, --details,\n         --installed, "
              "--fetch, "
              "--accept-md5sums, --observe, --observed, --trial, --auto, "
              "--confirm-within=TIME",
                        file);
        for (int i = 0; i < WORKER_OPTION_MAX; i++)
                fprintf(file, ", --%s=", worker_option_to_string((WorkerOption) i));
        fputc('\n', file);
}

static int parse_progress_fd(const char *text, int *ret_fd)
{
        uint64_t fd;

        if (parse_u64(text, INT32_MAX, &fd) < 0 || fcntl((int) fd, F_GETFD) < 0)
                return -EINVAL;
        *ret_fd = (int) fd;
        return 0;
}

/* getopt_long() values of the options with a value that worker.h numbers. */
#define OPTION_BASE 256

static const struct option fixed_options[] = {
        {"root",            required_argument, NULL, 'r'},
        { "progress-fd",    required_argument, NULL, 'p'},
        { "dry-run",        no_argument,       NULL, 'n'},
        { "kernel",         required_argument, NULL, 'k'},
        { "list",           required_argument, NULL, 'l'},
        { "pcr",            required_argument, NULL, 'P'},
        { "pcrs",           required_argument, NULL, 'F'},
        { "event-log",      required_argument, NULL, 'E'},
        { "cert",           required_argument, NULL, 'c'},
        { "ca",             required_argument, NULL, 'A'},
        { "crl",            required_argument, NULL, 'C'},
        { "deny-list",      required_argument, NULL, 'N'},
        { "output",         required_argument, NULL, 'o'},
        { "running",        no_argument,       NULL, 'R'},
        { "strict",         no_argument,       NULL, 's'},
        { "target",         required_argument, NULL, 't'},
        { "live",           no_argument,       NULL, 'L'},
        { "prune",          no_argument,       NULL, 'u'},
        { "tree",           no_argument,       NULL, 'T'},
        { "packages",       no_argument,       NULL, 'd'},
        { "all-mounts",     no_argument,       NULL, 'm'},
        { "explain",        no_argument,       NULL, 'e'},
        { "evm",            no_argument,       NULL, 'v'},
        { "missing",        no_argument,       NULL, 'M'},
        { "fs-verity",      no_argument,       NULL, 'Y'},
        { "details",        no_argument,       NULL, 'D'},
        { "installed",      no_argument,       NULL, 'i'},
        { "fetch",          no_argument,       NULL, 'f'},
        { "accept-md5sums", no_argument,       NULL, '5'},
        { "trial",          no_argument,       NULL, 'y'},
        { "auto",           no_argument,       NULL, 'a'},
        { "confirm-within", required_argument, NULL, 'w'},
        { "observe",        no_argument,       NULL, 'O'},
        { "observed",       no_argument,       NULL, 'S'},
        { "help",           no_argument,       NULL, 'h'},
        { "version",        no_argument,       NULL, 'V'},
};

static void make_options(
                struct option options[static ELEMENTSOF(fixed_options) + WORKER_OPTION_MAX + 1])
{
        size_t n = ELEMENTSOF(fixed_options);

        memcpy(options, fixed_options, sizeof(fixed_options));
        for (int i = 0; i < WORKER_OPTION_MAX; i++)
                options[n++] = (struct option){ worker_option_to_string((WorkerOption) i),
                        required_argument, NULL, OPTION_BASE + i };
        options[n] = (struct option){ 0 };
}

/* Options that are a member of the worker: a text or a flag. */
static const struct {
        int letter;
        bool text;
        size_t offset;
} members[] = {
        {'k',  true,  offsetof(Worker, kernel)        },
        { 't', true,  offsetof(Worker, target)        },
        { 'l', true,  offsetof(Worker, list)          },
        { 'o', true,  offsetof(Worker, output)        },
        { 'E', true,  offsetof(Worker, event_log)     },
        { 'n', false, offsetof(Worker, dry_run)       },
        { 's', false, offsetof(Worker, strict)        },
        { 'L', false, offsetof(Worker, live)          },
        { 'R', false, offsetof(Worker, running)       },
        { 'u', false, offsetof(Worker, prune)         },
        { 'T', false, offsetof(Worker, tree)          },
        { 'd', false, offsetof(Worker, packages)      },
        { 'm', false, offsetof(Worker, all_mounts)    },
        { 'e', false, offsetof(Worker, explain)       },
        { 'v', false, offsetof(Worker, evm)           },
        { 'M', false, offsetof(Worker, missing)       },
        { 'Y', false, offsetof(Worker, fs_verity)     },
        { 'D', false, offsetof(Worker, details)       },
        { 'i', false, offsetof(Worker, installed)     },
        { 'f', false, offsetof(Worker, fetch)         },
        { '5', false, offsetof(Worker, accept_md5sums)},
        { 'y', false, offsetof(Worker, trial)         },
        { 'a', false, offsetof(Worker, automatic)     },
        { 'w', true,  offsetof(Worker, confirm_within)},
        { 'O', false, offsetof(Worker, observe)       },
        { 'S', false, offsetof(Worker, observed)      },
};

static int set_member(Worker *worker, int letter, const char *value)
{
        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                char *member = (char *) worker + members[i].offset;

                if (members[i].letter != letter)
                        continue;
                if (members[i].text)
                        *(const char **) member = value;
                else
                        *(bool *) member = true;
                return 1;
        }
        return -EINVAL;
}

/* 1: go on; 0: done; -EINVAL: wrong use. */
static int take_option(Worker *worker, int c, char *value, const char **ret_root)
{
        if (c >= OPTION_BASE && c < OPTION_BASE + WORKER_OPTION_MAX) {
                worker->options[c - OPTION_BASE] = value;
                return 1;
        }
        switch (c) {
        case 'r':
                *ret_root = value;
                return 1;
        case 'p':
                return parse_progress_fd(value, &worker->progress_fd) < 0 ? -EINVAL : 1;
        case 'P':
                return string_list_add(&worker->pcrs, value) < 0 ? -ENOMEM : 1;
        case 'F':
                return string_list_add(&worker->pcr_files, value) < 0 ? -ENOMEM : 1;
        case 'c':
                return string_list_add(&worker->certificates, value) < 0 ? -ENOMEM : 1;
        case 'A':
                return string_list_add(&worker->authorities, value) < 0 ? -ENOMEM : 1;
        case 'C':
                return string_list_add(&worker->revocations, value) < 0 ? -ENOMEM : 1;
        case 'N':
                return string_list_add(&worker->deny_lists, value) < 0 ? -ENOMEM : 1;
        case 'h':
                print_usage(stdout);
                return 0;
        case 'V':
                puts("imad " IMAD_VERSION);
                return 0;
        default:
                return set_member(worker, c, value);
        }
}

static int parse_options(int argc, char **argv, Worker *worker, const char **ret_root)
{
        struct option options[ELEMENTSOF(fixed_options) + WORKER_OPTION_MAX + 1];
        int c, r = 1;

        make_options(options);
        while (r > 0 && (c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                r = take_option(worker, c, optarg, ret_root);
        return r;
}

static const WorkerVerb *find_verb(const char *name, size_t n_words)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (string_equal(verbs[i].name, name))
                        return n_words >= verbs[i].min_words && n_words <= verbs[i].max_words
                                               ? &verbs[i]
                                               : NULL;
        return NULL;
}

static void set_limits(void)
{
        const struct rlimit cpu = { CPU_SECONDS_MAX, RLIM_INFINITY }, core = { 0, 0 };

        (void) setrlimit(RLIMIT_CPU, &cpu);
        (void) setrlimit(RLIMIT_CORE, &core);
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone needs terabytes of addresses */
        const struct rlimit memory = { ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX };

        (void) setrlimit(RLIMIT_AS, &memory);
#endif
}

static ExitCode print_result(Worker *worker, ExitCode code)
{
        if (worker->error && worker_set(worker, "error", json_incref(worker->error)) < 0)
                return EXIT_CODE_FAILURE;
        if (worker_set(worker, "diagnostics", diag_list_to_json(&worker->diags)) < 0)
                return EXIT_CODE_FAILURE;
        return json_print(worker->result, JSON_SHORT, stdout) < 0 ? EXIT_CODE_FAILURE : code;
}

static ExitCode run_verb(Worker *worker, const WorkerVerb *verb, const char *root)
{
        const char *relay = worker->options[WORKER_OPTION_RELAY];
        ExitCode code = EXIT_CODE_OK;

        if (relay)
                return job_relay_run(worker, relay, &code) < 0 ? print_result(worker, worker->code)
                                                               : code;
        worker->root_fd = fs_open_root(root);
        if (worker->root_fd < 0)
                code = worker_fail_errno(worker, worker->root_fd, root ? root : "/");
        else
                code = verb->run(worker);
        return print_result(worker, code);
}

int main(int argc, char **argv)
{
        _cleanup_(worker_done) Worker worker = {
                .root_fd = -EBADF,
                .progress_fd = -EBADF,
                .result = json_object(),
        };
        const char *root = NULL;
        const WorkerVerb *verb;
        int r;

        (void) signal(SIGPIPE, SIG_IGN);
        /* A file above the caller's limit is an error of write(), which is cleaned up behind. */
        (void) signal(SIGXFSZ, SIG_IGN);
        set_limits();
        r = parse_options(argc, argv, &worker, &root);
        if (r == 0)
                return EXIT_CODE_OK;
        verb = r < 0 || optind >= argc ? NULL
                                       : find_verb(argv[optind], (size_t) (argc - optind - 1));
        if (!verb) {
                print_usage(stderr);
                return EXIT_CODE_USAGE;
        }
        worker.argv = argv;
        worker.argc = argc;
        worker.words = argv + optind + 1;
        worker.n_words = (size_t) (argc - optind - 1);
        return run_verb(&worker, verb, root);
}

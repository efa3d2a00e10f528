/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of imad-worker: its options, and the JSON object that it prints. Verbs add members to the
 * result, collect diagnostics, and say in one sentence why they failed.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/exit-code.h"
#include "base/strings.h"
#include "system/tpm.h"

/* Options that have a value: of policy-simulate, what a request is about; of attest and export. */
typedef enum WorkerOption {
        WORKER_OPTION_POLICY,
        WORKER_OPTION_FORCE,
        WORKER_OPTION_USE,
        WORKER_OPTION_FUNC,
        WORKER_OPTION_MASK,
        WORKER_OPTION_UID,
        WORKER_OPTION_EUID,
        WORKER_OPTION_GID,
        WORKER_OPTION_EGID,
        WORKER_OPTION_FOWNER,
        WORKER_OPTION_FGROUP,
        WORKER_OPTION_FSMAGIC,
        WORKER_OPTION_FSNAME,
        WORKER_OPTION_FSUUID,
        WORKER_OPTION_LSM,
        WORKER_OPTION_DATA,
        WORKER_OPTION_NONCE,
        WORKER_OPTION_TCTI,
        WORKER_OPTION_AK,
        WORKER_OPTION_ALLOW_LIST,
        WORKER_OPTION_FORMAT,
        WORKER_OPTION_UNION,
        WORKER_OPTION_ARCHIVE,
        WORKER_OPTION_PATH,
        WORKER_OPTION_TEMPLATE,
        WORKER_OPTION_VERDICT,
        WORKER_OPTION_SIGNED_BY,
        WORKER_OPTION_PACKAGE,
        WORKER_OPTION_KEY,
        WORKER_OPTION_HASH,
        WORKER_OPTION_PASSPHRASE_FD,
        WORKER_OPTION_KIND,
        WORKER_OPTION_TYPE,
        WORKER_OPTION_AT_LEAST,
        WORKER_OPTION_RELAY,
        WORKER_OPTION_JOURNAL,
        WORKER_OPTION_CACHE,
        WORKER_OPTION_MANIFEST,
        WORKER_OPTION_RESUME,
        WORKER_OPTION_UNDO,
        WORKER_OPTION_REASON,
        WORKER_OPTION_PROVENANCE,
        WORKER_OPTION_REQUIRE_PROVENANCE,
        WORKER_OPTION_BUILDER,
        WORKER_OPTION_VALID_FOR,
        WORKER_OPTION_MAX,
        WORKER_OPTION_INVALID = -EINVAL,
} WorkerOption;

typedef struct Worker {
        int root_fd;
        bool dry_run;
        bool strict;                /* warnings count as errors */
        const char *kernel;         /* --kernel=, or NULL */
        const char *target;         /* --target=, or NULL */
        bool live;                  /* --live */
        const char *list;           /* --list=, or NULL */
        const char *output;         /* --output=, or NULL */
        bool running;               /* --running */
        bool trial;                 /* --trial */
        bool automatic;             /* --auto */
        const char *confirm_within; /* --confirm-within=, or NULL */
        bool observe;               /* --observe */
        bool observed;              /* --observed */
        const char *options[WORKER_OPTION_MAX];
        bool prune;              /* --prune */
        bool tree;               /* --tree */
        bool packages;           /* --packages */
        bool all_mounts;         /* --all-mounts */
        bool explain;            /* --explain */
        bool evm;                /* --evm */
        bool missing;            /* --missing */
        bool installed;          /* --installed */
        bool fetch;              /* --fetch */
        bool accept_md5sums;     /* --accept-md5sums */
        bool fs_verity;          /* --fs-verity */
        bool details;            /* --details: each file, whatever became of it */
        StringList pcrs;         /* --pcr=, each ALG:N=HEX */
        StringList pcr_files;    /* --pcrs= */
        StringList certificates; /* --cert=, files and directories */
        StringList authorities;  /* --ca=, likewise */
        StringList revocations;  /* --crl= */
        StringList deny_lists;   /* --deny-list= */
        const char *event_log;   /* --event-log=, or NULL */
        int progress_fd;         /* -EBADF: nobody wants to know */
        char **argv;             /* the whole command line, options first */
        int argc;
        char **words; /* arguments behind the verb */
        size_t n_words;
        json_t *result;
        json_t *error; /* {message, hint}, or NULL */
        ExitCode code; /* of the error */
        DiagList diags;
} Worker;

void worker_done(Worker *worker);

/*
 * Fails the run: the first call decides what "error" says. Returns code, so that a verb can
 * `return worker_fail(…)`. `hint` may be NULL.
 */
ExitCode worker_fail(Worker *worker, ExitCode code, const char *hint, const char *format, ...)
                _printf_(4, 5);

/* Fails the run for a negative errno that has no better explanation. */
ExitCode worker_fail_errno(Worker *worker, int error, const char *what);

/* The TPM of --tcti=, or the machine's own; it is not yet asked for anything. */
ExitCode worker_open_tpm(Worker *worker, Tpm **ret_tpm);

/* Fails the run for a negative errno of system/tpm.h. */
ExitCode worker_fail_tpm(Worker *worker, int error);

/* Sets a member of the result; takes the reference, and a NULL value is a want of memory. */
int worker_set(Worker *worker, const char *key, json_t *value);

/* Tells how far the work is, from 0 to 1. */
void worker_progress(const Worker *worker, double fraction, const char *text);

/*
 * The path of an argument as seen from the root: with the host's root, relative ones are taken from
 * the current directory. malloc()ed.
 */
int worker_resolve_path(const Worker *worker, const char *argument, char **ret_path);

/* The same for all arguments behind the verb, which are added to a list. */
int worker_resolve_words(const Worker *worker, StringList *paths);

/* Reads a whole file that an option names; limit in bytes. */
ExitCode worker_read_file(
                Worker *worker, const char *name, size_t limit, char **ret_text, size_t *ret_size);

/*
 * Parses what a file that an option names holds into an object; diagnostics go to the worker's.
 * What is malformed fails the run with EXIT_CODE_MALFORMED.
 */
typedef int WorkerParser(
                Worker *worker, void *into, const char *bytes, size_t size, const char *name);
ExitCode worker_parse_file(
                Worker *worker, const char *name, size_t limit, WorkerParser *parse, void *into);

/* Reads --nonce= into a place of TPM_NONCE_MAX bytes. -EINVAL when it is missing or malformed. */
int worker_parse_nonce(Worker *worker, uint8_t *ret_nonce, size_t *ret_size);

/* Whether --output= is "sidecar"; it may be "xattr" or missing, else -EINVAL. */
int worker_parse_label_output(Worker *worker, bool *ret_sidecar);

/* The name without dashes. */
const char *worker_option_to_string(WorkerOption option);

/* Else WORKER_OPTION_INVALID. */
WorkerOption worker_option_from_string(const char *name);

typedef ExitCode WorkerRun(Worker *worker);

WorkerRun verb_policy_check;
WorkerRun verb_policy_compile;
WorkerRun verb_policy_apply;
WorkerRun verb_policy_off;
WorkerRun verb_policy_confirm;
WorkerRun verb_policy_rollback;
WorkerRun verb_policy_log;
WorkerRun verb_policy_kernel;
WorkerRun verb_policy_pending;
WorkerRun verb_policy_diff;
WorkerRun verb_policy_import;
WorkerRun verb_policy_simulate;
WorkerRun verb_preset_list;
WorkerRun verb_preset_cat;
WorkerRun verb_preset_enable;
WorkerRun verb_preset_disable;
WorkerRun verb_transaction_allow;
WorkerRun verb_transaction_list;
WorkerRun verb_transaction_show;
WorkerRun verb_vouch_check;
WorkerRun verb_measurements_archive;
WorkerRun verb_measurements_export;
WorkerRun verb_measurements_list;
WorkerRun verb_measurements_show;
WorkerRun verb_measurements_verify;
WorkerRun verb_package_files;
WorkerRun verb_attest_quote;
WorkerRun verb_attest_verify;
WorkerRun verb_bundle_create;
WorkerRun verb_bundle_verify;
WorkerRun verb_bundle_apply;
WorkerRun verb_sign;
WorkerRun verb_verify;
WorkerRun verb_unsign;
WorkerRun verb_inspect;
WorkerRun verb_explain;
WorkerRun verb_keys_check;
WorkerRun verb_keys_create;
WorkerRun verb_keys_list;
WorkerRun verb_coverage;
WorkerRun verb_job_serve;
WorkerRun verb_label_recover;
WorkerRun verb_doctor;

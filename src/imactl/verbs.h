/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of verbs. It drives the parser, --help, the completions and the check of the manual
 * page; a new verb is a row here and a function in the file of its group.
 */
#pragma once

#include "base/exit-code.h"
#include "imactl/arguments.h"

#define VERB_ARGS_ANY UINT32_MAX

typedef enum VerbFlags {
        VERB_DEFAULT = 1 << 0, /* run when no verb is given */
        VERB_VERDICT = 1 << 1, /* a failing exit code is this verb's answer, not an error */
        VERB_PAGER = 1 << 2,   /* its output may be longer than a terminal */
        VERB_DETAILS = 1 << 3, /* with --json its worker tells of every file */
} VerbFlags;

struct Verb {
        const char *group; /* first word of two, or NULL */
        const char *name;
        const char *synopsis; /* arguments, or "" */
        const char *help;     /* one line, imperative, without full stop */
        uint32_t min_args;
        uint32_t max_args;
        uint32_t flags;
        const OptionId *options; /* those that are not global, then OPTION_MAX; NULL: none */
        CompletionKind completion;
        ExitCode (*run)(const Arguments *args);
};

typedef struct VerbGroup {
        const char *name; /* NULL: verbs of one word */
        const char *title;
} VerbGroup;

extern const Verb verb_table[];
extern const size_t verb_table_size;
extern const VerbGroup verb_groups[];
extern const size_t verb_groups_size;

bool verb_group_exists(const char *name);

/* Whether the option is one of the verb's own, or, with a verb of NULL, a global one. */
bool verb_has_option(const Verb *verb, OptionId id);

/* NULL: there is no such verb. `group` may be NULL. */
const Verb *verb_find(const char *group, const char *name);

/* The verb with VERB_DEFAULT. */
const Verb *verb_get_default(void);

/* Nearest verb of the group, nearest first word when group is NULL; NULL: nothing is near. */
const char *verb_find_nearest(const char *group, const char *word);

/* One function per row of the table. */
ExitCode verb_status(const Arguments *args);
ExitCode verb_doctor(const Arguments *args);
ExitCode verb_explain(const Arguments *args);
ExitCode verb_bundle_create(const Arguments *args);
ExitCode verb_bundle_verify(const Arguments *args);
ExitCode verb_bundle_apply(const Arguments *args);
ExitCode verb_sign(const Arguments *args);
ExitCode verb_verify(const Arguments *args);
ExitCode verb_unsign(const Arguments *args);
ExitCode verb_inspect(const Arguments *args);
ExitCode verb_coverage(const Arguments *args);
ExitCode verb_help(const Arguments *args);
ExitCode verb_version(const Arguments *args);
ExitCode verb_policy_check(const Arguments *args);
ExitCode verb_policy_compile(const Arguments *args);
ExitCode verb_policy_apply(const Arguments *args);
ExitCode verb_policy_confirm(const Arguments *args);
ExitCode verb_policy_rollback(const Arguments *args);
ExitCode verb_policy_log(const Arguments *args);
ExitCode verb_policy_off(const Arguments *args);
ExitCode verb_policy_diff(const Arguments *args);
ExitCode verb_policy_import(const Arguments *args);
ExitCode verb_policy_simulate(const Arguments *args);
ExitCode verb_preset_list(const Arguments *args);
ExitCode verb_preset_cat(const Arguments *args);
ExitCode verb_preset_enable(const Arguments *args);
ExitCode verb_preset_disable(const Arguments *args);
ExitCode verb_transaction_allow(const Arguments *args);
ExitCode verb_transaction_list(const Arguments *args);
ExitCode verb_transaction_show(const Arguments *args);
ExitCode verb_vouch_check(const Arguments *args);
ExitCode verb_keys_list(const Arguments *args);
ExitCode verb_keys_check(const Arguments *args);
ExitCode verb_keys_create(const Arguments *args);
ExitCode verb_attest_quote(const Arguments *args);
ExitCode verb_attest_verify(const Arguments *args);
ExitCode verb_measurements_archive(const Arguments *args);
ExitCode verb_measurements_export(const Arguments *args);
ExitCode verb_measurements_list(const Arguments *args);
ExitCode verb_measurements_follow(const Arguments *args);
ExitCode verb_measurements_show(const Arguments *args);
ExitCode verb_measurements_verify(const Arguments *args);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of imactl: a table of options, and what one call gave for them. Options may
 * stand before and after the verb; a wrong command line is remembered, not reported at once, so
 * that --json counts wherever it stands.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strings.h"

typedef struct Verb Verb;

typedef enum OptionId {
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_JSON,
        OPTION_JSON_AUTO,
        OPTION_NO_PAGER,
        OPTION_NO_LEGEND,
        OPTION_QUIET,
        OPTION_NO_ASK_PASSWORD,
        OPTION_DETAILED_EXITCODE,
        OPTION_ROOT,
        OPTION_DRY_RUN,
        OPTION_KERNEL,
        OPTION_STRICT,
        OPTION_TARGET,
        OPTION_LIVE,
        OPTION_LIST,
        OPTION_PCR,
        OPTION_OUTPUT,
        OPTION_RUNNING,
        OPTION_PCRS,
        OPTION_EVENT_LOG,
        OPTION_CERT,
        OPTION_NONCE,
        OPTION_TCTI,
        OPTION_AK,
        OPTION_ALLOW_LIST,
        OPTION_FORMAT,
        OPTION_UNION,
        OPTION_PRUNE,
        OPTION_ARCHIVE,
        OPTION_POLICY,
        OPTION_USE,
        OPTION_FUNC,
        OPTION_MASK,
        OPTION_UID,
        OPTION_EUID,
        OPTION_GID,
        OPTION_EGID,
        OPTION_FOWNER,
        OPTION_FGROUP,
        OPTION_FSMAGIC,
        OPTION_FSNAME,
        OPTION_FSUUID,
        OPTION_LSM,
        OPTION_DATA,
        OPTION_TREE,
        OPTION_PACKAGES,
        OPTION_ALL_MOUNTS,
        OPTION_EXPLAIN,
        OPTION_SINCE,
        OPTION_PATH,
        OPTION_TEMPLATE,
        OPTION_VERDICT,
        OPTION_SIGNED_BY,
        OPTION_PACKAGE,
        OPTION_KEY,
        OPTION_HASH,
        OPTION_EVM,
        OPTION_PASSPHRASE_FD,
        OPTION_CA,
        OPTION_CRL,
        OPTION_DENY_LIST,
        OPTION_FS_VERITY,
        OPTION_KIND,
        OPTION_TYPE,
        OPTION_MISSING,
        OPTION_AT_LEAST,
        OPTION_JOURNAL,
        OPTION_CACHE,
        OPTION_MANIFEST,
        OPTION_RESUME,
        OPTION_UNDO,
        OPTION_INSTALLED,
        OPTION_FETCH,
        OPTION_ACCEPT_MD5SUMS,
        OPTION_REASON,
        OPTION_TRIAL,
        OPTION_AUTO,
        OPTION_CONFIRM_WITHIN,
        OPTION_FORCE,
        OPTION_OBSERVE,
        OPTION_OBSERVED,
        OPTION_PROVENANCE,
        OPTION_REQUIRE_PROVENANCE,
        OPTION_BUILDER,
        OPTION_VALID_FOR,
        OPTION_MAX,
} OptionId;

/* What a shell offers for a value or an argument. */
typedef enum CompletionKind {
        COMPLETION_NONE,
        COMPLETION_FILE,
        COMPLETION_DIRECTORY,
        COMPLETION_JSON_MODE,
        COMPLETION_KERNEL,
        COMPLETION_PRESET,
        COMPLETION_TARGET,
        COMPLETION_VERB,
        COMPLETION_CODE,
        COMPLETION_ENTRY_VERDICT,
        COMPLETION_KIND_MAX,
} CompletionKind;

typedef struct Option {
        const char *name;  /* without dashes; NULL: short form only */
        char short_name;   /* 0: long form only */
        bool global;       /* taken by every verb */
        bool repeatable;   /* else the last one counts */
        const char *value; /* name of the value in texts; NULL: takes none */
        CompletionKind completion;
        const char *help;
} Option;

/* By OptionId. */
extern const Option option_table[OPTION_MAX];

typedef struct Arguments {
        const Verb *verb; /* NULL: the command line is wrong, or help for a group is wanted */
        bool verb_named;  /* else verb is the default one */
        StringList words; /* arguments of the verb */
        StringList values[OPTION_MAX];
        bool given[OPTION_MAX];
        JsonMode json;
        char *usage_error; /* NULL: the command line is right */
        char *usage_hint;
} Arguments;

/* Fills ret_arguments even when the command line is wrong; only -ENOMEM fails. */
int arguments_parse(int argc, char *argv[], Arguments *ret_arguments);
void arguments_done(Arguments *args);

static inline bool arguments_have(const Arguments *args, OptionId id)
{
        return args->given[id];
}

/* The last value given for the option, or NULL. */
static inline const char *arguments_get(const Arguments *args, OptionId id)
{
        const StringList *values = &args->values[id];

        return values->count > 0 ? values->items[values->count - 1] : NULL;
}

#define _cleanup_arguments_ _cleanup_(arguments_done)

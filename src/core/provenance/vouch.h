/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator vouches for: files that no archive holds, because scripts and triggers of
 * packages make them. Fragments of YAML, as those of the policy: imad.vouch(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/strings.h"

#define VOUCH_LANGUAGE_VERSION "1"
#define VOUCH_RULES_MAX 1000
#define VOUCH_PATTERN_MAX 1024
#define VOUCH_FILES_DEFAULT 100
#define VOUCH_FILES_MAX 10000
#define VOUCH_SIZE_DEFAULT ((uint64_t) 64 << 20)
#define VOUCH_SIZE_MAX ((uint64_t) 1 << 30)

typedef struct VouchRule {
        char *id;           /* "10-dkms/modules" */
        StringList paths;   /* patterns, from "/" on */
        char *package;      /* the rule counts while it is installed */
        uint64_t max_files; /* in one transaction */
        uint64_t max_size;  /* of a file, in bytes */
} VouchRule;

typedef struct VouchRules {
        VouchRule *items;
        size_t count;
} VouchRules;

void vouch_rules_done(VouchRules *rules);

/*
 * Adds the rules of one fragment to those that are there; name is that of its file, path what
 * diagnostics call it. Everything that is wrong is told at once, with its lines; the caller looks
 * at diags->errors, as a malformed rule is left out. -ENOMEM.
 */
int vouch_parse(const char *name, const char *path, const char *text, size_t size,
                VouchRules *rules, DiagList *diags);

/*
 * Whether a component of a path fits the first `length` bytes of a pattern: "*" stands for any
 * characters and "?" for one, but not for the dot that a hidden file begins with.
 */
bool vouch_match(const char *pattern, size_t length, const char *name);

/* Whether these first bytes of a pattern stand for more than one name. */
bool vouch_is_wild(const char *pattern, size_t length);

#define _cleanup_vouch_rules_ _cleanup_(vouch_rules_done)

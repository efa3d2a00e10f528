/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole text in the kernel's policy syntax, as people keep it in files and documents and as
 * kernels show it, read into rules with their comments.
 */
#pragma once

#include "base/diag.h"
#include "core/policy/rule/rule.h"

#define KERNEL_TEXT_SIZE_MAX ((size_t) 16 * 1024 * 1024)

typedef struct KernelTextRule {
        Rule rule;           /* with its line and column; id is "" */
        const char *comment; /* lines "# …" before and behind it, each with a newline; or NULL */
} KernelTextRule;

typedef struct KernelText {
        Arena arena;
        KernelTextRule *rules;
        size_t n_rules;
        size_t n_allocated;
        const char *comment; /* behind the last rule, or NULL */
} KernelText;

void kernel_text_done(KernelText *text);

/*
 * Reads a text; every line that the kernel refuses is an error in diags, all of them at once. Two
 * kinds of lines are taken all the same, as it is certain what they mean:
 *
 * - what a kernel shows in <securityfs>/ima/policy but does not read (ima_policy_show() of
 *   security/integrity/ima/ima_policy.c): appraise_type before digest_type, ids of 2147483648 and
 *   above as negative numbers; a note says so;
 * - what people write in files and documents: a byte order mark, carriage returns, a missing last
 *   newline, a comment behind a rule, a rule continued behind a backslash; a warning says so.
 *
 * Comments keep their bytes, with '?' for what is no printable character of one line; runs of blank
 * lines between them become one. The target may be NULL. -EBADMSG when diags got an error, -ENOMEM;
 * *ret_text is not written then.
 */
int kernel_text_parse(const char *text, size_t size, const char *source, const Target *target,
                KernelText *ret_text, DiagList *diags);

/*
 * Whether a text in the kernel's syntax has a rule that appraises: the word "appraise", which
 * stands for nothing else in it. Comments count too; it is never wrong about a text without.
 */
bool kernel_text_appraises(const char *text);

#define _cleanup_kernel_text_ _cleanup_(kernel_text_done)

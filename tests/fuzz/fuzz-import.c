/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel policy text of any bytes is imported or refused with a diagnostic; what is imported
 * compiles to the same rules in the same order.
 */
#include <stdlib.h>

#include "core/policy/compile.h"
#include "core/policy/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a fragment leaves out: appraise_flag without the action appraise. */
static int format_original(const Rule *rule, Buffer *out)
{
        RuleValue values[KEYWORD_MAX];
        Rule kept = { .values = values };
        int r;

        for (size_t i = 0; i < rule->n_values; i++)
                if (rule->values[i].keyword != KEYWORD_APPRAISE_FLAG ||
                                rule_get_action(rule) == RULE_ACTION_APPRAISE)
                        values[kept.n_values++] = rule->values[i];
        r = rule_format(&kept, out);
        return r < 0 ? r : buffer_append(out, "\n", 1);
}

static void check_fragment(const KernelText *text, char *fragment, size_t size)
{
        PolicySource source = { (char *) "50-x.yaml", (char *) "50-x.yaml", fragment, size };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_buffer_ Buffer original = { 0 };
        _cleanup_free_ char *compiled = NULL;
        size_t compiled_size;

        if (policy_compile(&source, 1, NULL, NULL, &policy, &diags) < 0 || diags.count > 0 ||
                        policy_format(policy, &compiled, &compiled_size) < 0)
                abort();
        for (size_t i = 0; i < text->n_rules; i++)
                if (format_original(&text->rules[i].rule, &original) < 0)
                        abort();
        if (compiled_size != original.size ||
                        (original.size > 0 && memcmp(compiled, original.data, original.size) != 0))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *fragment = NULL;
        size_t fragment_size;
        int r;

        r = kernel_text_parse((const char *) data, size, "fuzz.policy", NULL, &text, &diags);
        if (r >= 0)
                r = import_format_fragment(&text, "fuzz.policy", &fragment, &fragment_size, &diags);
        if ((r < 0) != (diags.errors > 0))
                abort();
        if (fragment)
                check_fragment(&text, fragment, fragment_size);
        return 0;
}

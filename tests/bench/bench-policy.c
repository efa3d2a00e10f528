/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiling and linting fragments against what libyaml alone needs to scan the same text: the ratio
 * says what imad adds, whatever the machine's speed.
 */
#include <inttypes.h>
#include <yaml.h>

#include "base/buffer.h"
#include "base/time.h"
#include "core/policy/compile.h"
#include "core/policy/lint/lint.h"

#define RULES_PER_FRAGMENT 1000

/* The least time of several rounds is the one that other work on the machine disturbed least. */
#define ROUNDS 7

static int add_fragment(PolicySourceList *sources, size_t number)
{
        _cleanup_buffer_ Buffer text = { 0 };
        char name[32], *bytes;
        size_t size;
        int r = buffer_append_string(&text, "policy: 1\nrules:\n");

        for (unsigned i = 0; r >= 0 && i < RULES_PER_FRAGMENT; i++)
                r = buffer_append_format(&text,
                                "  - id: rule-%u\n    action: measure\n    func: FILE_CHECK\n"
                                "    mask: ^MAY_READ\n    fowner: %u\n",
                                i, (unsigned) number * RULES_PER_FRAGMENT + i);
        if (r >= 0)
                r = buffer_take(&text, &bytes, &size);
        (void) snprintf(name, sizeof(name), "%04zu-bench.yaml", number);
        return r < 0 ? r : policy_source_list_add(sources, name, name, bytes, size);
}

static usec_t scan(const PolicySourceList *sources)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);

        for (size_t i = 0; i < sources->count; i++) {
                yaml_parser_t parser;
                yaml_token_t token = { 0 };
                bool end = false;

                if (!yaml_parser_initialize(&parser))
                        abort();
                yaml_parser_set_input_string(&parser,
                                (const unsigned char *) sources->items[i].text,
                                sources->items[i].size);
                while (!end) {
                        if (!yaml_parser_scan(&parser, &token))
                                abort();
                        end = token.type == YAML_STREAM_END_TOKEN;
                        yaml_token_delete(&token);
                }
                yaml_parser_delete(&parser);
        }
        return time_now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static usec_t compile(const PolicySourceList *sources)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (policy_compile(sources->items, sources->count, NULL, NULL, &policy, &diags) < 0 ||
                        lint_policy(policy, NULL, NULL, &diags) < 0 ||
                        policy_format(policy, &text, &size) < 0)
                abort();
        return time_now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static usec_t least(usec_t a, usec_t b)
{
        return a < b ? a : b;
}

int main(void)
{
        static const size_t fragments[] = { 1, 10, 100 };

        printf("%10s %14s %14s %8s\n", "rules", "libyaml scan", "imad compile", "ratio");
        for (size_t i = 0; i < ELEMENTSOF(fragments); i++) {
                _cleanup_sources_ PolicySourceList sources = { 0 };
                usec_t scanned = UINT64_MAX, compiled = UINT64_MAX;

                for (size_t n = 0; n < fragments[i]; n++)
                        if (add_fragment(&sources, n) < 0)
                                return EXIT_FAILURE;
                for (size_t round = 0; round < ROUNDS; round++) {
                        scanned = least(scanned, scan(&sources));
                        compiled = least(compiled, compile(&sources));
                }
                printf("%10zu %11" PRIu64 " us %11" PRIu64 " us %8.2f\n",
                                fragments[i] * RULES_PER_FRAGMENT, scanned, compiled,
                                (double) compiled / (double) (scanned ?: 1));
        }
        return EXIT_SUCCESS;
}

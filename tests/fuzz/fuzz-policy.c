/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fragments of any bytes are compiled or refused with a diagnostic; what is compiled is text that
 * the kernel's grammar takes. A form feed separates two fragments.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "core/policy/compile.h"
#include "core/policy/lint/lint.h"
#include "core/policy/rule/rule-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve(void *userdata, const char *name, uint32_t *ret_id)
{
        *ret_id = (uint32_t) strlen(name);
        return name[0] == 'x' ? -ENOENT : 0;
}

static void add(PolicySourceList *sources, const char *name, const uint8_t *text, size_t size)
{
        char *copy = malloc(size + 1);

        memcpy(copy, text, size);
        copy[size] = '\0';
        if (policy_source_list_add(sources, name, name, copy, size) < 0)
                abort();
}

static void check_text(const Policy *policy, const Target *target)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (policy_format(policy, &text, &size) < 0 || strlen(text) != size)
                abort();
        for (const char *line = text; *line;) {
                _cleanup_arena_ Arena arena = { 0 };
                size_t length = strcspn(line, "\n");
                Rule rule;

                if (rule_text_parse(line, length, target, &arena, &rule) != 1 ||
                                length > RULE_LENGTH_MAX || line[length] != '\n')
                        abort();
                line += length + 1;
        }
}

static bool is_before(uint32_t line, uint32_t column, uint32_t other_line, uint32_t other_column)
{
        return line != other_line ? line < other_line : column < other_column;
}

/* A fix is applied piece by piece: the pieces stand in order and do not overlap. */
static void check_fix(const Diag *d)
{
        for (size_t i = 0; i < d->n_edits; i++) {
                const DiagPlace *p = &d->edits[i].place;
                const DiagPlace *before = i > 0 ? &d->edits[i - 1].place : NULL;

                if (is_before(p->end_line, p->end_column, p->line, p->column))
                        abort();
                if (before && is_before(p->line, p->column, before->end_line, before->end_column))
                        abort();
        }
}

/* Whatever the fragment holds, its diagnostics can be sent and shown. */
static void check_diags(const DiagList *diags)
{
        json_t *json = diag_list_to_json(diags);
        _cleanup_diags_ DiagList copy = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        if (!json || !file || diag_list_from_json(json, &copy) < 0)
                abort();
        diag_list_print(&copy, file, true);
        (void) fclose(file);
        json_decref(json);
        for (size_t i = 0; i < diags->count; i++)
                check_fix(&diags->items[i]);
}

/* Whatever the rules are, lint only warns. */
static void check_lint(const Policy *policy, const Target *target)
{
        static const LintFilesystem filesystem = {
                .path = "/boot", .type = "vfat", .magic = 0x4d44, .lacks_xattrs = true
        };
        static const LintFacts facts = { .filesystems = &filesystem, .n_filesystems = 1 };
        _cleanup_diags_ DiagList diags = { 0 };

        if (lint_policy(policy, target, &facts, &diags) < 0 || diags.errors > 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const NameResolver names = { resolve, resolve, NULL };
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        const uint8_t *second = memchr(data, '\f', size);
        size_t first = second ? (size_t) (second - data) : size;
        int r;

        if (target_new(size % 2 ? "6.1.0" : "6.12.0", NULL, &target) < 0)
                abort();
        add(&sources, "10-first.yaml", data, first);
        if (second)
                add(&sources, "20-second.yaml", second + 1, size - first - 1);
        r = policy_compile(sources.items, sources.count, target, &names, &policy, &diags);
        check_diags(&diags);
        if ((r < 0) != (diags.errors > 0) || (r < 0) != !policy)
                abort();
        if (policy) {
                check_text(policy, target);
                check_lint(policy, target);
        }
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-bless/bless.h"

#include "base/buffer.h"
#include "base/fs.h"
#include "system/generation.h"
#include "system/guardian.h"
#include "system/rollout.h"

#define BASELINE_SIZE_MAX (1024U * 1024)
#define PROBLEMS_MAX 20

void bless_facts_done(BlessFacts *facts)
{
        string_list_done(&facts->failed);
        string_list_done(&facts->denials);
        string_list_done(&facts->login);
}

static int add_problem(StringList *problems, const char *subject, const char *what)
{
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "%s%s", subject, what) < 0)
                return -ENOMEM;
        return string_list_add(problems, text);
}

static int add_all(StringList *problems, const StringList *sentences)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < sentences->count && i < PROBLEMS_MAX; i++)
                r = string_list_add(problems, sentences->items[i]);
        return r;
}

/* -ENOENT when no boot was judged before: then nothing is known about units. */
static int load_baseline(int root_fd, StringList *ret_units)
{
        _cleanup_strings_ StringList units = { 0 };
        _cleanup_free_ char *text = NULL;
        char *save = NULL;
        int r = fs_read_file(root_fd, BLESS_BASELINE_PATH, BASELINE_SIZE_MAX, &text, NULL);

        if (r < 0)
                return r;
        for (char *line = strtok_r(text, "\n", &save); r >= 0 && line;
                        line = strtok_r(NULL, "\n", &save))
                r = string_list_add(&units, line);
        if (r >= 0)
                *ret_units = TAKE_STRUCT(units);
        return r;
}

static int store_baseline(int root_fd, const StringList *units)
{
        _cleanup_buffer_ Buffer text = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < units->count; i++)
                r = buffer_append_format(&text, "%s\n", units->items[i]);
        if (r < 0)
                return r;
        return fs_replace_file(root_fd, BLESS_BASELINE_PATH, text.size > 0 ? text.data : "",
                        text.size, 0644);
}

static int judge_units(int root_fd, const BlessFacts *facts, StringList *problems)
{
        _cleanup_strings_ StringList before = { 0 };
        int r = load_baseline(root_fd, &before);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        for (size_t i = 0; r >= 0 && i < facts->failed.count && i < PROBLEMS_MAX; i++)
                if (!string_list_contains(&before, facts->failed.items[i]))
                        r = add_problem(problems, facts->failed.items[i],
                                        " has failed, and had not before");
        return r;
}

/* Rules that nobody has seen at work on this machine. */
static bool has_new_rules(GenerationState *state, const BootTry *try)
{
        const GenerationEntry *entry = generation_state_find(state, try->generation);

        return try->trial && !(entry && entry->same_rules);
}

static int judge(int root_fd, const BlessFacts *facts, bool new_rules, StringList *problems)
{
        int r = facts->up ? 0 : add_problem(problems, "default.target", " was not reached");

        if (r >= 0)
                r = add_all(problems, &facts->login);
        if (r >= 0 && new_rules)
                r = add_all(problems, &facts->denials);
        if (r >= 0 && new_rules)
                r = judge_units(root_fd, facts, problems);
        return r;
}

/* The guardian may have ended by itself only by a reboot: its absence is told, not hidden. */
static int tell_guardian(int root_fd, BlessVerdict verdict)
{
        int r = verdict == BLESS_VERDICT_WAITING ? guardian_extend(root_fd)
                                                 : guardian_stop(root_fd);
        int p = guardian_restore_panic(root_fd);

        return r < 0 ? r : p;
}

bool bless_is_due(int root_fd)
{
        _cleanup_diags_ DiagList diags = { 0 };
        char boot_id[BOOT_ID_SIZE];
        GenerationState state;
        const BootTry *try;

        if (rollout_read_boot_id(root_fd, boot_id) < 0 ||
                        generation_state_load(root_fd, &state, &diags) < 0)
                return false;
        try = rollout_find_try(&state, boot_id);
        return try && try->result == BOOT_TRY_RESULT_OPEN;
}

int bless_boot(int root_fd, const BlessFacts *facts, BlessVerdict *ret_verdict,
                StringList *problems)
{
        _cleanup_close_ int lock_fd = -EBADF;
        _cleanup_diags_ DiagList diags = { 0 };
        BlessVerdict verdict = BLESS_VERDICT_BLESSED;
        usec_t now = time_now(CLOCK_REALTIME);
        char boot_id[BOOT_ID_SIZE];
        GenerationState state;
        BootTry *try;
        int r = rollout_read_boot_id(root_fd, boot_id);

        if (r >= 0)
                r = generation_store_wait(root_fd, &lock_fd);
        if (r >= 0)
                r = generation_state_load(root_fd, &state, &diags);
        if (r < 0)
                return r;
        try = rollout_find_try(&state, boot_id);
        if (!try || try->result != BOOT_TRY_RESULT_OPEN) {
                *ret_verdict = BLESS_VERDICT_NOTHING;
                return try ? 0 : store_baseline(root_fd, &facts->failed);
        }
        r = judge(root_fd, facts, has_new_rules(&state, try), problems);
        if (r < 0)
                return r;
        if (problems->count > 0) {
                verdict = BLESS_VERDICT_FAILED;
                rollout_fail(&state, try, problems->items[0], now);
        } else if (rollout_bless(&state, try, now)) {
                verdict = BLESS_VERDICT_WAITING;
        }
        r = generation_state_store(root_fd, &state);
        if (r >= 0 && verdict == BLESS_VERDICT_BLESSED)
                r = store_baseline(root_fd, &facts->failed);
        if (r >= 0 && verdict != BLESS_VERDICT_FAILED)
                r = tell_guardian(root_fd, verdict);
        if (r >= 0)
                *ret_verdict = verdict;
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A random policy over a small world: every rule that demands something names owners or groups that
 * only prepared files have, so that the machine itself stays as it is.
 */
#pragma once

#include <stdarg.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "core/policy/rule/rule-text.h"

#define WORLD_OWNER 20000U /* files belong to this one and those behind */
#define WORLD_OWNERS 12U
#define WORLD_GROUP 21000U
#define WORLD_GROUPS 6U
#define WORLD_RINGS 24U
#define WORLD_RULES 360U
#define WORLD_LABELS 3U

static const unsigned world_users[] = { 0, 22001, 22002 };
static const unsigned world_user_groups[] = { 0, 23001, 23002 };

/* Names of labels.cil: user, role and type of a subject or an object. */
static const char *const world_labels[3][WORLD_LABELS] = {
        {"sim0_u",  "sim1_u", "sim2_u"},
        { "sim0_r", "sim1_r", "sim2_r"},
        { "sim0_t", "sim1_t", "sim2_t"},
};

/* Same seed, same policy and same files. */
static uint64_t world_state;

static inline unsigned draw(unsigned limit)
{
        world_state = world_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned) (world_state >> 33) % limit;
}

static inline bool chance(unsigned percent)
{
        return draw(100) < percent;
}

#define DRAW(array) ((array)[draw(ELEMENTSOF(array))])

/* What the machine has to offer. */
typedef struct World {
        const Target *target;
        const char *uuid; /* of the root file system */
        bool has_apparmor;
        bool has_selinux;
        bool has_firmware;      /* a driver asks for some */
        const char *data_label; /* of critical data that can be made here: by SELinux when it begins
                                   to enforce, or by init_module(2); or NULL */
        bool can_append;        /* the policy file stays, so that POLICY_CHECK can be asked for */
} World;

typedef struct Draft {
        Buffer *text;
        const char *action;
        const char *func; /* "" for none */
} Draft;

static inline void add(Draft *d, const char *format, ...) _printf_(2, 3);

static inline void add(Draft *d, const char *format, ...)
{
        char word[256];
        va_list args;

        va_start(args, format);
        (void) vsnprintf(word, sizeof(word), format, args);
        va_end(args);
        if (buffer_append_string(d->text, " ") < 0 || buffer_append_string(d->text, word) < 0)
                abort();
}

static inline void add_ids(Draft *d)
{
        static const char operators[] = "==><";
        unsigned kind = draw(7);

        if (kind < 2)
                add(d, "%suid%c%u", kind ? "e" : "", operators[draw(4)], DRAW(world_users));
        else if (kind < 4)
                add(d, "%sgid%c%u", kind == 3 ? "e" : "", operators[draw(4)],
                                DRAW(world_user_groups));
}

static inline void add_file_conditions(Draft *d, const World *w)
{
        static const char *const masks[] = { "MAY_READ", "MAY_WRITE", "MAY_EXEC", "^MAY_READ",
                "^MAY_WRITE", "^MAY_EXEC", "^MAY_APPEND", "MAY_APPEND" };
        static const char *const filesystems[] = { "fsmagic=0xef53", "fsmagic=0x1021994",
                "fsmagic=0x858458f6", "fsname=ext4", "fsname=tmpfs", "fsname=ramfs" };
        unsigned owner = WORLD_OWNER + draw(WORLD_OWNERS), group = WORLD_GROUP + draw(WORLD_GROUPS);

        if (strcmp(d->func, "FILE_CHECK") == 0 ? chance(60) : chance(15))
                add(d, "mask=%s",
                                d->func[0] == 'M' || d->func[0] == 'B' || d->func[0] == 'C'
                                                ? "MAY_EXEC"
                                                : DRAW(masks));
        if (chance(20))
                add(d, "%s", DRAW(filesystems));
        if (chance(8))
                add(d, "fsuuid=%s", w->uuid);
        add_ids(d);
        if (chance(60))
                add(d, "fowner=%u", owner);
        else if (chance(50))
                add(d, "fowner%c%u fgroup=%u", chance(50) ? '>' : '<', owner, group);
        else
                add(d, "fgroup=%u", group);
        if (w->has_apparmor && chance(12))
                add(d, "subj_role=unconfined");
        for (int k = KEYWORD_SUBJ_USER; w->has_selinux && k <= KEYWORD_OBJ_TYPE; k++)
                if (chance(8))
                        add(d, "%s=%s", keyword_get((KeywordId) k)->name,
                                        DRAW(world_labels[(k - KEYWORD_SUBJ_USER) % 3]));
}

static inline void add_options(Draft *d)
{
        static const char *const templates[] = { "ima-ng", "ima-sig", "ima-ngv2", "ima-sigv2",
                "evm-sig" };
        bool appraise = strcmp(d->action, "appraise") == 0, verity = d->func[0] != 'K' && chance(2);

        if (strcmp(d->action, "measure") == 0 && chance(35))
                add(d, "pcr=%u", 11 + draw(4));
        if (strcmp(d->action, "measure") == 0 && d->func[0] &&
                        strcmp(d->func, "KEXEC_CMDLINE") != 0 && chance(25))
                add(d, "template=%s", DRAW(templates));
        if (chance(10))
                add(d, "permit_directio");
        if (verity && strcmp(d->func, "MODULE_CHECK") != 0)
                add(d, appraise ? "digest_type=verity appraise_type=sigv3" : "digest_type=verity");
        else if (appraise && chance(20))
                add(d, "appraise_type=imasig");
        if (appraise && chance(5))
                add(d, "appraise_flag=check_blacklist");
        if (appraise && chance(30))
                add(d, "appraise_algos=%s", chance(50) ? "sha1" : "sha256");
}

static inline void add_rings(Draft *d)
{
        unsigned first = draw(WORLD_RINGS - 3);

        add(d, "keyrings=simring%u|simring%u|simring%u", first, first + 1, first + 3);
        if (chance(30))
                add(d, "uid=%u", DRAW(world_users));
        if (strcmp(d->action, "measure") == 0 && chance(50))
                add(d, "pcr=%u", 11 + draw(4));
}

static inline void draft_rule(Buffer *text, const World *w)
{
        static const char *const actions[] = { "measure", "measure", "measure", "dont_measure",
                "appraise", "appraise", "appraise", "dont_appraise", "audit", "audit", "hash",
                "dont_hash" };
        static const char *const funcs[] = { "", "", "FILE_CHECK", "FILE_CHECK", "FILE_CHECK",
                "MMAP_CHECK", "MMAP_CHECK_REQPROT", "BPRM_CHECK", "BPRM_CHECK", "CREDS_CHECK",
                "MODULE_CHECK", "FIRMWARE_CHECK", "KEXEC_KERNEL_CHECK", "KEXEC_INITRAMFS_CHECK",
                "KEXEC_CMDLINE", "POLICY_CHECK", "KEY_CHECK", "CRITICAL_DATA" };
        Draft d = { text, DRAW(actions), DRAW(funcs) };

        if (buffer_append_string(text, d.action) < 0)
                abort();
        if (d.func[0])
                add(&d, "func=%s", d.func);
        if (strcmp(d.func, "KEY_CHECK") == 0) {
                add_rings(&d);
        } else if (strcmp(d.func, "CRITICAL_DATA") == 0) {
                if (w->data_label)
                        add(&d, "label=%s", w->data_label);
                add(&d, "uid=%u", DRAW(world_users));
        } else {
                add_file_conditions(&d, w);
                add_options(&d);
        }
}

/* Only what this kernel takes; what a rule of this list must not do to the machine is left out. */
static inline size_t draft_policy(Buffer *policy, const World *w)
{
        size_t n = 0;

        for (unsigned i = 0; n < WORLD_RULES && i < WORLD_RULES * 20; i++) {
                _cleanup_buffer_ Buffer line = { 0 };
                _cleanup_arena_ Arena arena = { 0 };
                Rule rule;

                draft_rule(&line, w);
                if (rule_text_parse(line.data, line.size, w->target, &arena, &rule) != 1)
                        continue;
                if (buffer_append(policy, line.data, line.size) < 0 ||
                                buffer_append(policy, "\n", 1) < 0)
                        abort();
                n++;
        }
        return n;
}

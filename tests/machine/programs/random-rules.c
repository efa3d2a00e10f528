/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random-rules.h"

#include <string.h>

#include "base/digest.h"

#define PIECES_MAX 24
#define PIECE_SIZE 128

typedef struct Line {
        char pieces[PIECES_MAX][PIECE_SIZE];
        size_t count;
} Line;

typedef struct Pool {
        const char *const *good; /* what some kernel takes */
        const char *const *bad;  /* what is near it, and mostly wrong */
} Pool;

#define LONG_TEXT "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* clang-format off */
/* Kinds of values without a table of words of their own. */
static const Pool pools[VALUE_TYPE_MAX] = {
        [VALUE_TYPE_MASK] = {
                WORDS("MAY_EXEC", "MAY_WRITE", "MAY_READ", "MAY_APPEND", "^MAY_EXEC", "^MAY_READ",
                      "^MAY_APPEND", "^MAY_WRITE"),
                WORDS("^^MAY_READ", "MAY_EXEC|MAY_READ", "^", "may_read", "MAY_READ^", "READ"),
        },
        [VALUE_TYPE_MAGIC] = {
                WORDS("0xef53", "ef53", "0", "+1", "0X0A", "ffffffffffffffff",
                      "00000000000000000000001"),
                WORDS("0x", "0xg", "-1", "10000000000000000", "+", "++1", "+-1", "0x0x1", "1g",
                      "fffffffffffffffffffg"),
        },
        [VALUE_TYPE_TEXT] = {
                WORDS("ext4", "tmpfs", "notafs", "fuse.x", "\xff\x01\"", "=", ">", LONG_TEXT),
                WORDS(""),
        },
        [VALUE_TYPE_UUID] = {
                WORDS("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6",
                      "8BCBE394-4F13-4144-BE8E-5AA9EA2CE2F6", "00000000-0000-0000-0000-000000000000",
                      "8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6junk"),
                WORDS("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f", "8bcbe3944f134144be8e5aa9ea2ce2f6",
                      "8bcbe394-4f13-4144-be8e_5aa9ea2ce2f6", "gbcbe394-4f13-4144-be8e-5aa9ea2ce2f6"),
        },
        [VALUE_TYPE_USER] = {
                WORDS("0", "1000", "+5", "010", "4294967294", "2147483648", "00"),
                WORDS("-1", "-0", "4294967295", "4294967296", "0x5", "root", "5 ",
                      "18446744073709551615", "18446744073709551616", "99999999999999999999x", "=5", "+",
                      "5-"),
        },
        [VALUE_TYPE_GROUP] = {
                WORDS("0", "1000", "+5", "010", "4294967294"),
                WORDS("-1", "4294967295", "4294967296", "0x5", "wheel", "18446744073709551616",
                      "1e3"),
        },
        [VALUE_TYPE_LABEL] = {
                WORDS("unconfined", "unconfined", "unconf", "&unconfined", ":",
                      "unconfined//&unconfined", "::unconfined"),
                WORDS("bin_t", "system_u", "unconfined2", "Unconfined", ":ns:x", "unconfined//x",
                      "/usr/bin/man", "\r"),
        },
        [VALUE_TYPE_LIST] = {
                WORDS(".ima", "a|b", ".ima|.evm|.ima", "selinux", "x"),
                WORDS("|a", "a|", "a||b", "|"),
        },
        [VALUE_TYPE_DIGEST_TYPE] = {
                WORDS("verity"),
                WORDS("Verity", "verity2", "sha256"),
        },
        [VALUE_TYPE_APPRAISE_TYPE] = {
                WORDS("imasig", "imasig", "imasig|modsig"),
                WORDS("sigv3", "modsig", "sigv2", "meta_immutable", "modsig|imasig", "imasig|"),
        },
        [VALUE_TYPE_APPRAISE_FLAG] = {
                WORDS("check_blacklist", "blacklist", "x"),
                WORDS("BLACKLIST", "|"),
        },
        [VALUE_TYPE_PCR] = {
                WORDS("10", "0", "+7", "-0", "31", "63", "0010"),
                WORDS("64", "-1", "0x7", "-+0", "99999999999999999999", "1 0", "+-0", "ten"),
        },
        [VALUE_TYPE_TEMPLATE] = {
                WORDS("ima", "ima-ng", "ima-sig", "ima-ngv2", "ima-sigv2", "ima-buf", "ima-modsig",
                      "evm-sig", "d|n", "d-ng|n-ng", "d-ngv2|n-ng|sig"),
                WORDS("d-ng", "ima-x", "d|n|", "d-ng|n-ng|iuid", "IMA"),
        },
};
/* clang-format on */

/* splitmix64 of Steele, Lea and Flood. */
static uint64_t next(RandomRules *r)
{
        uint64_t z = (r->state += 0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
}

static size_t below(RandomRules *r, size_t limit)
{
        return (size_t) (next(r) % limit);
}

static bool percent(RandomRules *r, unsigned chance)
{
        return below(r, 100) < chance;
}

static const char *pick(RandomRules *r, const char *const *words)
{
        size_t n = 0;

        while (words && words[n])
                n++;
        return n > 0 ? words[below(r, n)] : "";
}

RandomRules random_rules_new(uint64_t seed, const Target *target)
{
        return (RandomRules){ .state = seed, .target = target };
}

/* A list of one to three names; hashes that are not offered make the kernel look for modules. */
static void add_hashes(RandomRules *r, bool good, char *text, size_t size)
{
        size_t used = 0, count = 1 + below(r, 3);

        for (size_t i = 0; i < count; i++) {
                HashAlgorithm algorithm = (HashAlgorithm) below(r, HASH_ALGORITHM_MAX);

                while (good && target_has_hash(r->target, algorithm) == 0)
                        algorithm = (HashAlgorithm) below(r, HASH_ALGORITHM_MAX);
                used += (size_t) snprintf(text + used, size - used, "%s%s", i > 0 ? "," : "",
                                percent(r, good ? 0 : 30)
                                                ? pick(r, WORDS("", "sha", "SHA256", "sha-256"))
                                                : hash_algorithm_to_string(algorithm));
        }
}

static const char *random_func(RandomRules *r)
{
        RuleFunc func = (RuleFunc) (1 + below(r, RULE_FUNC_MAX - 1));
        const RuleFuncInfo *info = rule_func_get_info(func);

        if (percent(r, 5))
                return pick(r, WORDS("POST_SETATTR", "NONE", "MAX_CHECK", "file_check", "1"));
        return info->alias && percent(r, 20) ? info->alias : info->name;
}

static char *new_piece(Line *line)
{
        return line->count < PIECES_MAX ? line->pieces[line->count++] : NULL;
}

static void add_word(Line *line, const char *word)
{
        char *piece = new_piece(line);

        if (piece)
                (void) snprintf(piece, PIECE_SIZE, "%s", word);
}

static void add_keyword(RandomRules *r, Line *line, KeywordId id, bool good)
{
        const Keyword *keyword = keyword_get(id);
        char value[PIECE_SIZE] = "", *piece = new_piece(line), op = '=';
        size_t length;

        if (!piece)
                return;
        if (keyword->operators[0] == '\0' && good) {
                (void) snprintf(piece, PIECE_SIZE, "%s", keyword->name);
                return;
        }
        if (percent(r, good ? 0 : 10))
                op = pick(r, WORDS("=", ">", "<", "!", "^"))[0];
        else if (keyword->operators[0] != '\0')
                op = keyword->operators[below(r, strlen(keyword->operators))];
        if (keyword->type == VALUE_TYPE_FUNC)
                (void) snprintf(value, sizeof(value), "%s", random_func(r));
        else if (keyword->type == VALUE_TYPE_HASHES)
                add_hashes(r, good, value, sizeof(value));
        else
                (void) snprintf(value, sizeof(value), "%s",
                                pick(r, good ? pools[keyword->type].good
                                             : pools[keyword->type].bad));
        length = (size_t) snprintf(piece, PIECE_SIZE, "%s%c", keyword->name, op);
        (void) snprintf(piece + length, PIECE_SIZE - length, "%s", value);
}

/* Whether the keyword makes a rule that a kernel may take; the rest is up to chance. */
static bool fits(const RuleFuncInfo *func, RuleAction action, KeywordId id)
{
        const Keyword *keyword = keyword_get(id);

        return id != KEYWORD_ACTION && id != KEYWORD_FUNC && (func->keywords & BIT(id)) &&
               (keyword->actions & BIT(action));
}

/* Chance in percent that a keyword that fits is put into the rule. */
static unsigned chance_of(KeywordId id)
{
        switch (keyword_get(id)->type) {
        case VALUE_TYPE_LABEL:
                return id == KEYWORD_SUBJ_ROLE ? 8 : 1;
        case VALUE_TYPE_DIGEST_TYPE:
        case VALUE_TYPE_APPRAISE_FLAG:
                return 5;
        case VALUE_TYPE_LIST:
                return 30;
        default:
                return 15;
        }
}

static void add_options(RandomRules *r, Line *line, RuleFunc func, RuleAction action)
{
        const RuleFuncInfo *info = rule_func_get_info(func);
        unsigned bad_chance = percent(r, 80) ? 0 : 25;

        for (int i = KEYWORD_ACTION; i < KEYWORD_MAX; i++) {
                KeywordId id = (KeywordId) i;
                bool must = func == RULE_FUNC_SETXATTR_CHECK && id == KEYWORD_APPRAISE_ALGOS;

                if (!must && !percent(r, fits(info, action, id) ? chance_of(id) : bad_chance / 8))
                        continue;
                add_keyword(r, line, id, !percent(r, bad_chance));
                if (id == KEYWORD_DIGEST_TYPE && action == RULE_ACTION_APPRAISE && percent(r, 80))
                        add_word(line, "appraise_type=sigv3");
        }
}

/* Every pair of action and func has its turn. */
static void make_rule(RandomRules *r, Line *line)
{
        RuleFunc func = (RuleFunc) (r->count % RULE_FUNC_MAX);
        RuleAction action = (RuleAction) (r->count / RULE_FUNC_MAX % RULE_ACTION_MAX);
        const RuleFuncInfo *info = rule_func_get_info(func);
        char *piece;

        if (!(info->actions & BIT(action)) && percent(r, 80))
                action = info->actions & BIT(RULE_ACTION_APPRAISE) ? RULE_ACTION_APPRAISE
                                                                   : RULE_ACTION_MEASURE;
        add_word(line, rule_action_to_string(action));
        if (info->name && (piece = new_piece(line)))
                (void) snprintf(piece, PIECE_SIZE, "func=%s",
                                info->alias && percent(r, 20) ? info->alias : info->name);
        add_options(r, line, func, action);
}

/* Tokens that have nothing to do with each other. */
static void make_nonsense(RandomRules *r, Line *line)
{
        for (size_t n = below(r, 6); n > 0; n--) {
                if (percent(r, 30))
                        add_word(line, rule_action_to_string(
                                                       (RuleAction) below(r, RULE_ACTION_MAX)));
                else if (percent(r, 5))
                        add_word(line, pick(r, WORDS("dont_audit", "measure=1", "fs_subtype=x", "#",
                                                               "\r", "func", "permit_directio=1",
                                                               "uid", "=")));
                else
                        add_keyword(r, line,
                                        (KeywordId) (KEYWORD_FUNC +
                                                        below(r, KEYWORD_MAX - KEYWORD_FUNC)),
                                        percent(r, 70));
        }
}

static void swap_pieces(RandomRules *r, Line *line)
{
        char kept[PIECE_SIZE];
        size_t a = below(r, line->count), b = below(r, line->count);

        memcpy(kept, line->pieces[a], PIECE_SIZE);
        memmove(line->pieces[a], line->pieces[b], PIECE_SIZE);
        memcpy(line->pieces[b], kept, PIECE_SIZE);
}

static void repeat_piece(RandomRules *r, Line *line)
{
        char *piece = new_piece(line);

        if (piece)
                memcpy(piece, line->pieces[below(r, line->count - 1)], PIECE_SIZE);
}

static int join(RandomRules *r, const Line *line, Buffer *payload)
{
        int e = 0;

        if (percent(r, 3))
                e = buffer_append_string(
                                payload, pick(r, WORDS(" ", "\t \t", "# ", "\v", "\xef\xbb\xbf")));
        for (size_t i = 0; e >= 0 && i < line->count; i++) {
                e = buffer_append_string(
                                payload, i == 0           ? ""
                                         : percent(r, 95) ? " "
                                                          : pick(r, WORDS("\t", "  ", " \t ")));
                if (e >= 0)
                        e = buffer_append_string(payload, line->pieces[i]);
        }
        return e;
}

/* A byte changed, doubled or lost, a second line, no newline, NUL, a line of about a page. */
static int spoil(RandomRules *r, Buffer *payload)
{
        size_t at = payload->size > 0 ? below(r, payload->size) : 0;

        switch (below(r, 8)) {
        case 0:
                if (payload->size > 0)
                        payload->data[at] = (char) below(r, 256);
                return buffer_append_string(payload, "\n");
        case 1:
                if (payload->size > 0)
                        memmove(payload->data + at, payload->data + at + 1, --payload->size - at);
                return buffer_append_string(payload, "\n");
        case 2:
                return 0;
        case 3:
                return buffer_append_string(payload, "\r\n");
        case 4:
                return buffer_append(payload, "\0bogus\n", 7);
        case 5:
                return buffer_append_string(payload, "\nbogus\n");
        case 6:
                return buffer_append_string(payload, " \n");
        default:
                if (!percent(r, 10))
                        return buffer_append_string(payload, "\n");
                at = r->target->page_size - 8 + below(r, 16);
                while (payload->size < at)
                        if (buffer_append_string(payload, " ") < 0)
                                return -ENOMEM;
                return buffer_append_string(payload, "uid=0\n");
        }
}

int random_rules_next(RandomRules *r, Buffer *payload)
{
        Line line = { .count = 0 };
        int e;

        payload->size = 0;
        if (percent(r, 75))
                make_rule(r, &line);
        else
                make_nonsense(r, &line);
        r->count++;
        if (line.count > 1 && percent(r, 10))
                swap_pieces(r, &line);
        if (line.count > 0 && percent(r, 3))
                repeat_piece(r, &line);
        e = join(r, &line, payload);
        if (e < 0)
                return e;
        e = percent(r, 10) ? spoil(r, payload) : buffer_append_string(payload, "\n");
        /* That would be the path of a file of rules, which may be any. */
        if (e >= 0 && payload->size > 0 && payload->data[0] == '/')
                payload->data[0] = '?';
        return e;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/import/kernel-text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/strings.h"
#include "base/utf8.h"
#include "core/policy/code.h"
#include "core/policy/compile.h"
#include "core/policy/import/refusal.h"
#include "core/policy/rule/rule-text.h"

#define RULE_TEXT_MAX 65536 /* bytes of one rule as written, blanks included */
#define FSNAME_SHOWN_MAX 63 /* ima_policy_show() */
#define SHOWN_MAX 80

static const char bom[] = "\xef\xbb\xbf";

/* One rule, perhaps of several lines: the bytes from begin on, with blanks for what joins them. */
typedef struct Line {
        const char *begin;
        uint32_t number; /* of the first of them */
        Buffer bytes;
        bool continued;
} Line;

typedef struct Reader {
        const char *source;
        const Target *target;
        DiagList *diags;
        KernelText *text;
        const char *position;
        const char *end;
        uint32_t line;
        Buffer comment;
        bool gap; /* a blank line since the last comment */
        bool carriage_return;
} Reader;

void kernel_text_done(KernelText *text)
{
        arena_done(&text->arena);
        free(text->rules);
        *text = (KernelText){ 0 };
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
        while (p < end && is_blank(*p))
                p++;
        return p;
}

/* Where `size` bytes of the current line stand. */
static DiagPlace place_in_line(const Reader *reader, const char *begin, size_t offset, size_t size)
{
        return diag_place_in(
                        (DiagPlace){ .source = reader->source, .line = reader->line, .column = 1 },
                        begin, offset, size);
}

static int tell(const Reader *reader, DiagSeverity severity, const char *code, DiagPlace place,
                const char *hint, const char *message)
{
        return diag_add(reader->diags, severity, code, place, hint, "%s", message);
}

/* The next physical line without its end; false at the end of the text. */
static bool next_line(Reader *reader, const char **ret_begin, const char **ret_end)
{
        const char *newline;

        if (reader->position >= reader->end)
                return false;
        newline = memchr(reader->position, '\n', (size_t) (reader->end - reader->position));
        *ret_begin = reader->position;
        *ret_end = newline ?: reader->end;
        reader->position = newline ? newline + 1 : reader->end;
        reader->line++;
        return true;
}

/* Each kind of fault that belongs to the whole file is told at its first place. */
static int strip_carriage_return(Reader *reader, const char *begin, const char **end)
{
        if (*end == begin || (*end)[-1] != '\r')
                return 0;
        (*end)--;
        if (reader->carriage_return)
                return 0;
        reader->carriage_return = true;
        return tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_REFUSED,
                        place_in_line(reader, begin, (size_t) (*end - begin), 1),
                        "taken as the end of the line; for the kernel: sed -i 's/\\r$//' FILE",
                        "the kernel refuses carriage returns at the end of lines");
}

/* Characters that libyaml takes for the end of a comment, or for no text at all. */
static bool may_stand_in_comment(uint32_t c)
{
        static const struct {
                uint32_t first, last;
        } refused[] = {
                {0,       0x08  },
                { 0x0a,   0x1f  },
                { 0x7f,   0x9f  },
                { 0x2028, 0x2029},
                { 0xfeff, 0xfeff},
                { 0xfffe, 0xffff},
        };

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                if (c >= refused[i].first && c <= refused[i].last)
                        return false;
        return true;
}

static int add_comment(Reader *reader, const char *begin, const char *end)
{
        int r = 0;

        if (reader->gap && reader->comment.size > 0)
                r = buffer_append(&reader->comment, "\n", 1);
        reader->gap = false;
        while (r >= 0 && begin < end) {
                uint32_t c = 0;
                size_t length = utf8_decode(begin, (size_t) (end - begin), &c);

                r = length > 0 && may_stand_in_comment(c)
                                    ? buffer_append(&reader->comment, begin, length)
                                    : buffer_append(&reader->comment, "?", 1);
                begin += length > 0 ? length : 1;
        }
        return r < 0 ? r : buffer_append(&reader->comment, "\n", 1);
}

/* The comments since the last rule, for the arena; NULL when there are none. */
static int take_comment(Reader *reader, const char **ret_comment)
{
        const char *comment = NULL;

        reader->gap = false;
        if (reader->comment.size > 0) {
                comment = arena_copy_text(
                                &reader->text->arena, reader->comment.data, reader->comment.size);
                if (!comment)
                        return -ENOMEM;
        }
        buffer_consume(&reader->comment, reader->comment.size);
        *ret_comment = comment;
        return 0;
}

/* A "#" at the start of a word begins a comment for people, not for the kernel. */
static int cut_comment(Reader *reader, const char *begin, const char **end)
{
        const char *p = begin;

        while (p < *end && !(*p == '#' && (p == begin || is_blank(p[-1]))))
                p++;
        if (p == *end)
                return 0;
        if (add_comment(reader, p, *end) < 0 ||
                        tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_REFUSED,
                                        place_in_line(reader, begin, (size_t) (p - begin),
                                                        (size_t) (*end - p)),
                                        "kept as a comment; for the kernel give it a line of its "
                                        "own",
                                        "the kernel refuses comments behind a rule") < 0)
                return -ENOMEM;
        *end = p;
        return 1;
}

/*
 * True when the line goes on behind a backslash that is a word of its own; *end is before it then.
 * Behind other characters it is a part of the value.
 */
static bool is_continued(const char *begin, const char **end)
{
        const char *p = *end;

        while (p > begin && is_blank(p[-1]))
                p--;
        if (p == begin || p[-1] != '\\' || (p - 1 > begin && !is_blank(p[-2])))
                return false;
        *end = p - 1;
        return true;
}

static int refuse_nul(const Reader *reader, const char *begin, const char *end)
{
        const char *nul = memchr(begin, '\0', (size_t) (end - begin));

        if (!nul)
                return 0;
        return tell(reader, DIAG_ERROR, POLICY_CODE_ENCODING,
                        place_in_line(reader, begin, (size_t) (nul - begin), 1),
                        "save the file as UTF-8 text; it may be UTF-16 or damaged",
                        "the line contains a NUL byte");
}

/* Appends the line and all that continue it; the bytes stay as many as they are in the text. */
static int gather_rule(Reader *reader, const char *begin, const char *end, Line *rule)
{
        for (;;) {
                int r = refuse_nul(reader, begin, end);
                bool goes_on;

                if (r >= 0)
                        r = cut_comment(reader, begin, &end);
                goes_on = r == 0 && is_continued(begin, &end);

                if (r >= 0)
                        r = buffer_append(&rule->bytes, begin, (size_t) (end - begin));
                if (r < 0 || !goes_on)
                        return r;
                r = rule->continued ? 0
                                    : tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_REFUSED,
                                                      place_in_line(reader, begin,
                                                                      (size_t) (end - begin), 1),
                                                      "taken as one rule; for the kernel write it "
                                                      "on "
                                                      "one line",
                                                      "the kernel does not continue lines behind a "
                                                      "backslash");
                rule->continued = true;
                if (r < 0 || !next_line(reader, &begin, &end))
                        return r;
                while (r >= 0 && rule->begin + rule->bytes.size < begin)
                        r = buffer_append(&rule->bytes, " ", 1);
                if (r >= 0)
                        r = strip_carriage_return(reader, begin, &end);
                if (r < 0)
                        return r;
        }
}

static int append_token(Buffer *bytes, const char *token)
{
        int r = bytes->size > 0 ? buffer_append(bytes, " ", 1) : 0;

        return r < 0 ? r : buffer_append_string(bytes, token);
}

/* -2 stands for 4294967294: the kernel prints ids as signed numbers. */
static int restore_id(const Reader *reader, DiagPlace place, const char *token, char restored[64])
{
        KeywordOperator op;
        const char *value;
        uint64_t number;
        ValueType type;
        KeywordId id;

        if (rule_text_find_keyword(token, &id, &op, &value) < 0)
                return 0;
        type = keyword_get(id)->type;
        if ((type != VALUE_TYPE_USER && type != VALUE_TYPE_GROUP) || value[0] != '-' ||
                        parse_u64(value + 1, (uint64_t) INT32_MAX + 1, &number) < 0 || number < 2)
                return 0;
        (void) snprintf(restored, 64, "%s%c%" PRIu64, keyword_get(id)->name, (char) op,
                        ((uint64_t) UINT32_MAX + 1) - number);
        if (diag_add(reader->diags, DIAG_NOTE, POLICY_CODE_TEXT_RESTORED, place,
                            "kernels show large ids so, and do not read them", "%s becomes %s",
                            token, restored) < 0)
                return -ENOMEM;
        return 1;
}

static int note_token(const Reader *reader, DiagPlace place, const char *token)
{
        const char *func = string_after(token, "func="), *name = string_after(token, "fsname=");

        for (int i = RULE_FUNC_NONE + 1; func && i < RULE_FUNC_MAX; i++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) i);

                if (string_equal(info->alias, func))
                        return diag_add(reader->diags, DIAG_NOTE, POLICY_CODE_TEXT_ALIAS, place,
                                        NULL, "%s is an old name of %s", func, info->name);
        }
        if (name && strlen(name) == FSNAME_SHOWN_MAX)
                return tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_CUT, place,
                                "if this was shown by a kernel, compare it with what was loaded",
                                "fsname has 63 characters, where kernels cut it when they show it");
        return 0;
}

/* The tokens of a rule, once as written and once in an order that the kernel reads. */
typedef struct Spelling {
        Buffer written;
        Buffer ordered[3]; /* the action, digest_type, all others */
} Spelling;

static void spelling_done(Spelling *s)
{
        buffer_done(&s->written);
        for (size_t i = 0; i < ELEMENTSOF(s->ordered); i++)
                buffer_done(&s->ordered[i]);
}

static bool is_action(const char *token)
{
        const ValueWord *word = value_type_get_words(VALUE_TYPE_ACTION);

        while (word->name && strcmp(word->name, token) != 0)
                word++;
        return word->name != NULL;
}

static int spell_token(const Reader *reader, DiagPlace place, const char *token, Spelling *s)
{
        char restored[64];
        int r = restore_id(reader, place, token, restored);

        if (r > 0)
                token = restored;
        if (r >= 0)
                r = note_token(reader, place, token);
        if (r >= 0)
                r = append_token(&s->written, token);
        if (r < 0)
                return r;
        return append_token(&s->ordered[is_action(token)                          ? 0
                                            : string_after(token, "digest_type=") ? 1
                                                                                  : 2],
                        token);
}

/* The place in the text of bytes of a rule. */
static DiagPlace place_in_rule(const Reader *reader, const Line *line, const char *p, size_t size)
{
        return diag_place_in(
                        (DiagPlace){ .source = reader->source, .line = line->number, .column = 1 },
                        line->begin, (size_t) (p - line->bytes.data), size);
}

static int spell_rule(const Reader *reader, const Line *line, Spelling *s)
{
        const char *begin = line->bytes.data, *end = begin + line->bytes.size, *p = begin;

        while ((p = skip_blanks(p, end)) < end) {
                const char *start = p;
                _cleanup_free_ char *token = NULL;
                size_t size;
                int r;

                while (p < end && !is_blank(*p))
                        p++;
                size = (size_t) (p - start);
                token = strndup(start, size);
                r = token ? spell_token(reader, place_in_rule(reader, line, start, size), token, s)
                          : -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_ordered(Reader *reader, Spelling *s, DiagPlace place, Rule *ret_rule)
{
        _cleanup_buffer_ Buffer bytes = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(s->ordered); i++)
                if (s->ordered[i].size > 0)
                        r = append_token(&bytes, s->ordered[i].data);
        if (r >= 0)
                r = rule_text_parse(bytes.data, bytes.size, reader->target, &reader->text->arena,
                                ret_rule);
        if (r <= 0)
                return r;
        if (tell(reader, DIAG_NOTE, POLICY_CODE_TEXT_RESTORED, place,
                            "the kernel reads digest_type before appraise_type and template behind "
                            "the action",
                            "the rule was put into the order that the kernel reads") < 0)
                return -ENOMEM;
        return r;
}

static int add_rule(Reader *reader, const Rule *rule)
{
        KernelText *text = reader->text;

        if (text->n_rules == POLICY_RULES_MAX) {
                reader->position = reader->end;
                return diag_error(reader->diags, POLICY_CODE_TOO_MANY_RULES,
                                (DiagPlace){ .source = reader->source,
                                                .line = rule->line,
                                                .column = rule->column },
                                "the kernel looks at every rule for every file: use fewer",
                                "the text has more than %d rules", POLICY_RULES_MAX);
        }
        if (text->n_rules == text->n_allocated) {
                size_t allocated = text->n_allocated == 0 ? 64 : text->n_allocated * 2;
                KernelTextRule *rules =
                                reallocarray(text->rules, allocated, sizeof(KernelTextRule));

                if (!rules)
                        return -ENOMEM;
                text->rules = rules;
                text->n_allocated = allocated;
        }
        text->rules[text->n_rules] = (KernelTextRule){ .rule = *rule };
        return take_comment(reader, &text->rules[text->n_rules++].comment);
}

static int parse_rule(Reader *reader, const Line *line)
{
        const char *bytes = line->bytes.data, *end = bytes + line->bytes.size;
        const char *start = skip_blanks(bytes, end);
        DiagPlace place = place_in_rule(reader, line, start, (size_t) (end - start));
        _cleanup_(spelling_done) Spelling spelling = { 0 };
        Rule rule;
        int r;

        if (line->bytes.size > RULE_TEXT_MAX)
                return diag_error(reader->diags, POLICY_CODE_RULE_TOO_LONG,
                                diag_place_before(place), "split its lists over several rules",
                                "the rule has %zu characters, at most %d are read",
                                line->bytes.size, RULE_TEXT_MAX);
        r = spell_rule(reader, line, &spelling);
        if (r < 0 || spelling.written.size == 0)
                return r;
        r = rule_text_parse(spelling.written.data, spelling.written.size, reader->target,
                        &reader->text->arena, &rule);
        if (r == -EINVAL)
                r = parse_ordered(reader, &spelling, place, &rule);
        if (r == -EINVAL || r == -ERANGE)
                return refusal_explain(bytes, line->begin, line->bytes.size, reader->target,
                                (DiagPlace){ .source = reader->source,
                                                .line = line->number,
                                                .column = 1 },
                                reader->diags);
        if (r <= 0)
                return r;
        rule.id = "";
        rule.line = place.line;
        rule.column = place.column;
        return add_rule(reader, &rule);
}

static void line_done(Line *line)
{
        buffer_done(&line->bytes);
}

static int read_line(Reader *reader, const char *begin, const char *end)
{
        _cleanup_(line_done) Line line = { .begin = begin, .number = reader->line };
        const char *start;
        int r = strip_carriage_return(reader, begin, &end);

        if (r < 0)
                return r;
        start = skip_blanks(begin, end);
        if (start == end) {
                reader->gap = true;
                return 0;
        }
        if (*start == '#')
                return add_comment(reader, start, end);
        r = gather_rule(reader, begin, end, &line);
        return r < 0 ? r : parse_rule(reader, &line);
}

static int read_edges(Reader *reader, size_t size)
{
        int r = 0;

        if (size >= strlen(bom) && memcmp(reader->position, bom, strlen(bom)) == 0) {
                reader->position += strlen(bom);
                r = tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_REFUSED,
                                (DiagPlace){ .source = reader->source, .line = 1, .column = 1 },
                                "left out; for the kernel save the file without it",
                                "the kernel refuses a byte order mark");
        }
        return r;
}

static int check_last_newline(const Reader *reader)
{
        uint32_t line = reader->line;

        if (line == 0 || reader->end[-1] == '\n')
                return 0;
        return tell(reader, DIAG_WARNING, POLICY_CODE_TEXT_REFUSED,
                        (DiagPlace){ .source = reader->source, .line = line },
                        "for the kernel add one",
                        "the last line has no newline, and the kernel refuses such a file");
}

static int compare_diags(const void *a, const void *b)
{
        const Diag *x = a, *y = b;

        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return (x->column > y->column) - (x->column < y->column);
}

int kernel_text_parse(const char *text, size_t size, const char *source, const Target *target,
                KernelText *ret_text, DiagList *diags)
{
        _cleanup_kernel_text_ KernelText result = { 0 };
        Reader reader = {
                .source = source,
                .target = target,
                .diags = diags,
                .text = &result,
                .position = text,
                .end = text + size,
        };
        size_t errors = diags->errors, first = diags->count;
        const char *begin, *end;
        int r;

        if (size > KERNEL_TEXT_SIZE_MAX)
                return diag_error(diags, POLICY_CODE_YAML_LIMIT, (DiagPlace){ .source = source },
                                "split it into several files",
                                "the text has %zu bytes, at most %zu are read", size,
                                KERNEL_TEXT_SIZE_MAX);
        r = read_edges(&reader, size);
        while (r != -ENOMEM && next_line(&reader, &begin, &end))
                r = read_line(&reader, begin, end);
        if (r != -ENOMEM)
                r = check_last_newline(&reader);
        if (r >= 0)
                r = take_comment(&reader, &result.comment);
        buffer_done(&reader.comment);
        diag_list_add_excerpts(diags, first, source, text, size);
        if (diags->count > first)
                qsort(diags->items + first, diags->count - first, sizeof(Diag), compare_diags);
        if (r < 0 || diags->errors > errors)
                return r < 0 ? r : -EBADMSG;
        *ret_text = TAKE_STRUCT(result);
        return 0;
}

bool kernel_text_appraises(const char *text)
{
        static const char separators[] = " \t\n";

        for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
                size_t length = strcspn(text, separators);

                if (length == strlen("appraise") && strncmp(text, "appraise", length) == 0)
                        return true;
                text += length;
        }
        return false;
}

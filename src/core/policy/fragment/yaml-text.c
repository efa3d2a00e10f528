/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/yaml-text.h"

#include "base/utf8.h"
#include "core/policy/code.h"
#include "core/policy/fragment/yaml.h"

typedef enum Fault {
        FAULT_BOM,
        FAULT_NUL,
        FAULT_CARRIAGE_RETURN,
        FAULT_TAB,
        FAULT_CONTROL,
        FAULT_UTF8,
        FAULT_MAX,
} Fault;

typedef struct FaultText {
        const char *code;
        const char *message;
        const char *hint;
} FaultText;

static const FaultText fault_texts[FAULT_MAX] = {
        [FAULT_BOM] = {POLICY_CODE_ENCODING,     "the text begins with a byte order mark",
                       "save the file as UTF-8 without BOM"                        },
        [FAULT_NUL] = { POLICY_CODE_ENCODING,    "the text contains a NUL byte",
                       "save the file as UTF-8 text; it may be UTF-16 or damaged"  },
        [FAULT_CARRIAGE_RETURN] = { POLICY_CODE_ENCODING,    "the text contains carriage returns",
                       "convert the line ends to Unix ones: sed -i 's/\\r$//' FILE"},
        [FAULT_TAB] = { POLICY_CODE_YAML_SYNTAX, "a line is indented with a tab",
                       "YAML wants spaces: replace the tab by spaces"              },
        [FAULT_CONTROL] = { POLICY_CODE_ENCODING,    "the text contains a control character",
                       "remove it; fragments are plain text"                       },
        [FAULT_UTF8] = { POLICY_CODE_ENCODING,    "the text is not valid UTF-8",
                       "save the file as UTF-8"                                    },
};

/* Where the reader stands. */
typedef struct TextCursor {
        const unsigned char *start;
        const unsigned char *p;
        const unsigned char *end;
        const unsigned char *blank; /* the line has nothing but blanks up to here */
        size_t length;              /* of the character at p, once it was looked at */
        DiagPlace place;
} TextCursor;

static bool is_indentation(TextCursor *c)
{
        while (c->blank < c->p && (*c->blank == ' ' || *c->blank == '\t'))
                c->blank++;
        return c->blank == c->p;
}

/* FAULT_MAX when there is nothing wrong with the character. */
static Fault classify(TextCursor *c)
{
        uint32_t character = 0;

        c->length = utf8_decode((const char *) c->p, (size_t) (c->end - c->p), &character);
        if (c->length == 0) {
                c->length = 1;
                return FAULT_UTF8;
        }
        switch (character) {
        case 0:
                return FAULT_NUL;
        case '\r':
                return FAULT_CARRIAGE_RETURN;
        case '\t':
                return is_indentation(c) ? FAULT_TAB : FAULT_MAX;
        case 0xfeff:
                return c->p == c->start ? FAULT_BOM : FAULT_MAX;
        case 0x2028: /* ends a line for libyaml and for nobody else */
        case 0x2029:
                return FAULT_CONTROL;
        default:
                return character < 0x20 || (character >= 0x7f && character < 0xa0) ? FAULT_CONTROL
                                                                                   : FAULT_MAX;
        }
}

static bool is_ordinary(unsigned char c)
{
        return c >= 0x20 && c < 0x7f;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* How many of the bytes at p are plain ASCII within one line, of which fragments mostly consist. */
static size_t count_ordinary(const unsigned char *p, size_t left)
{
        size_t n = 0;

        /* Eight at a time: a byte sets its highest bit here unless it is 0x20 to 0x7e. */
        for (uint64_t word; left - n >= sizeof(word); n += sizeof(word)) {
                uint64_t others;

                memcpy(&word, p + n, sizeof(word));
                others = ((word - EACH_BYTE(0x20)) | word | (word + EACH_BYTE(0x01))) &
                         EACH_BYTE(0x80);
                if (others)
                        break;
        }
        while (n < left && is_ordinary(p[n]))
                n++;
        return n;
}

static void pass(TextCursor *c)
{
        c->p += c->length;
        c->place.column++;
}

/* Goes on to the next fault, which pass() leaves behind; false when there is none. */
static bool find_fault(TextCursor *c, Fault *ret_fault)
{
        while (c->p < c->end) {
                size_t ordinary = count_ordinary(c->p, (size_t) (c->end - c->p));

                c->p += ordinary;
                c->place.column += (uint32_t) ordinary;
                if (c->p == c->end)
                        break;
                if (*c->p == '\n') {
                        c->blank = ++c->p;
                        c->place.line++;
                        c->place.column = 1;
                        continue;
                }
                *ret_fault = classify(c);
                if (*ret_fault < FAULT_MAX)
                        return true;
                pass(c);
        }
        return false;
}

/* What stands in the place of a fault of the kind; NULL: nothing safe is known. */
static const char *get_replacement(Fault fault, const TextCursor *c)
{
        if (fault == FAULT_BOM)
                return "";
        if (fault == FAULT_TAB)
                return "  ";
        if (fault == FAULT_CARRIAGE_RETURN)
                return c->end - c->p > 1 && c->p[1] == '\n' ? "" : "\n";
        return NULL;
}

/* Mends all faults of one kind, from the first one on. */
static void suggest_all(Fault fault, TextCursor c, DiagList *diags)
{
        for (Fault found; find_fault(&c, &found); pass(&c)) {
                c.place.end_line = c.place.line;
                c.place.end_column = c.place.column + 1;
                if (found == fault)
                        diag_suggest(diags, c.place, get_replacement(fault, &c));
        }
}

static int report_fault(Fault fault, const TextCursor *c, DiagList *diags)
{
        const FaultText *t = &fault_texts[fault];
        int r = diag_error(diags, t->code, c->place, t->hint, "%s", t->message);

        if (get_replacement(fault, c))
                suggest_all(fault, *c, diags);
        return r;
}

int yaml_text_check(const char *text, size_t size, const char *source, DiagList *diags)
{
        const unsigned char *start = (const unsigned char *) text;
        TextCursor c = {
                start, start, start + size, start, 0, {source, 1, 1, 0, 0}
        };
        bool seen[FAULT_MAX] = { 0 };
        int r = 0;

        if (size > YAML_SIZE_MAX)
                return diag_error(diags, POLICY_CODE_YAML_LIMIT, (DiagPlace){ source, 0, 0 },
                                "split it into several fragments",
                                "the fragment has %zu bytes, at most %zu are read", size,
                                YAML_SIZE_MAX);
        for (Fault fault; r != -ENOMEM && find_fault(&c, &fault); pass(&c)) {
                if (!seen[fault])
                        r = report_fault(fault, &c, diags);
                seen[fault] = true;
        }
        return r;
}

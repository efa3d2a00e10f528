/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/yaml-text.h"

#include "core/policy/code.h"
#include "core/policy/yaml.h"

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

/* Length of the valid sequence at p (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
        size_t length = p[0] < 0x80   ? 1
                        : p[0] < 0xc2 ? 0
                        : p[0] < 0xe0 ? 2
                        : p[0] < 0xf0 ? 3
                        : p[0] < 0xf5 ? 4
                                      : 0;

        if (length > left)
                return 0;
        for (size_t i = 1; i < length; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
                        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
                return 0;
        return length;
}

/* FAULT_MAX when there is nothing wrong with the character of `length` bytes at p. */
static Fault classify(const unsigned char *p, size_t length, bool at_start, bool indentation)
{
        if (length == 0)
                return FAULT_UTF8;
        if (at_start && length == 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
                return FAULT_BOM;
        if (*p == '\0')
                return FAULT_NUL;
        if (*p == '\r')
                return FAULT_CARRIAGE_RETURN;
        if (*p == '\t')
                return indentation ? FAULT_TAB : FAULT_MAX;
        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && length == 2 && p[1] < 0xa0))
                return FAULT_CONTROL;
        /* U+2028 and U+2029 end a line for libyaml and for nobody else. */
        if (length == 3 && *p == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
                return FAULT_CONTROL;
        return FAULT_MAX;
}

static bool is_ordinary(unsigned char c)
{
        return c >= 0x20 && c < 0x7f;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/*
 * How many of the bytes at p are plain ASCII within one line, of which fragments consist nearly
 * wholly; *ret_blank says whether all of them are spaces.
 */
static size_t count_ordinary(const unsigned char *p, size_t left, bool *ret_blank)
{
        size_t n = 0;

        while (n < left && p[n] == ' ')
                n++;
        *ret_blank = n == left || !is_ordinary(p[n]);
        /* Eight at a time: a byte sets its highest bit here unless it is 0x20 to 0x7e. */
        for (uint64_t word; left - n >= sizeof(word); n += sizeof(word)) {
                memcpy(&word, p + n, sizeof(word));
                if (((word - EACH_BYTE(0x20)) | word | (word + EACH_BYTE(0x01))) & EACH_BYTE(0x80))
                        break;
        }
        while (n < left && is_ordinary(p[n]))
                n++;
        return n;
}

/* What stands in the place of a fault of the kind; NULL: nothing safe is known. */
static const char *get_replacement(Fault fault, const unsigned char *p, size_t left)
{
        if (fault == FAULT_BOM)
                return "";
        if (fault == FAULT_TAB)
                return "  ";
        if (fault == FAULT_CARRIAGE_RETURN)
                return left > 1 && p[1] == '\n' ? "" : "\n";
        return NULL;
}

/* Mends all faults of one kind, from the first one on. */
static void suggest_all(Fault fault, DiagPlace place, const unsigned char *p, size_t left,
                bool indentation, DiagList *diags)
{
        bool at_start = fault == FAULT_BOM;

        while (left > 0) {
                size_t length = utf8_length(p, left);

                place.end_line = place.line;
                place.end_column = place.column + 1;
                if (classify(p, length, at_start, indentation) == fault)
                        diag_suggest(diags, place, get_replacement(fault, p, left));
                at_start = false;
                indentation = *p == '\n' || (indentation && (*p == ' ' || *p == '\t'));
                place.line += *p == '\n';
                place.column = *p == '\n' ? 1 : place.column + 1;
                length += length == 0;
                p += length;
                left -= length;
        }
}

static int report_fault(Fault fault, DiagPlace place, const unsigned char *p, size_t left,
                bool seen[static FAULT_MAX], DiagList *diags)
{
        const FaultText *t = &fault_texts[fault];
        int r;

        if (seen[fault])
                return -EBADMSG;
        seen[fault] = true;
        r = diag_error(diags, t->code, place, t->hint, "%s", t->message);
        if (get_replacement(fault, p, left))
                suggest_all(fault, place, p, left, fault == FAULT_TAB, diags);
        return r;
}

int yaml_text_check(const char *text, size_t size, const char *source, DiagList *diags)
{
        DiagPlace place = { source, 1, 1 };
        bool seen[FAULT_MAX] = { 0 };
        bool indentation = true;
        int result = 0;

        if (size > YAML_SIZE_MAX)
                return diag_error(diags, POLICY_CODE_YAML_LIMIT, (DiagPlace){ source, 0, 0 },
                                "split it into several fragments",
                                "the fragment has %zu bytes, at most %zu are read", size,
                                YAML_SIZE_MAX);
        for (size_t i = 0; i < size;) {
                const unsigned char *p = (const unsigned char *) text + i;
                bool blank;
                size_t length = count_ordinary(p, size - i, &blank);

                if (length > 0) {
                        indentation &= blank;
                        place.column += (uint32_t) length;
                } else if (*p == '\n') {
                        indentation = true;
                        place.line++;
                        place.column = 1;
                        length = 1;
                } else {
                        Fault fault;

                        length = utf8_length(p, size - i);
                        fault = classify(p, length, i == 0, indentation);
                        if (fault < FAULT_MAX)
                                result = report_fault(fault, place, p, size - i, seen, diags);
                        if (result == -ENOMEM)
                                return result;
                        indentation &= *p == '\t';
                        place.column++;
                        length += length == 0;
                }
                i += length;
        }
        return result;
}

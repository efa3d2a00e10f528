/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/pcr-value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "base/diag-code.h"
#include "base/strings.h"

#define PCR_INDEX_MAX 23 /* of a PC client TPM */
#define LINE_MAX_SIZE 512U
#define BANK_NAME_SIZE 32U

HashAlgorithm pcr_bank_from_string(const char *name)
{
        static const struct {
                const char *name;
                HashAlgorithm algorithm;
        } others[] = {
                {"sm3_256",   HASH_SM3     },
                { "sm3-256",  HASH_SM3     },
                { "sha3_256", HASH_SHA3_256},
                { "sha3_384", HASH_SHA3_384},
                { "sha3_512", HASH_SHA3_512},
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (string_equal(others[i].name, name))
                        return others[i].algorithm;
        return hash_algorithm_from_string(name);
}

static int parse_number(const char *text, uint32_t *ret_pcr)
{
        uint64_t number;

        if (parse_u64(text, PCR_INDEX_MAX, &number) < 0)
                return -EINVAL;
        *ret_pcr = (uint32_t) number;
        return 0;
}

static int parse_digest(HashAlgorithm bank, const char *hex, Digest *ret_digest)
{
        Digest digest = { .algorithm = bank };

        if (hex[0] == '0' && (hex[1] == 'x' || hex[1] == 'X'))
                hex += 2;
        if (hex_decode(hex, digest.bytes, sizeof(digest.bytes), &digest.size) < 0 ||
                        digest.size == 0 || digest.size != hash_algorithm_size(bank))
                return -EINVAL;
        *ret_digest = digest;
        return 0;
}

int pcr_value_parse(const char *text, PcrValue *ret_value)
{
        char bank[BANK_NAME_SIZE], number[4];
        const char *colon = strchr(text, ':'), *equals = colon ? strchr(colon, '=') : NULL;
        PcrValue value = { 0 };

        if (!equals || (size_t) (colon - text) >= sizeof(bank) ||
                        (size_t) (equals - colon) > sizeof(number))
                return -EINVAL;
        (void) snprintf(bank, sizeof(bank), "%.*s", (int) (colon - text), text);
        (void) snprintf(number, sizeof(number), "%.*s", (int) (equals - colon - 1), colon + 1);
        if (parse_number(number, &value.pcr) < 0 ||
                        parse_digest(pcr_bank_from_string(bank), equals + 1, &value.value) < 0)
                return -EINVAL;
        *ret_value = value;
        return 0;
}

const Digest *pcr_value_list_find(const PcrValueList *list, HashAlgorithm bank, uint32_t pcr)
{
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].pcr == pcr && list->items[i].value.algorithm == bank)
                        return &list->items[i].value;
        return NULL;
}

int pcr_value_list_add(PcrValueList *list, const PcrValue *value)
{
        const Digest *known = pcr_value_list_find(list, value->value.algorithm, value->pcr);

        if (value->pcr > PCR_INDEX_MAX || value->value.size == 0 ||
                        value->value.size != hash_algorithm_size(value->value.algorithm))
                return -EINVAL;
        if (known && !digest_equal(known, &value->value))
                return -EEXIST;
        if (known) {
                for (size_t i = 0; i < list->count; i++)
                        if (&list->items[i].value == known)
                                list->items[i].asked = list->items[i].asked || value->asked;
                return 0;
        }
        if (list->count == PCR_VALUES_MAX)
                return -E2BIG;
        list->items[list->count++] = *value;
        return 0;
}

int pcr_value_list_set(PcrValueList *list, const PcrValue *value)
{
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].pcr == value->pcr &&
                                list->items[i].value.algorithm == value->value.algorithm) {
                        list->items[i] = *value;
                        return 0;
                }
        return pcr_value_list_add(list, value);
}

bool pcr_value_list_equal(const PcrValueList *a, const PcrValueList *b)
{
        if (a->count != b->count)
                return false;
        for (size_t i = 0; i < a->count; i++)
                if (a->items[i].pcr != b->items[i].pcr ||
                                !digest_equal(&a->items[i].value, &b->items[i].value))
                        return false;
        return true;
}

/* A text that is read line by line. */
typedef struct PcrText {
        PcrValueList *list;
        DiagList *diags;
        DiagPlace place;
        char bank[BANK_NAME_SIZE]; /* of the lines that follow; empty: none */
        size_t n_values;
} PcrText;

static void note_unsupported(PcrText *t, const char *bank)
{
        PcrValueList *list = t->list;

        t->n_values++;
        for (size_t i = 0; i < list->n_unsupported; i++)
                if (string_equal(list->unsupported[i], bank))
                        return;
        if (list->n_unsupported < PCR_UNSUPPORTED_MAX)
                (void) snprintf(list->unsupported[list->n_unsupported++],
                                sizeof(list->unsupported[0]), "%s", bank);
}

static void add(PcrText *t, const char *bank, const char *number, const char *hex)
{
        PcrValue value = { 0 };
        HashAlgorithm algorithm = pcr_bank_from_string(bank);
        int r = parse_number(number, &value.pcr);

        if (r >= 0 && algorithm < 0) {
                note_unsupported(t, bank);
                return;
        }
        if (r >= 0)
                r = parse_digest(algorithm, hex, &value.value);
        if (r >= 0)
                r = pcr_value_list_add(t->list, &value);
        t->n_values++;
        if (r == -EEXIST)
                (void) diag_error(t->diags, DIAG_CODE_PCR_CONFLICT, t->place,
                                "leave only the right one",
                                "PCR %s of bank %s has another value already", number, bank);
        else if (r < 0)
                (void) diag_error(t->diags, DIAG_CODE_PCR_VALUE, t->place,
                                "write all hexadecimal digits of that hash, and a PCR from 0 to 23",
                                "this is no value of PCR %s of bank %s", number, bank);
}

/* Digits that may stand in pairs with spaces between; in place. */
static void join_digits(char *text)
{
        char *to = text;

        for (const char *from = text; *from; from++)
                if (!isspace((unsigned char) *from))
                        *to++ = *from;
        *to = '\0';
}

/* The bank of a value that does not name it. */
static const char *bank_of_length(size_t digits)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < ELEMENTSOF(banks); i++)
                if (2 * hash_algorithm_size(banks[i]) == digits)
                        return hash_algorithm_to_string(banks[i]);
        return "of that length";
}

/* "PCR sha256 10 HEX" and "PCR-10: HH HH …" */
static bool parse_named_line(PcrText *t, char *line)
{
        char *rest = line + 3, *colon = strchr(line, ':'), *save;

        if (strncmp(line, "PCR", 3) != 0 || (*rest != ' ' && *rest != '-'))
                return false;
        rest++;
        if (colon) {
                *colon = '\0';
                join_digits(colon + 1);
                /* The kernel writes two digits. */
                if (rest[0] == '0' && rest[1] != '\0')
                        rest++;
                add(t, t->bank[0] ? t->bank : bank_of_length(strlen(colon + 1)), string_strip(rest),
                                colon + 1);
        } else {
                const char *bank = strtok_r(rest, " \t", &save), *number, *hex;

                number = bank ? strtok_r(NULL, " \t", &save) : NULL;
                hex = number ? strtok_r(NULL, " \t", &save) : NULL;
                if (!hex)
                        return false;
                add(t, bank, number, hex);
        }
        return true;
}

static bool is_bank_name(const char *text, size_t size)
{
        if (size == 0 || size >= BANK_NAME_SIZE || isdigit((unsigned char) text[0]))
                return false;
        for (size_t i = 0; i < size; i++)
                if (!isalnum((unsigned char) text[i]) && text[i] != '_' && text[i] != '-')
                        return false;
        return true;
}

/* "sha256:", "10 : 0xHEX" and "sha256:10=HEX" */
static bool parse_colon_line(PcrText *t, char *line)
{
        char *colon = strchr(line, ':'), *equals = colon ? strchr(colon, '=') : NULL, *value;

        if (!colon)
                return false;
        *colon = '\0';
        value = string_strip(colon + 1);
        line = string_strip(line);
        if (isdigit((unsigned char) line[0]) && t->bank[0]) {
                add(t, t->bank, line, value);
        } else if (is_bank_name(line, strlen(line)) && *value == '\0') {
                (void) snprintf(t->bank, sizeof(t->bank), "%s", line);
        } else if (is_bank_name(line, strlen(line)) && equals) {
                *equals = '\0';
                add(t, line, string_strip(value), string_strip(equals + 1));
        } else {
                return false;
        }
        return true;
}

static void parse_line(PcrText *t, const char *text, size_t size)
{
        char line[LINE_MAX_SIZE];
        char *stripped;
        bool known = false;

        if (size < sizeof(line) && !memchr(text, '\0', size)) {
                memcpy(line, text, size);
                line[size] = '\0';
                line[strcspn(line, "#")] = '\0';
                stripped = string_strip(line);
                known = *stripped == '\0' || parse_named_line(t, stripped) ||
                        parse_colon_line(t, stripped);
        }
        if (!known)
                (void) diag_warning(t->diags, DIAG_CODE_PCR_LINE, t->place,
                                "values are written as sha256:10=HEX, or as tpm2_pcrread does",
                                "the line holds no PCR value and is ignored");
}

int pcr_value_list_parse(PcrValueList *list, const char *text, size_t size, DiagList *diags,
                const char *source)
{
        PcrText t = { .list = list, .diags = diags, .place.source = source };
        size_t errors = diags->errors;

        for (size_t at = 0; at < size;) {
                const char *newline = memchr(text + at, '\n', size - at);
                size_t end = newline ? (size_t) (newline - text) : size;

                t.place.line++;
                parse_line(&t, text + at, end - at);
                at = end + 1;
        }
        t.place.line = 0;
        if (t.n_values == 0)
                (void) diag_error(diags, DIAG_CODE_PCR_NONE, t.place,
                                "write lines like sha256:10=HEX, or the output of tpm2_pcrread",
                                "there is no PCR value in it");
        return diags->errors > errors ? -EBADMSG : 0;
}

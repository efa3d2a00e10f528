/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/gpgv-status.h"

#include <stdint.h>
#include <strings.h>

#define PREFIX "[GNUPG:] "
#define LINE_MAX_SIZE 1024U
#define WORDS_MAX 12U

/* Words of VALIDSIG, counted from its name. */
enum {
        WORD_FINGERPRINT = 1,
        WORD_HASH = 8,
        WORD_PRIMARY = 10
};

/* What a line says when no signature is good; a later one of the table is told first. */
static const struct {
        const char *name;
        GpgvVerdict verdict;
} findings[] = {
        {"NO_PUBKEY",  GPGV_UNKNOWN_KEY},
        { "ERRSIG",    GPGV_UNKNOWN_KEY},
        { "EXPSIG",    GPGV_EXPIRED    },
        { "EXPKEYSIG", GPGV_EXPIRED    },
        { "REVKEYSIG", GPGV_EXPIRED    },
        { "BADSIG",    GPGV_BAD        },
};

typedef struct Parsing {
        const StringList *fingerprints;
        GpgvStatus status;
        size_t finding; /* the place in the table, and one */
        bool is_good;   /* GOODSIG stands before the VALIDSIG that belongs to it */
        bool is_weak;
        bool is_other; /* good, by a key that is not wanted */
} Parsing;

/* Public-key algorithms are left to gpgv; hashes by their numbers in RFC 4880, 9.4. */
static bool hash_is_weak(const char *number)
{
        uint64_t id;

        return parse_u64(number, 255, &id) < 0 || id < 8;
}

static bool key_is(const char *wanted, const char *fingerprint, const char *primary)
{
        size_t size = strlen(wanted);

        if (size > 0 && wanted[size - 1] == '!')
                return strlen(fingerprint) == size - 1 &&
                       strncasecmp(wanted, fingerprint, size - 1) == 0;
        return strcasecmp(wanted, fingerprint) == 0 || strcasecmp(wanted, primary) == 0;
}

static bool key_is_wanted(const StringList *wanted, const char *fingerprint, const char *primary)
{
        for (size_t i = 0; wanted && i < wanted->count; i++)
                if (key_is(wanted->items[i], fingerprint, primary))
                        return true;
        return !wanted || wanted->count == 0;
}

static void parse_valid(Parsing *parsing, char *const *words, size_t n)
{
        bool is_good = parsing->is_good;

        parsing->is_good = false;
        if (!is_good || n <= WORD_PRIMARY || strlen(words[WORD_PRIMARY]) > GPGV_FINGERPRINT_MAX)
                return;
        if (hash_is_weak(words[WORD_HASH])) {
                parsing->is_weak = true;
                return;
        }
        if (!key_is_wanted(parsing->fingerprints, words[WORD_FINGERPRINT], words[WORD_PRIMARY])) {
                parsing->is_other = true;
                return;
        }
        memcpy(parsing->status.fingerprint, words[WORD_PRIMARY], strlen(words[WORD_PRIMARY]) + 1);
}

static void parse_words(Parsing *parsing, char *const *words, size_t n)
{
        if (string_equal(words[0], "VALIDSIG")) {
                parse_valid(parsing, words, n);
                return;
        }
        if (string_equal(words[0], "GOODSIG"))
                parsing->is_good = true;
        if (string_equal(words[0], "NEWSIG"))
                parsing->is_good = false;
        for (size_t i = 0; i < ELEMENTSOF(findings); i++)
                if (string_equal(words[0], findings[i].name)) {
                        parsing->is_good = false;
                        if (i + 1 > parsing->finding)
                                parsing->finding = i + 1;
                }
}

static void parse_line(Parsing *parsing, const char *text, size_t size)
{
        char line[LINE_MAX_SIZE], *words[WORDS_MAX], *state = NULL;
        size_t n = 0, prefix = strlen(PREFIX);

        if (size < prefix || size >= sizeof(line) || memcmp(text, PREFIX, prefix) != 0)
                return;
        memcpy(line, text + prefix, size - prefix);
        line[size - prefix] = '\0';
        for (char *word = strtok_r(line, " ", &state); word && n < WORDS_MAX;
                        word = strtok_r(NULL, " ", &state))
                words[n++] = word;
        if (n > 0)
                parse_words(parsing, words, n);
}

GpgvStatus gpgv_status_parse(const char *text, size_t size, const StringList *fingerprints)
{
        Parsing parsing = { .fingerprints = fingerprints };
        GpgvStatus *status = &parsing.status;
        GpgvVerdict finding;

        while (size > 0) {
                const char *newline = memchr(text, '\n', size);
                size_t length = newline ? (size_t) (newline - text) : size;

                parse_line(&parsing, text, length);
                text += length + (newline != NULL);
                size -= length + (newline != NULL);
        }
        finding = parsing.finding ? findings[parsing.finding - 1].verdict : GPGV_NO_SIGNATURE;
        if (status->fingerprint[0] && finding != GPGV_BAD)
                status->verdict = GPGV_GOOD;
        else if (finding != GPGV_NO_SIGNATURE && finding != GPGV_UNKNOWN_KEY)
                status->verdict = finding;
        else
                status->verdict = parsing.is_weak    ? GPGV_WEAK
                                  : parsing.is_other ? GPGV_UNKNOWN_KEY
                                                     : finding;
        if (status->verdict != GPGV_GOOD)
                status->fingerprint[0] = '\0';
        return *status;
}

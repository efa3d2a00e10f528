/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/release.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "core/provenance/deb822.h"

#define SHA256_HEX_SIZE 64U

typedef struct Parsing {
        Release *release;
        const char *reason;
        size_t n_paragraphs;
} Parsing;

void release_done(Release *release)
{
        arena_done(&release->arena);
        memset(release, 0, sizeof(*release));
}

static int find_month(const char *name)
{
        static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

        for (int i = 0; i < 12; i++)
                if (strncmp(names + (ptrdiff_t) 3 * i, name, 3) == 0)
                        return i;
        return -1;
}

/* Days from 1970 to a day of the Gregorian calendar; months count from March, so that leap days end
 * a year. */
static int64_t count_days(int year, int month, int day)
{
        int64_t y = month < 2 ? year - 1 : year, m = (month + 10) % 12;

        return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool zone_is_utc(const char *zone)
{
        return string_equal(zone, "UTC") || string_equal(zone, "GMT") || string_equal(zone, "Z") ||
               string_equal(zone, "+0000");
}

int release_parse_date(const char *text, uint64_t *ret_usec)
{
        int day, month, year, hour, minute, second, end = -1;
        char day_name[4], month_name[4], zone[6];

        /* NOLINTNEXTLINE(cert-err34-c): the widths keep numbers from overflowing */
        if (sscanf(text, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %5[A-Z+0-9]%n", day_name, &day,
                            month_name, &year, &hour, &minute, &second, zone, &end) != 8 ||
                        text[end] != '\0' || strlen(month_name) != 3 || !zone_is_utc(zone))
                return -EBADMSG;
        month = find_month(month_name);
        if (month < 0 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 ||
                        minute < 0 || minute > 59 || second < 0 || second > 60)
                return -EBADMSG;
        *ret_usec = (uint64_t) (((count_days(year, month, day) * 24 + hour) * 60 + minute) * 60 +
                                    second) *
                    1000000;
        return 0;
}

static int copy_word(Arena *arena, const char *word, size_t size, const char **ret_copy)
{
        *ret_copy = arena_copy_text(arena, word, size);
        return *ret_copy ? 0 : -ENOMEM;
}

/* "DIGEST SIZE PATH" */
static int parse_file(Release *release, const char **position, ReleaseFile *ret_file)
{
        char hex[SHA256_HEX_SIZE + 1], number[24];
        size_t size, n;
        const char *word = deb822_next_word(position, &size);

        if (size != SHA256_HEX_SIZE)
                return -EBADMSG;
        memcpy(hex, word, size);
        hex[size] = '\0';
        ret_file->digest = (Digest){ .algorithm = HASH_SHA256, .size = SHA256_HEX_SIZE / 2 };
        if (hex_decode(hex, ret_file->digest.bytes, SHA256_HEX_SIZE / 2, &n) < 0)
                return -EBADMSG;
        word = deb822_next_word(position, &size);
        if (!word || size >= sizeof(number))
                return -EBADMSG;
        memcpy(number, word, size);
        number[size] = '\0';
        if (parse_u64(number, INT64_MAX, &ret_file->size) < 0)
                return -EBADMSG;
        word = deb822_next_word(position, &size);
        return word ? copy_word(&release->arena, word, size, &ret_file->path) : -EBADMSG;
}

static size_t count_lines(const char *text)
{
        size_t n = 1;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static int parse_files(Parsing *parsing, const char *value)
{
        Release *release = parsing->release;
        const char *position = value;
        int r = 0;

        release->files = arena_new(&release->arena, ReleaseFile, count_lines(value));
        if (!release->files)
                return -ENOMEM;
        parsing->reason = "has a malformed list of SHA256";
        for (; r >= 0 && *(position + strspn(position, " \t\r\n")); release->n_files++) {
                if (release->n_files == count_lines(value))
                        return -EBADMSG;
                r = parse_file(release, &position, &release->files[release->n_files]);
        }
        return r;
}

static int set_text(Release *release, const Deb822Paragraph *paragraph, const char *name,
                const char **ret_text)
{
        const char *value = deb822_get(paragraph, name) ?: "";

        return copy_word(&release->arena, value, strlen(value), ret_text);
}

static int read_paragraph(void *userdata, const Deb822Paragraph *paragraph)
{
        Parsing *parsing = userdata;
        Release *release = parsing->release;
        const char *files = deb822_get(paragraph, "SHA256");
        const char *until = deb822_get(paragraph, "Valid-Until");

        if (parsing->n_paragraphs++ > 0) {
                parsing->reason = "has more than one paragraph";
                return -EBADMSG;
        }
        parsing->reason = "has a malformed Valid-Until";
        if (until && release_parse_date(until, &release->valid_until) < 0)
                return -EBADMSG;
        if (set_text(release, paragraph, "Origin", &release->origin) < 0 ||
                        set_text(release, paragraph, "Suite", &release->suite) < 0 ||
                        set_text(release, paragraph, "Codename", &release->codename) < 0)
                return -ENOMEM;
        parsing->reason = "names no SHA256 of indexes";
        return files ? parse_files(parsing, files) : -EBADMSG;
}

int release_parse(const char *text, size_t size, Release *ret_release, const char **ret_reason)
{
        _cleanup_release_ Release release = { 0 };
        Parsing parsing = { .release = &release, .reason = "is malformed" };
        int r = size > RELEASE_SIZE_MAX ? -E2BIG
                                        : deb822_parse(text, size, read_paragraph, &parsing);

        if (r >= 0 && parsing.n_paragraphs == 0)
                r = -EBADMSG;
        *ret_reason = parsing.reason;
        if (r < 0)
                return r;
        *ret_release = TAKE_STRUCT(release);
        return 0;
}
